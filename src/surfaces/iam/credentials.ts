import type { Deps } from '../../core/deps.ts';
import { deleteIamCredential } from '../../core/iam/delete-credential.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { idOf, listOf } from './requests.ts';

/** Credentials by their type (contract iam 4.1). */
export function credentialHandlers(deps: Deps) {
  return {
    async deleteIdentityCredentials(request: GuardedRequest) {
      const { type = '' } = request.params;
      const [identifier = null] = listOf(request, 'identifier');
      await deleteIamCredential(deps, request.context, idOf(request), { type, identifier });
      return {};
    },
  };
}
