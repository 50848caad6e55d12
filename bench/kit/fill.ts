import type { Deps } from '../../src/core/deps.ts';
import { deriveIndexes, replaceFactors } from '../../src/core/identities/factors.ts';
import { EMPTY_PROFILE } from '../../src/core/identities/profile.ts';
import { sealProfile, sealSeen } from '../../src/core/identities/view.ts';
import type { IdentityId, PoolId } from '../../src/core/ports.ts';
import type { Database } from '../../src/store/postgres.ts';

const BATCH = 2000;
const WRITERS = 3;
const DAY_MS = 86_400_000;

/** One in so many is closed; one in so many was never seen. */
const CLOSED_EVERY = 100;
const UNSEEN_EVERY = 4;

const INSERT = `
  with given as (
      select * from unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::timestamptz[], $7::bytea[],
                           $8::text[], $9::bytea[])
        as u(id, status, profile, seen, last_seen_at, wrapped, space, digest)),
    record as (
      insert into identities (pool_id, id, status, schema_id, profile, seen, last_seen_at, created_at, updated_at)
      select $1::uuid, id, status, 'default', profile, seen, last_seen_at, $10::timestamptz, $10::timestamptz
      from given),
    keyed as (
      insert into identity_keys (pool_id, identity_id, wrapped) select $1::uuid, id, wrapped from given)
  insert into identifiers (pool_id, space, digest, identity_id)
  select $1::uuid, space, digest, id from given where status = 'extant'`;

const TALLY = `
  insert into tallies (pool_id, name, slot, n) select $1::uuid, u.name, 0, u.n
  from unnest($2::text[], $3::bigint[]) as u(name, n)
  on conflict (pool_id, name, slot) do update set n = tallies.n + excluded.n`;

export function emailOf(index: number): string {
  return `somebody.${index}@example.com`;
}

/**
 * Fills a pool with identities as the server would have made them, each with its own key, sealed profile and
 * e-mail, and with the totals to match; only audit entries and events are left out.
 *
 * @returns The ids of the first `keep` of them that are open.
 */
export async function fillPool(
  { deps, db, poolId }: { deps: Deps; db: Database; poolId: PoolId },
  count: number,
  { from = 0, keep = 5000 } = {},
): Promise<IdentityId[]> {
  const config = await deps.configs.current(poolId);
  const vault = await deps.vault.pool(poolId);
  const kept: IdentityId[] = [];
  const tallies = { identities: 0, closed: 0, seen: 0, seen_closed: 0, 'factor:email': 0 };
  const started = deps.clock.now().getTime();

  const makeRow = (index: number): unknown[] => {
    const id = deps.ids.next() as IdentityId;
    const factors = [{ name: 'email', value: emailOf(index) }];
    const profile = {
      ...replaceFactors(config, config.defaultSchemaId, EMPTY_PROFILE, factors, () => deps.ids.next()),
      metadata: { tier: 'gold', note: 'made by the benchmark' },
    };
    const { key, wrapped } = vault.createIdentityKey(id);
    const [claim] = deriveIndexes(vault, config, config.defaultSchemaId, profile).claims;
    const isClosed = index % CLOSED_EVERY === CLOSED_EVERY - 1;
    const lastSeenAt =
      index % UNSEEN_EVERY === 0 ? null : new Date(started - ((index * 7919) % (365 * DAY_MS)));
    const snapshot = { at: (lastSeenAt?.getTime() ?? 0) / 1000, remoteIp: '203.0.113.7', userAgent: 'bench' };
    tallies.identities += 1;
    if (isClosed) tallies.closed += 1;
    else tallies['factor:email'] += 1;
    if (lastSeenAt !== null) tallies.seen += 1;
    if (lastSeenAt !== null && isClosed) tallies.seen_closed += 1;
    if (!isClosed && kept.length < keep) kept.push(id);
    const seen = lastSeenAt === null ? null : sealSeen(key, { first: snapshot, last: snapshot });
    const status = isClosed ? 'deleted' : 'extant';
    return [id, status, sealProfile(key, profile), seen, lastSeenAt, wrapped, claim?.space, claim?.digest];
  };

  let next = from;
  const write = async (): Promise<void> => {
    while (next < from + count) {
      const first = next;
      next += BATCH;
      const size = Math.min(BATCH, from + count - first);
      const rows = Array.from({ length: size }, (_, offset) => makeRow(first + offset));
      const columns = Array.from({ length: 8 }, (_, column) => rows.map((row) => row[column]));
      // In one transaction with the switch, which holds for it alone: foreign keys hold by construction.
      await db.transaction(async (tx) => {
        await tx.query({ text: `set local session_replication_role = replica`, parameters: [] });
        await tx.query({ text: INSERT, parameters: [poolId, ...columns, new Date(started)] });
      });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await db.query({ text: TALLY, parameters: [poolId, Object.keys(tallies), Object.values(tallies)] });
  for (const table of ['identities', 'identity_keys', 'identifiers', 'tallies'])
    await db.query({ text: `vacuum (analyze) ${table}`, parameters: [] });
  return kept;
}
