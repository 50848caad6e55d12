import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('./migrations/', import.meta.url));

/** A migration is wrong, was changed, is missing or is out of order. The message names it. */
export class MigrationError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
  }
}

/**
 * - `statement`: runs in a transaction of its own.
 * - `concurrent`: cannot run in a transaction; `before` clears what an interrupted attempt left behind.
 * - `distribute`, `reference`: tells a sharded server about a table; counted, but nothing, on one PostgreSQL.
 */
export type Step =
  | { readonly kind: 'statement'; readonly text: string }
  | { readonly kind: 'concurrent'; readonly before: string; readonly text: string }
  | { readonly kind: 'distribute' | 'reference'; readonly table: string };

export interface Migration {
  /** The file's name without `.sql`: `0001_foundation`. */
  readonly name: string;
  readonly sha256: string;
  readonly steps: readonly Step[];
}

const FILE = /^\d{4}_[a-z0-9_]+\.sql$/;
const HOOK = /^-- @(distribute|reference) ([a-z_][a-z0-9_]*)$/;

/** All migrations in order. @throws MigrationError A file's name or content is not understood. */
export function readMigrations(directory: string = MIGRATIONS_DIRECTORY): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.sql'));
  const migrations = files.sort().map((file) => {
    if (!FILE.test(file)) throw new MigrationError(`${file} is not named NNNN_name.sql`);
    const text = readFileSync(join(directory, file), 'utf8');
    const name = file.slice(0, -'.sql'.length);
    return { name, sha256: createHash('sha256').update(text).digest('hex'), steps: parseSteps(name, text) };
  });
  for (const [index, { name }] of migrations.entries()) {
    const next = migrations[index + 1];
    if (next?.name.slice(0, 4) === name.slice(0, 4)) {
      throw new MigrationError(`${name} and ${next.name} have one number`);
    }
  }
  return migrations;
}

/** The tables that are sharded by `pool_id`: those that some migration distributes. */
export function poolTables(directory: string = MIGRATIONS_DIRECTORY): ReadonlySet<string> {
  const steps = readMigrations(directory).flatMap((migration) => migration.steps);
  return new Set(steps.flatMap((step) => (step.kind === 'distribute' ? [step.table] : [])));
}

/** A statement ends with a semicolon at the end of a line; there are no procedural bodies. */
function parseSteps(name: string, text: string): Step[] {
  const steps: Step[] = [];
  let lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    const hook = HOOK.exec(trimmed);
    if (trimmed.startsWith('-- @') && hook === null)
      throw new MigrationError(`${name}: "${trimmed}" is no hook`);
    if (hook?.[1] !== undefined && hook[2] !== undefined) {
      if (lines.length > 0) throw new MigrationError(`${name}: "${trimmed}" stands inside a statement`);
      steps.push({ kind: hook[1] === 'distribute' ? 'distribute' : 'reference', table: hook[2] });
      continue;
    }
    if (trimmed === '' || trimmed.startsWith('--')) continue;
    lines.push(line);
    if (!trimmed.endsWith(';')) continue;
    steps.push(stepOf(name, lines.join('\n').replace(/;\s*$/, '')));
    lines = [];
  }
  if (lines.length > 0)
    throw new MigrationError(`${name}: its last statement has no semicolon at a line end`);
  return steps;
}

function stepOf(name: string, text: string): Step {
  if (!/\bconcurrently\b/i.test(text)) return { kind: 'statement', text };
  const create = /^\s*create\s+(?:unique\s+)?index\s+concurrently\s+([a-z_][a-z0-9_]*)\s+on\b/i.exec(text);
  // An interrupted build leaves an invalid index of that name; "if not exists" would take it for a good one.
  if (create?.[1] !== undefined) {
    return { kind: 'concurrent', before: `drop index concurrently if exists ${create[1]}`, text };
  }
  if (/^\s*drop\s+index\s+concurrently\s+if\s+exists\b/i.test(text)) {
    return { kind: 'concurrent', before: 'select 1', text };
  }
  throw new MigrationError(
    `${name}: write "create index concurrently <name> on" or "drop index concurrently if exists"`,
  );
}
