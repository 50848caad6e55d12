import type { Deps } from '../../core/deps.ts';
import {
  findKycVerification,
  type KycVerification,
  listKycVerifications,
} from '../../core/kyc/verifications.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { VerificationId } from '../../core/verification/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { readPage } from './page-window.ts';
import { uuidOf } from './requests.ts';

/** Handlers of verifications (contract kyc 3.10). */
export function verificationHandlers(deps: Deps) {
  const list = async ({ principal }: GuardedRequest, input: Parameters<typeof listKycVerifications>[2]) => {
    const { items, total } = await listKycVerifications(deps, principal, input);
    return { total, data: items.map(showVerification) };
  };
  return {
    async listVerifications(request: GuardedRequest) {
      return list(request, { ...readPage(request), identityId: null });
    },

    async listVerificationsOfIdentity(request: GuardedRequest) {
      const window = readPage(request, 'id');
      return list(request, { ...window, identityId: request.params.id as IdentityId });
    },

    async getVerification(request: GuardedRequest) {
      const id = uuidOf(request) as VerificationId;
      return { data: showVerification(await findKycVerification(deps, request.principal, id)) };
    },
  };
}

function showVerification({ id, identityId, state, exceptions, createdAt, updatedAt }: KycVerification) {
  return {
    ...{ id, identityId, status: state, exceptionDetails: exceptions.join(', ') },
    ...{ createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
  };
}
