import { RootKeyMismatch, SealBroken } from '../core/errors.ts';
import type { KeyManagementService, StoredPoolKey } from '../core/ports.ts';
import { unwrapPoolKey } from './pool-keys.ts';

export interface StoredRootKeys {
  /** Every distinct root key id that stored pool keys name. Empty on a new installation. */
  readonly rootKeyIds: readonly string[];
  /** One pool key for each id proves the key itself, and not only that the service knows its name. */
  readonly samples?: readonly StoredPoolKey[];
}

/**
 * For the start of a server: refuses to serve with a root key that cannot open what is stored, instead of
 * failing one request after the other, or worse, sealing new data under a second root. Reads only.
 *
 * @throws RootKeyMismatch Names the ids that are needed and the one at hand.
 * @throws Unavailable The key service does not answer.
 */
export async function requireRootKey({
  kms,
  stored,
}: {
  kms: KeyManagementService;
  stored: StoredRootKeys;
}): Promise<void> {
  const ids = [...new Set(stored.rootKeyIds)];
  const samples = stored.samples ?? [];
  const missing: string[] = [];
  for (const id of ids) {
    const sample = samples.find((key) => key.rootKeyId === id);
    const isHeld = await (sample === undefined ? knows(kms, id) : opens(kms, sample));
    if (!isHeld) missing.push(id);
  }
  if (missing.length === 0) return;
  throw new RootKeyMismatch(
    `The data needs the root key ${missing.join(', ')}, but the one at hand is ${await kms.currentKeyId()}. ` +
      'Nothing was changed: start again with the root key that this data was made with.',
  );
}

/** Asks for something that cannot open: the answer tells whether the id is known. */
async function knows(kms: KeyManagementService, id: string): Promise<boolean> {
  try {
    await kms.unwrap(id, Buffer.from('root key check'), 'selfsame/root-key-check/v1');
  } catch (error) {
    if (error instanceof RootKeyMismatch) return false;
    if (!(error instanceof SealBroken)) throw error;
  }
  return true;
}

async function opens(kms: KeyManagementService, sample: StoredPoolKey): Promise<boolean> {
  try {
    const secret = await unwrapPoolKey(kms, sample);
    secret.fill(0);
    return true;
  } catch (error) {
    if (error instanceof RootKeyMismatch || error instanceof SealBroken) return false;
    throw error;
  }
}
