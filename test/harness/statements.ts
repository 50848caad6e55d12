import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poolTables } from '../../src/store/migration-files.ts';
import { checkStatement } from '../../src/store/sql-check.ts';

const seen = new Set<string>();

/**
 * For `onStatement` of `connect`: notes a statement's text, once a process, for the check of SQL.md rule 1 that
 * `test/run.mjs` makes at the end. Does nothing outside of it.
 */
export function recordStatement({ text }: { readonly text: string }): void {
  const directory = process.env.SELFSAME_TEST_STATEMENTS;
  if (directory === undefined || seen.has(text)) return;
  seen.add(text);
  appendFileSync(join(directory, `${process.pid}.jsonl`), `${JSON.stringify(text)}\n`);
}

/** What the check says of everything that was recorded in the directory, one line a problem. */
export function statementProblems(directory: string): string[] {
  const files = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
  const lines = files.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  const texts = new Set(lines.map((line) => String(JSON.parse(line))));
  const tables = poolTables();
  return [...texts].flatMap((text) =>
    checkStatement(text, tables).map((problem) => `${problem}\n  ${text.trim().replaceAll(/\s+/g, ' ')}`),
  );
}
