import type { Deps } from '../../core/deps.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import { createIamIdentity } from '../../core/iam/create-identity.ts';
import { deleteIamIdentity } from '../../core/iam/delete-identity.ts';
import { findIamIdentity, openIamRecord } from '../../core/iam/record.ts';
import { replaceIamIdentity } from '../../core/iam/replace-identity.ts';
import { claimOf, EXTERNAL_ID } from '../../core/identities/claims.ts';
import { isVisible } from '../../core/identities/visibility.ts';
import { type GuardedRequest, replyWith } from '../../http/route.ts';
import { readNewIdentity, readReplacement } from './read-identity.ts';
import { idOf, includedIn } from './requests.ts';
import { NONE_INCLUDED, showIdentity } from './show.ts';

/** Handlers of single identities (contract iam 4.1). Each: read, call, show. */
export function identityHandlers(deps: Deps) {
  return {
    async createIdentity(request: GuardedRequest) {
      const input = readNewIdentity(request.body, deps.clock.now());
      const record = await createIamIdentity(deps, request.context, input);
      const location = `${deps.addresses.origin()}/admin/identities/${record.stored.id}`;
      return replyWith(await showIdentity(deps, record, { included: NONE_INCLUDED }), {
        headers: { location },
      });
    },

    async getIdentity(request: GuardedRequest) {
      const stored = await findIamIdentity(deps, request.principal.poolId, idOf(request));
      const included = includedIn(request);
      return showIdentity(deps, await openIamRecord(deps, stored), { included });
    },

    async getIdentityByExternalId(request: GuardedRequest) {
      const { poolId } = request.principal;
      const { externalID = '' } = request.params;
      if (externalID === '')
        throw new InvalidInput([{ path: ['externalID'], code: 'required', message: 'must not be empty' }]);
      const vault = await deps.vault.pool(poolId);
      const claim = claimOf(vault, { space: EXTERNAL_ID, value: externalID });
      const stored = await deps.identities.findByClaim(poolId, claim);
      if (stored === null || !isVisible(stored)) throw new NotFound();
      const included = includedIn(request);
      return showIdentity(deps, await openIamRecord(deps, stored), { included });
    },

    async updateIdentity(request: GuardedRequest) {
      const id = idOf(request);
      await findIamIdentity(deps, request.principal.poolId, id);
      const input = readReplacement(request.body, deps.clock.now());
      const record = await replaceIamIdentity(deps, request.context, id, input);
      return showIdentity(deps, record, { included: NONE_INCLUDED });
    },

    async deleteIdentity(request: GuardedRequest) {
      await deleteIamIdentity(deps, request.context, idOf(request));
      return {};
    },
  };
}
