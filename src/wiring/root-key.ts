import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { RootKeyMismatch } from '../core/errors.ts';
import type { KeyManagementService } from '../core/ports.ts';
import { openEnvironmentKms, openFileKms } from '../crypto/file-kms.ts';
import { requireRootKey } from '../crypto/root-key-check.ts';
import { createGuardedClient } from '../providers/net/guarded-client.ts';
import { createTransitKms } from '../providers/vault-transit/transit-kms.ts';
import type { Database } from '../store/postgres.ts';
import { createPoolKeyStore, listRootKeyIds } from '../store/repositories/pool-keys.ts';

const OUTGOING_TIMEOUT_MS = 10_000;
const OUTGOING_BYTES_MAX = 1024 * 1024;

/** The root key's service, proved against what the database was sealed with (DESIGN 5). @throws RootKeyMismatch */
export async function openRootKey(config: Config, db: Database): Promise<KeyManagementService> {
  const storedRootKeyIds = await listRootKeyIds(db);
  try {
    const kms = await openKms(config, storedRootKeyIds);
    const samples = await Promise.all(storedRootKeyIds.map((id) => findSample(db, id)));
    await requireRootKey({ kms, stored: { rootKeyIds: storedRootKeyIds, samples: samples.flat() } });
    return kms;
  } catch (error) {
    // A rotation may have ended in between, and its old key be gone from the file.
    const now = await listRootKeyIds(db);
    if (error instanceof RootKeyMismatch && now.join() !== storedRootKeyIds.join())
      return openRootKey(config, db);
    throw error;
  }
}

async function findSample(db: Database, rootKeyId: string) {
  const { rows } = await db.query<{ pool_id: Parameters<Deps['vault']['pool']>[0] }>({
    text: '/* scatter: once at the start */ select pool_id from pool_keys where root_key_id = $1::text limit 1',
    parameters: [rootKeyId],
  });
  const [row] = rows;
  const { keys } = row === undefined ? { keys: [] } : await createPoolKeyStore(db).listPoolKeys(row.pool_id);
  return keys.filter((key) => key.rootKeyId === rootKeyId).slice(0, 1);
}

async function openKms(config: Config, storedRootKeyIds: readonly string[]): Promise<KeyManagementService> {
  const { file, value, previous, transit, createIfMissing } = config.rootKey;
  if (value !== null) return openEnvironmentKms(value.reveal(), previous?.reveal() ?? []);
  if (transit !== null) {
    const { address, token, mount, key, namespace } = transit;
    // The operator names this address in the configuration, so it may well be a private one.
    const client = createGuardedClient({
      allowPrivate: true,
      timeoutMs: OUTGOING_TIMEOUT_MS,
      maxResponseBytes: OUTGOING_BYTES_MAX,
    });
    const named = namespace === null ? {} : { namespace };
    return createTransitKms({ address, token: token.reveal(), mount, key, client, ...named });
  }
  return openFileKms({ path: file ?? '', create: createIfMissing, storedRootKeyIds });
}
