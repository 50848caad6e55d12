import type { IdentifyAdministration } from '../cli/wiring-types.ts';
import type { Deps } from '../core/deps.ts';
import { configureIdentify, getIdentifySettings, rotateSignatureSecret } from '../core/identify/configure.ts';
import { verifySignatureOf } from '../core/identify/verify-signature.ts';

export function administerIdentify(deps: Deps): IdentifyAdministration {
  return {
    show: (poolId) => getIdentifySettings(deps, poolId),
    configure: (input) => configureIdentify(deps, input),
    rotateSecret: (poolId) => rotateSignatureSecret(deps, poolId),
    verifySignature: (poolId, triple) => verifySignatureOf(deps, poolId, triple),
  };
}
