import { StoreError } from './errors.ts';
import type { Migration } from './migration-files.ts';
import { MigrationError } from './migration-files.ts';
import type { Session } from './session.ts';

/** One applied or begun migration, as recorded. */
export interface MigrationRecord {
  readonly name: string;
  readonly sha256: string;
  readonly steps_done: number;
  readonly steps: number;
}

/** A migration to apply, and how many of its steps are done; null when it was never begun. */
export interface Progress {
  readonly migration: Migration;
  readonly done: number | null;
}

const TABLES = [
  `create table if not exists schema_migrations (
    name text primary key,
    sha256 text not null,
    steps integer not null,
    steps_done integer not null,
    begun_at timestamptz not null default now()
  )`,
  'create table if not exists schema_migration_lock (name text primary key)',
];
/** What "if not exists" answers to whoever comes second in the same moment. */
const MADE_BY_ANOTHER = new Set(['23505', '42P07', '42710']);

/** Makes the tables of records; harmless when others do so at the same time. */
export async function createRecords(session: Session): Promise<void> {
  for (const text of TABLES) {
    await session.query({ text, parameters: [] }).catch((error: unknown) => {
      if (!(error instanceof StoreError && MADE_BY_ANOTHER.has(error.sqlState))) throw error;
    });
  }
  await session.query({
    text: 'insert into schema_migration_lock (name) values ($1) on conflict do nothing',
    parameters: ['migrate'],
  });
}

/** In the order of their names; none when there are no records yet. */
export async function readRecords(session: Session): Promise<MigrationRecord[]> {
  try {
    const { rows } = await session.query<MigrationRecord>({
      text: 'select name, sha256, steps, steps_done from schema_migrations order by name',
      parameters: [],
    });
    return rows;
  } catch (error) {
    if (error instanceof StoreError && error.sqlState === '42P01') return [];
    throw error;
  }
}

/**
 * What remains to be done. Records after our last migration are a newer version's, which old processes may run
 * beside.
 * @throws MigrationError A recorded migration was changed or is missing, or an unapplied one comes before it.
 */
export function compare(migrations: readonly Migration[], records: readonly MigrationRecord[]): Progress[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const recorded = new Map(records.map((record) => [record.name, record]));
  const last = migrations.at(-1)?.name ?? '';
  for (const { name, sha256 } of records) {
    const migration = known.get(name);
    if (migration === undefined && name < last) {
      throw new MigrationError(`migration ${name} was applied to this database and its file is missing`);
    }
    if (migration !== undefined && migration.sha256 !== sha256) {
      throw new MigrationError(
        `migration ${name} was applied to this database and its file was changed since`,
      );
    }
  }
  const newest = records.at(-1)?.name ?? '';
  return migrations.flatMap((migration) => {
    const record = recorded.get(migration.name);
    if (record === undefined && migration.name < newest) {
      throw new MigrationError(
        `migration ${migration.name} comes before ${newest}, which is applied already`,
      );
    }
    if (record !== undefined && record.steps_done === record.steps) return [];
    return [{ migration, done: record?.steps_done ?? null }];
  });
}

export async function begin(session: Session, { name, sha256, steps }: Migration): Promise<void> {
  await session.query({
    text: `insert into schema_migrations (name, sha256, steps, steps_done)
      values ($1, $2, $3, 0) on conflict do nothing`,
    parameters: [name, sha256, steps.length],
  });
}

/** Moves the record on over one step. @throws MigrationError Somebody else has done so. */
export async function advance(session: Session, { name }: Migration, index: number): Promise<void> {
  const { count } = await session.query({
    text: 'update schema_migrations set steps_done = $3 where name = $1 and steps_done = $2',
    parameters: [name, index, index + 1],
  });
  if (count !== 1)
    throw new MigrationError(`${name}, step ${index + 1}: another process migrates at the same time`);
}
