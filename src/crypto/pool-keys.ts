import { SealBroken } from '../core/errors.ts';
import type { KeyManagementService, PoolId, StoredPoolKey } from '../core/ports.ts';
import { BlindIndex } from './blind-index.ts';
import { KEY_BYTES, SealKey } from './seal.ts';

/**
 * A pool's keys as they are used: every version of `seal` for opening, the newest for sealing, one `index`.
 */
export interface PoolKeys {
  readonly newest: SealKey;
  readonly byVersion: ReadonlyMap<number, SealKey>;
  readonly index: BlindIndex;
}

type PoolKeyName = Pick<StoredPoolKey, 'poolId' | 'purpose' | 'version'>;

/** What a wrapped pool key is bound to under the root key. Stored keys depend on it: never change. */
export function poolKeyContext({ poolId, purpose, version }: PoolKeyName): string {
  return `selfsame/pool-key/v1/${poolId}/${purpose}/${version}`;
}

/** A pool key in the form in which it is stored, under the root key of now. */
export async function wrapPoolKey(
  kms: KeyManagementService,
  name: PoolKeyName,
  secret: Uint8Array,
): Promise<StoredPoolKey> {
  const { poolId, purpose, version } = name;
  const { keyId, wrapped } = await kms.wrap(secret, poolKeyContext(name));
  return { poolId, purpose, version, rootKeyId: keyId, wrapped };
}

/** @throws RootKeyMismatch @throws SealBroken @throws Unavailable */
export async function unwrapPoolKey(kms: KeyManagementService, stored: StoredPoolKey): Promise<Buffer> {
  const secret = await kms.unwrap(stored.rootKeyId, stored.wrapped, poolKeyContext(stored));
  if (secret.length !== KEY_BYTES) throw new SealBroken(`pool key of ${secret.length} bytes`);
  return secret;
}

/**
 * Unwraps all of a pool's keys at once.
 *
 * @param known Keys of this pool that are open already. Purpose and version name a key for good, so what is among
 *   them is taken from there: a change of the configuration then costs no call to a key service.
 * @throws RootKeyMismatch @throws Unavailable
 * @throws SealBroken Also when the pool has no seal key, or not exactly one index key: with two, what one of
 *   them wrote could not be found with the other.
 */
export async function openPoolKeys(
  kms: KeyManagementService,
  poolId: PoolId,
  stored: readonly StoredPoolKey[],
  known: PoolKeys | null = null,
): Promise<PoolKeys> {
  const indexKeys = stored.filter(({ purpose }) => purpose === 'index');
  const sealKeys = stored.filter(({ purpose }) => purpose === 'seal');
  if (sealKeys.length === 0) throw new SealBroken('the pool has no seal key');
  if (indexKeys.length !== 1) throw new SealBroken(`the pool has ${indexKeys.length} index keys`);
  // The pool asked for, not the one that the row names: a row moved from another pool must not open.
  const open = async <Key>(key: StoredPoolKey, use: (secret: Buffer) => Key): Promise<Key> => {
    const secret = await unwrapPoolKey(kms, { ...key, poolId });
    try {
      return use(secret);
    } finally {
      secret.fill(0);
    }
  };
  const [seals, indexes] = await Promise.all([
    Promise.all(
      sealKeys.map(
        (key) => known?.byVersion.get(key.version) ?? open(key, (secret) => new SealKey(secret, key.version)),
      ),
    ),
    Promise.all(indexKeys.map((key) => known?.index ?? open(key, (secret) => new BlindIndex(secret)))),
  ]);
  const [newest] = seals.toSorted((left, right) => right.version - left.version);
  const [index] = indexes;
  if (newest === undefined || index === undefined) throw new SealBroken('the pool has no keys');
  return { newest, index, byVersion: new Map(seals.map((key) => [key.version, key])) };
}
