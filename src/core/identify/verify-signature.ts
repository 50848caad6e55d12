import type { Deps } from '../deps.ts';
import type { PoolId } from '../ports.ts';
import { openSecrets } from './secrets.ts';
import { type SignedUser, verifySignedUser } from './signature.ts';

/**
 * Whether a triple was signed for a project, with its secret of now or one that it keeps for verifying.
 * @throws NotFound No such pool.
 */
export async function verifySignatureOf(
  { configs, vault, macs, clock }: Pick<Deps, 'configs' | 'vault' | 'macs' | 'clock'>,
  poolId: PoolId,
  triple: SignedUser,
): Promise<boolean> {
  const { identify, version } = await configs.current(poolId);
  const { signature } = openSecrets(await vault.pool(poolId, version), identify.sealedSecrets);
  const secrets = signature === null ? [] : [signature.secret, ...signature.previous];
  return verifySignedUser(macs, triple, { ...identify.signature, secrets, now: clock.now() });
}
