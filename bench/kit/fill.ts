import { NO_CREDENTIALS } from '../../src/core/credentials/credentials.ts';
import type { Deps } from '../../src/core/deps.ts';
import { writeAttribute } from '../../src/core/identities/attributes.ts';
import { claimsOfRecord } from '../../src/core/identities/claims.ts';
import { homesOf, replaceFactors } from '../../src/core/identities/factors.ts';
import { lookupKeysOf } from '../../src/core/identities/lookups.ts';
import { EMPTY_PROFILE, type Profile } from '../../src/core/identities/profile.ts';
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
                           $8::text[], $9::bytea[], $10::text[])
        as u(id, status, profile, seen, last_seen_at, wrapped, space, digest, standing)),
    record as (
      insert into identities
        (pool_id, id, status, schema_id, profile, seen, last_seen_at, standing, created_at, updated_at)
      select $1::uuid, id, status, 'default', profile, seen, last_seen_at, standing::jsonb, $13::timestamptz,
        $13::timestamptz
      from given),
    findable as (
      insert into search_keys (pool_id, identity_id, key, created_at)
      select $1::uuid, u.id, u.key, $13::timestamptz from unnest($11::uuid[], $12::uuid[]) as u(id, key)),
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

export function documentNumberOf(index: number): string {
  return `P${String(index).padStart(9, '0')}`;
}

/** Names repeat, as names do; with the birth date they are as good as one's own. */
export function personOf(index: number): { given: string; family: string; birthdate: string } {
  const day = new Date(Date.UTC(1940, 0, 1) + ((index * 7919) % 25_000) * DAY_MS);
  return {
    given: `Given${index % 997}`,
    family: `Family${Math.floor(index / 3) % 99_991}`,
    birthdate: day.toISOString().slice(0, 10),
  };
}

/**
 * Fills a pool with identities as the server would have made them, each with its own key, sealed profile and
 * e-mail, and with the totals to match; only audit entries and events are left out.
 *
 * @param options.verified With a document number, names and a birth date too.
 * @returns The ids of the first `keep` of them that are open.
 */
export async function fillPool(
  { deps, db, poolId }: { deps: Deps; db: Database; poolId: PoolId },
  count: number,
  { from = 0, keep = 5000, verified = false } = {},
): Promise<IdentityId[]> {
  const config = await deps.configs.current(poolId);
  const vault = await deps.vault.pool(poolId);
  const kept: IdentityId[] = [];
  const tallies = {
    identities: 0,
    closed: 0,
    seen: 0,
    seen_closed: 0,
    'factor:email': 0,
    'listed:pending': 0,
  };
  const homes = homesOf(config, config.defaultSchemaId);
  const started = deps.clock.now().getTime();

  const makeRow = (index: number): { columns: unknown[]; keys: string[] } => {
    const id = deps.ids.next() as IdentityId;
    const factors = [{ name: 'email', value: emailOf(index) }];
    let profile: Profile = {
      ...replaceFactors(config, config.defaultSchemaId, EMPTY_PROFILE, factors, () => deps.ids.next()),
      metadata: { tier: 'gold', note: 'made by the benchmark' },
    };
    if (verified) {
      const { given, family, birthdate } = personOf(index);
      profile = writeAttribute(profile, homes, 'given_name', given);
      profile = writeAttribute(profile, homes, 'family_name', family);
      profile = writeAttribute(profile, homes, 'birthdate', birthdate);
      profile = writeAttribute(profile, homes, 'document_number', documentNumberOf(index));
    }
    const { key, wrapped } = vault.createIdentityKey(id);
    const [claim] = claimsOfRecord(vault, config, {
      ...{ schemaId: config.defaultSchemaId, profile, standing: {}, credentials: NO_CREDENTIALS },
    }).claims;
    const isClosed = index % CLOSED_EVERY === CLOSED_EVERY - 1;
    const lastSeenAt =
      index % UNSEEN_EVERY === 0 ? null : new Date(started - ((index * 7919) % (365 * DAY_MS)));
    const snapshot = { at: (lastSeenAt?.getTime() ?? 0) / 1000, remoteIp: '203.0.113.7', userAgent: 'bench' };
    tallies.identities += 1;
    if (isClosed) tallies.closed += 1;
    else {
      tallies['factor:email'] += 1;
      tallies['listed:pending'] += 1;
    }
    if (lastSeenAt !== null) tallies.seen += 1;
    if (lastSeenAt !== null && isClosed) tallies.seen_closed += 1;
    if (!isClosed && kept.length < keep) kept.push(id);
    const seen = lastSeenAt === null ? null : sealSeen(key, { first: snapshot, last: snapshot });
    const status = isClosed ? 'deleted' : 'extant';
    const sealed = sealProfile(key, profile);
    const columns = [id, status, sealed, seen, lastSeenAt, wrapped, claim?.space, claim?.digest, '{}'];
    return { columns, keys: isClosed ? [] : [...lookupKeysOf(vault, { holder: profile, homes }).values()] };
  };

  let next = from;
  const write = async (): Promise<void> => {
    while (next < from + count) {
      const first = next;
      next += BATCH;
      const size = Math.min(BATCH, from + count - first);
      const rows = Array.from({ length: size }, (_, offset) => makeRow(first + offset));
      const columns = Array.from({ length: 9 }, (_, column) => rows.map((row) => row.columns[column]));
      const keys = rows.flatMap((row) => row.keys.map((key) => [row.columns[0], key]));
      const keyColumns = [keys.map(([id]) => id), keys.map(([, key]) => key)];
      // In one transaction with the switch, which holds for it alone: foreign keys hold by construction.
      await db.transaction(async (tx) => {
        await tx.query({ text: `set local session_replication_role = replica`, parameters: [] });
        await tx.query({ text: INSERT, parameters: [poolId, ...columns, ...keyColumns, new Date(started)] });
      });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await db.query({ text: TALLY, parameters: [poolId, Object.keys(tallies), Object.values(tallies)] });
  for (const table of ['identities', 'identity_keys', 'identifiers', 'search_keys', 'tallies'])
    await db.query({ text: `vacuum (analyze) ${table}`, parameters: [] });
  return kept;
}
