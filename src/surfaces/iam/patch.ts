import type { CredentialType } from '../../core/credentials/credentials.ts';
import type { Deps } from '../../core/deps.ts';
import { patchIamIdentity } from '../../core/iam/patch-identity.ts';
import { findIamIdentity } from '../../core/iam/record.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { readOperations, readPatched } from './read-patch.ts';
import { idOf } from './requests.ts';
import { NONE_INCLUDED, showIdentity, shownFrom } from './show.ts';

/** What a patch may be about beside what is always shown; accounts elsewhere are denied to it. */
const PATCHABLE: ReadonlySet<CredentialType> = new Set([
  ...(['password', 'totp', 'lookup_secret', 'webauthn', 'passkey'] as const),
]);

/** JSON Patch of identities (contract iam 4.1). */
export function patchHandlers(deps: Deps) {
  return {
    async patchIdentity(request: GuardedRequest) {
      const id = idOf(request);
      const { poolId } = request.principal;
      // Contract iam 4.1: whether there is such an identity comes before whether the patch is one.
      await findIamIdentity(deps, poolId, id);
      const operations = readOperations(request.body);
      const base = await deps.addresses.baseOf(poolId);
      const record = await patchIamIdentity(deps, request.context, id, {
        operations,
        spell: (before) => shownFrom(base, before, { included: PATCHABLE }),
        read: (patched, spelled) => readPatched(patched, spelled, deps.clock.now()),
      });
      return showIdentity(deps, record, { included: NONE_INCLUDED });
    },
  };
}
