import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import type { SigningKey, SigningKeyId } from './ports.ts';

export type SigningNeeds = Pick<Deps, 'clock' | 'ids' | 'vault' | 'signingKeys' | 'tokenSigner'>;

/** The key of a pool, opened. Secret: to sign with, and to be wiped. */
export interface OpenSigningKey {
  readonly id: SigningKeyId;
  readonly privateKey: Buffer;
}

/** The pool's key; made when it is first asked for, once however many ask. @throws SealBroken */
export async function openSigningKey(deps: SigningNeeds, poolId: PoolId): Promise<OpenSigningKey> {
  const { key, configVersion } = await findOrMake(deps, poolId);
  const vault = await deps.vault.pool(poolId, configVersion);
  return { id: key.id, privateKey: vault.open(section(key.id), key.sealed) };
}

/**
 * What a pool's tokens are checked by. Where there is no key yet but there are templates, the key is made: who looks
 * before the first token was signed would keep for a while that there is none.
 */
export async function listPublicKeys(
  deps: SigningNeeds & Pick<Deps, 'configs'>,
  poolId: PoolId,
): Promise<readonly Pick<SigningKey, 'id' | 'publicKey'>[]> {
  const found = await deps.signingKeys.findKey(poolId);
  if (found !== null) return [found.key];
  const { iam } = await deps.configs.current(poolId);
  return iam.tokenTemplates.length === 0 ? [] : [(await findOrMake(deps, poolId)).key];
}

async function findOrMake(deps: SigningNeeds, poolId: PoolId) {
  const found = await deps.signingKeys.findKey(poolId);
  if (found !== null) return found;
  await deps.signingKeys.insertKey(await makeKey(deps, poolId));
  const made = await deps.signingKeys.findKey(poolId);
  if (made === null) throw new InternalFault('a signing key was made and is not there');
  return made;
}

async function makeKey(
  { clock, ids, vault, tokenSigner }: SigningNeeds,
  poolId: PoolId,
): Promise<SigningKey> {
  const id = ids.next() as SigningKeyId;
  const { publicKey, privateKey } = tokenSigner.createKey();
  const sealed = (await vault.pool(poolId)).seal(section(id), privateKey);
  privateKey.fill(0);
  return { poolId, id, publicKey, sealed, createdAt: clock.now() };
}

function section(id: SigningKeyId): string {
  return `signing-key:${id}`;
}
