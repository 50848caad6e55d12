import type { Deps } from '../../core/deps.ts';
import { openIdentity, vaultFor } from '../../core/identities/view.ts';
import { createKycIdentity } from '../../core/kyc/create-identity.ts';
import { deleteKycIdentity } from '../../core/kyc/delete-identity.ts';
import { listDocuments } from '../../core/kyc/documents.ts';
import { findKycRecord } from '../../core/kyc/find-identity.ts';
import { listKycIdentities } from '../../core/kyc/list-identities.ts';
import { objectNameOf } from '../../core/kyc/storage-place.ts';
import { updateKycIdentity } from '../../core/kyc/update-identity.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { readListQuery } from './list-query.ts';
import { type Reading, readChange, readNewIdentity } from './read-identity.ts';
import { idOf, requireNoQuery } from './requests.ts';
import { showAll, showOne } from './show.ts';

/** Handlers of identities (contract kyc 3.1 to 3.5). Each: read, call, show. */
export function identityHandlers(deps: Deps) {
  const readingFor = ({ principal: { poolId } }: GuardedRequest): Reading => ({
    now: deps.clock.now(),
    isObject: (url) => objectNameOf(deps.storage, poolId, url) !== null,
  });
  return {
    async createIdentity(request: GuardedRequest) {
      requireNoQuery(request);
      const input = readNewIdentity(request.body, readingFor(request));
      const { identity, documents } = await createKycIdentity(deps, request.context, input);
      return showOne(deps, identity.config, identity, documents);
    },

    async getIdentity(request: GuardedRequest) {
      const stored = await findKycRecord(deps, request.principal, idOf(request));
      const config = await deps.configs.at(stored.poolId, stored.configVersion);
      const documents = await listDocuments(deps, stored.poolId, stored.id);
      return showOne(deps, config, openIdentity(await vaultFor(deps, stored), stored), documents);
    },

    async listIdentities(request: GuardedRequest) {
      const input = readListQuery(request);
      if (input === null) return { total: 0, data: [] };
      const { items, total } = await listKycIdentities(deps, request.principal, input);
      return { total, data: await showAll(deps, items) };
    },

    async updateIdentity(request: GuardedRequest) {
      const id = idOf(request);
      const input = readChange(request.body, readingFor(request));
      const { identity, documents } = await updateKycIdentity(deps, request.context, id, input);
      return showOne(deps, identity.config, identity, documents);
    },

    async deleteIdentity(request: GuardedRequest) {
      await deleteKycIdentity(deps, request.context, idOf(request));
      return {};
    },
  };
}
