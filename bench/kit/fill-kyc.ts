import type { Deps } from '../../src/core/deps.ts';
import { prepareInsert } from '../../src/core/identities/create-record.ts';
import type { IdentityInsert } from '../../src/core/identities/ports.ts';
import { EMPTY_PROFILE } from '../../src/core/identities/profile.ts';
import { setAttributes } from '../../src/core/identities/set-attributes.ts';
import { type Standing, standingOf } from '../../src/core/identities/standing.ts';
import { attributesOf, type KycInput } from '../../src/core/kyc/identity-input.ts';
import type { IdentityId, PoolId } from '../../src/core/ports.ts';
import type { Database } from '../../src/store/postgres.ts';
import { personOf } from './fill.ts';

const BATCH = 2000;
const WRITERS = 3;
const MINUTE_MS = 60_000;
const PLACES = 1000;
const TABLES = ['identities', 'identity_keys', 'identifiers', 'search_keys', 'search_grams', 'kyc_cases'];
/** Of values in no order: made once at the end in place of row by row, they cost a tenth. */
const MADE_LAST = ['search_grams_grams', 'search_keys_key'];

const INSERT = `
  with given as (
      select * from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                           $8::bytea[], $9::text[], $10::text[])
        as u(id, profile, wrapped, standing, created_at, updated_at, digest, grams, state)),
    record as (
      insert into identities (pool_id, id, schema_id, profile, standing, created_at, updated_at)
      select $1::uuid, id, 'default', profile, standing::jsonb, created_at, updated_at from given),
    keyed as (
      insert into identity_keys (pool_id, identity_id, wrapped) select $1::uuid, id, wrapped from given),
    grammed as (
      insert into search_grams (pool_id, identity_id, space, grams)
      select $1::uuid, id, 'email', string_to_array(grams, ',')::bigint[] from given),
    findable as (
      insert into search_keys (pool_id, identity_id, key, created_at)
      select $1::uuid, u.id, u.key, now() from unnest($11::uuid[], $12::uuid[]) as u(id, key)),
    judged as (
      insert into kyc_cases (pool_id, identity_id, provider, state, exceptions, checks, verification_id, revision,
        created_at, updated_at)
      select $1::uuid, id, 'builtin', state, '{}', '[]', id, 0, created_at, updated_at from given)
  insert into identifiers (pool_id, space, digest, identity_id) select $1::uuid, 'email', digest, id from given`;

const TALLY = `
  insert into tallies (pool_id, name, slot, n) select $1::uuid, u.name, 0, u.n
  from unnest($2::text[], $3::bigint[]) as u(name, n)
  on conflict (pool_id, name, slot) do update set n = tallies.n + excluded.n`;

export function kycEmailOf(index: number): string {
  return `somebody.${index}@place${index % PLACES}.example`;
}

export function kycNameOf(index: number): string {
  const { given, family } = personOf(index);
  return `${given} ${family}`;
}

/** One in ten is a company, one in 47 blocked; four in ten have no rating, one in twenty a high one. */
function standingAt(index: number, owner: IdentityId | undefined): Standing {
  const isCompany = index % 10 === 9 && owner !== undefined;
  const place = Math.floor(index / 10) % 20;
  const riskRating = place < 8 ? undefined : place < 16 ? 'low' : place < 19 ? 'medium' : 'high';
  const blocked = index % 47 === 5 ? true : undefined;
  return standingOf({
    ...{ type: isCompany ? 'company' : 'person', identityOwner: isCompany ? owner : undefined },
    ...{ blocked, riskRating },
  });
}

function inputAt(index: number): KycInput {
  return {
    ...{ name: kycNameOf(index), email: kycEmailOf(index) },
    ...{ birthday: personOf(index).birthdate, gender: 'female' },
    address: {
      ...{ city: `Town ${index % 4999}`, country: 'PT', state: null, street: `Rua ${index % 997}, ${index}` },
      postalCode: `${1000 + (index % 8999)}-${index % 1000}`,
    },
    phone: { number: `91${String(index).padStart(7, '0')}`, sms: false },
    tax: { country: 'PT', idNumber: String(100_000_000 + index), state: null, formationRegion: 'Braga' },
  };
}

