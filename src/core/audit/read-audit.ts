import type { Deps } from '../deps.ts';
import { InternalFault, NotFound } from '../errors.ts';
import { keyPrefix } from '../keys/key-text.ts';
import type { OffsetPage } from '../pools/ports.ts';
import type { Environment, PoolId, RequestOrigin } from '../ports.ts';
import type { AuditEntry, AuditQuery } from './ports.ts';
import { SECTION_ORIGIN } from './stamp.ts';

/** Further entries are there to be read, but a total says of them no more than that they are. */
export const COUNT_MAX = 10_000;

/** An entry with where the request came from. The address is personal data: goes into replies, nowhere else. */
export interface AuditRecord extends Omit<AuditEntry, 'key' | 'origin' | 'configVersion'> {
  /** What tells the key that acted from others, without its secret: the text that it begins with. */
  readonly keyPrefix: string | null;
  readonly origin: RequestOrigin | null;
}

type Needs = Pick<Deps, 'audit' | 'vault' | 'configs'>;

/** @throws NotFound Missing, or of another pool. */
export async function getAuditRecord(deps: Needs, poolId: PoolId, id: string): Promise<AuditRecord> {
  const entry = await deps.audit.findEntry(poolId, id);
  if (entry === null) throw new NotFound();
  const [record] = await openAll(deps, poolId, [entry]);
  if (record === undefined) throw new InternalFault('one entry gives one record');
  return record;
}

/**
 * A page of entries, newest first. The total is exact up to 10,000; of more it says that others follow, so that who
 * goes on while the offset is below the total sees every one.
 */
export async function listAuditRecords(
  deps: Needs,
  poolId: PoolId,
  query: Omit<AuditQuery, 'countMax'>,
): Promise<OffsetPage<AuditRecord>> {
  const { items, hasMore, counted } = await deps.audit.listEntries(poolId, { ...query, countMax: COUNT_MAX });
  // What lies beyond the end tells nothing of the total.
  const seen = items.length === 0 ? 0 : query.offset + items.length + (hasMore ? 1 : 0);
  return { items: await openAll(deps, poolId, items), total: Math.max(counted, seen) };
}

async function openAll(
  { vault, configs }: Pick<Deps, 'vault' | 'configs'>,
  poolId: PoolId,
  entries: readonly AuditEntry[],
): Promise<AuditRecord[]> {
  const [first] = entries;
  if (first === undefined) return [];
  const [keys, { environment }] = await Promise.all([
    vault.pool(poolId, first.configVersion),
    configs.any(poolId),
  ]);
  return entries.map(({ key, origin, configVersion: _version, ...entry }) => ({
    ...entry,
    keyPrefix: prefixOf(key, environment),
    origin: origin === null ? null : readOrigin(keys.open(SECTION_ORIGIN, origin)),
  }));
}

/** A key acts on pools of its own environment only (decision 0005). */
function prefixOf(key: AuditEntry['key'], environment: Environment): string | null {
  return key === null ? null : keyPrefix({ ...key, environment });
}

function readOrigin(plaintext: Buffer): RequestOrigin {
  const { address, method, path, actor } = JSON.parse(plaintext.toString('utf8'));
  return { address, method, path, ...(typeof actor === 'string' ? { actor } : {}) };
}
