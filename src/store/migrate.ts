import { setTimeout as delay } from 'node:timers/promises';
import { StoreError, StoreUnavailable } from './errors.ts';
import type { Migration, Step } from './migration-files.ts';
import { MigrationError, readMigrations } from './migration-files.ts';
import type { Progress } from './migration-records.ts';
import { advance, begin, compare, createRecords, readRecords } from './migration-records.ts';
import type { Database } from './postgres.ts';
import type { Session } from './session.ts';

export interface MigrateOptions {
  /** The server is a Citus coordinator: tables are distributed as they are made. */
  readonly distributed?: boolean;
  readonly directory?: string;
  /** How long to wait for another process that migrates. Default 600. */
  readonly lockWaitSeconds?: number;
}

/** A statement waits this long for a table in use, then lets others through and comes back. */
const LOCK_TIMEOUT_MS = 5000;
const LOCK_ATTEMPTS = 10;
const LOCK_PAUSE_MS = 500;

/**
 * Brings the database to the newest migration. Every step is a transaction together with its own record, so an
 * interrupted migration goes on where it stopped. Two processes at once: one does it, the other waits and finds
 * nothing to do.
 *
 * The lock is a row that stays locked in an open transaction on a connection of its own. A lease with an expiry
 * would need clocks and heartbeats, and a migrator that stalls would lose it without noticing; this lock ends when
 * its holder does. Should its connection be cut nevertheless, the steps are still safe: each one begins by moving
 * its record on from the step before, which only one of two migrators can do.
 *
 * @throws MigrationError A past migration was changed or is missing, or a statement failed; the message names it.
 * @throws Unavailable
 */
export async function migrate(db: Database, options: MigrateOptions = {}): Promise<{ applied: string[] }> {
  const migrations = readMigrations(options.directory);
  // No statement timeout: a large index takes its time. Connections of our own, and never fewer than two.
  const own = db.reconnect({ maxConnections: 2, statementTimeoutMs: 0, lockTimeoutMs: LOCK_TIMEOUT_MS });
  try {
    await createRecords(own);
    return await own.transaction(async (lock) => {
      await takeLock(lock, options.lockWaitSeconds ?? 600);
      const pending = compare(migrations, await readRecords(own));
      for (const progress of pending) await apply(own, progress, options.distributed === true);
      return { applied: pending.map(({ migration }) => migration.name) };
    });
  } finally {
    await own.close();
  }
}

/** The names that `migrate` would apply, half-applied ones included. @throws MigrationError as `migrate`. */
export async function pendingMigrations(session: Session, directory?: string): Promise<string[]> {
  const pending = compare(readMigrations(directory), await readRecords(session));
  return pending.map(({ migration }) => migration.name);
}

/** For a start that does not migrate. @throws MigrationError Something is pending, changed or missing. */
export async function checkMigrations(session: Session, directory?: string): Promise<void> {
  const pending = await pendingMigrations(session, directory);
  if (pending.length === 0) return;
  throw new MigrationError(`the database lacks ${pending.join(', ')}; run "selfsame migrate"`);
}

async function takeLock(session: Session, waitSeconds: number): Promise<void> {
  await session.query({ text: `set local lock_timeout = '${Math.ceil(waitSeconds)}s'`, parameters: [] });
  await session.query({ text: 'set local idle_in_transaction_session_timeout = 0', parameters: [] });
  try {
    await session.query({ text: 'select name from schema_migration_lock for update', parameters: [] });
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw new MigrationError(`another process has been migrating for more than ${waitSeconds} seconds`);
  }
}

async function apply(db: Database, { migration, done }: Progress, distributed: boolean): Promise<void> {
  if (done === null) await begin(db, migration);
  for (let index = done ?? 0; index < migration.steps.length; index += 1) {
    const step = migration.steps[index];
    if (step === undefined) break;
    await patiently(migration, index, () => applyStep(db, { migration, index, step, distributed }));
  }
}

interface Work {
  readonly migration: Migration;
  readonly index: number;
  readonly step: Step;
  readonly distributed: boolean;
}

async function applyStep(db: Database, { migration, index, step, distributed }: Work): Promise<void> {
  if (step.kind === 'concurrent') {
    await db.query({ text: step.before, parameters: [] });
    await db.query({ text: step.text, parameters: [] });
    await advance(db, migration, index);
    return;
  }
  const text = step.kind === 'statement' ? step.text : distributed ? hook(step.kind, step.table) : null;
  await db.transaction(async (tx) => {
    await tx.query({ text: `set local lock_timeout = ${LOCK_TIMEOUT_MS}`, parameters: [] });
    await advance(tx, migration, index);
    if (text !== null) await tx.query({ text, parameters: [] });
  });
}

/** All pools' tables share one placement, so a pool's rows lie together and join within a shard. */
function hook(kind: 'distribute' | 'reference', table: string): string {
  return kind === 'distribute'
    ? `select create_distributed_table('${table}', 'pool_id', colocate_with => 'default')`
    : `select create_reference_table('${table}')`;
}

async function patiently(migration: Migration, index: number, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (isLockTimeout(error) && tries < LOCK_ATTEMPTS) await delay(LOCK_PAUSE_MS);
      else if (error instanceof StoreError || isLockTimeout(error)) {
        const why = error instanceof StoreUnavailable ? error.detail : error.message;
        throw new MigrationError(`${migration.name}, step ${index + 1}: ${why}`, error);
      } else throw error;
    }
  }
}

function isLockTimeout(error: unknown): error is StoreUnavailable {
  return error instanceof StoreUnavailable && error.sqlState === '55P03';
}