/**
 * Fills an empty pool with persons and companies as `POST /identities` would have made them, each with a case that is
 * decided; audit entries, events and the cases' verifications are left out. They were made a minute apart, the last one
 * now, and most were changed later.
 */
export async function fillKycPool(
  { deps, db, poolId }: { deps: Deps; db: Database; poolId: PoolId },
  count: number,
): Promise<void> {
  const config = await deps.configs.current(poolId);
  const vault = await deps.vault.pool(poolId);
  const schemaId = config.defaultSchemaId;
  const context = { principal: { poolId, keyId: null }, requestId: null, origin: null };
  const now = deps.clock.now().getTime();
  const tallies = new Map<string, number>();
  let owner: IdentityId | undefined;

  const makeRow = (index: number): { insert: IdentityInsert; columns: unknown[] } => {
    const id = deps.ids.next() as IdentityId;
    const standing = standingAt(index, owner);
    if (standing.type === 'person') owner = id;
    const record = { schemaId, profile: EMPTY_PROFILE, standing };
    const { profile } = setAttributes(config, record, attributesOf(inputAt(index)), () => deps.ids.next());
    const drafted = { id, config, vault, ...record, profile, fields: [] };
    const { insert } = prepareInsert(deps, context, drafted);
    for (const [name, n] of insert.tallies) tallies.set(name, (tallies.get(name) ?? 0) + n);
    const age = count - 1 - index;
    const [createdAt, updatedAt] = [age, (index * 7919) % (age + 1)].map(
      (ago) => new Date(now - ago * MINUTE_MS),
    );
    const [claim, grams] = [insert.claims[0]?.digest, insert.grams[0]?.grams ?? []];
    const numbers = grams.join();
    const state = index % 20 === 0 ? 'rejected' : 'approved';
    const stored = [insert.profile, insert.wrappedKey, JSON.stringify(standing), createdAt, updatedAt];
    return { insert, columns: [id, ...stored, claim, numbers, state] };
  };

  let next = 0;
  const write = async (): Promise<void> => {
    while (next < count) {
      const first = next;
      next += BATCH;
      const rows = Array.from({ length: Math.min(BATCH, count - first) }, (_, offset) =>
        makeRow(first + offset),
      );
      const columns = Array.from({ length: 9 }, (_, column) => rows.map((row) => row.columns[column]));
      const keys = rows.flatMap(({ insert }) => insert.searchKeys.map((key) => [insert.id, key]));
      const keyColumns = [keys.map(([id]) => id), keys.map(([, key]) => key)];
      // In one transaction with the switch, which holds for it alone: foreign keys hold by construction.
      await db.transaction(async (tx) => {
        await tx.query({ text: `set local session_replication_role = replica`, parameters: [] });
        await tx.query({ text: INSERT, parameters: [poolId, ...columns, ...keyColumns] });
      });
    }
  };
  const restore = await dropIndexes(db, MADE_LAST);
  await Promise.all(Array.from({ length: WRITERS }, write));
  await db.query({ text: TALLY, parameters: [poolId, [...tallies.keys()], [...tallies.values()]] });
  await restore();
  for (const table of [...TABLES, 'tallies'])
    await db.query({ text: `vacuum (analyze) ${table}`, parameters: [] });
}

/** @returns What makes them again, as they were. */
async function dropIndexes(db: Database, names: readonly string[]): Promise<() => Promise<void>> {
  const { rows } = await db.query<{ indexdef: string }>({
    text: 'select indexdef from pg_indexes where schemaname = current_schema and indexname = any($1::text[])',
    parameters: [names],
  });
  for (const name of names) await db.query({ text: `drop index ${name}`, parameters: [] });
  return async () => {
    for (const { indexdef } of rows) {
      await db.transaction(async (tx) => {
        await tx.query({ text: `set local maintenance_work_mem = '512MB'`, parameters: [] });
        await tx.query({ text: indexdef, parameters: [] });
      });
    }
  };
}
