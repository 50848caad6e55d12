import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

// Pages whose lines are run as they stand there.

export const ROOT = new URL('../..', import.meta.url).pathname;
const TIMEOUT_MS = 120_000;
/** Ends what a block wrote; occurs in no reply. */
const END_OF_BLOCK = '\u001e';

export interface Block {
  readonly shell: string;
  /** What the page says that it writes; null where it says nothing. */
  readonly shown: unknown;
}

export function blocksOf(page: string): Block[] {
  const fences = [...page.matchAll(/^```(sh|json)\n(.*?)^```$/gms)];
  const blocks: Block[] = [];
  for (const [index, [, language, text = '']] of fences.entries()) {
    if (language !== 'sh') continue;
    const [, nextLanguage, nextText = ''] = fences[index + 1] ?? [];
    blocks.push({ shell: text, shown: nextLanguage === 'json' ? JSON.parse(nextText) : null });
  }
  return blocks;
}

/** Runs all blocks in one shell, as somebody who pastes them one after the other. */
export async function paste(
  blocks: readonly Block[],
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const script = blocks.map(({ shell }) => `${shell}\nprintf '\\036'\n`).join('');
  const child = spawn('sh', ['-eu', '-c', script], {
    cwd: directory,
    env: {
      PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: directory,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: what a block left behind holds the pipes open, and must end with it.
    detached: true,
  });
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), TIMEOUT_MS);
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    out += data;
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  assert.equal(code, 0, `${err}\n${out}`);
  assert.equal(err, '');
  return out.split(END_OF_BLOCK);
}

/** Each block wrote what the page shows for it. */
export function assertWritten(blocks: readonly Block[], written: readonly string[]): void {
  for (const [index, { shell, shown }] of blocks.entries()) {
    if (shown === null) continue;
    const text = written[index] ?? '';
    assert.doesNotThrow(() => JSON.parse(text), `${shell}wrote ${text}`);
    assertShows(JSON.parse(text), shown, `${shell}wrote ${text}at `);
  }
}

/** What is shown must be there; `…` stands for any text, and what is left out may be anything. */
function assertShows(actual: unknown, shown: unknown, place: string): void {
  if (typeof shown === 'string' && shown.includes('…')) {
    const pattern = shown.split('…').map((part) => part.replaceAll(/[^\w]/g, '\\$&'));
    assert.match(String(actual), new RegExp(`^${pattern.join('.+')}$`), place);
  } else if (Array.isArray(shown)) {
    assert.ok(Array.isArray(actual) && actual.length === shown.length, `${place}: ${JSON.stringify(actual)}`);
    for (const [index, item] of shown.entries()) assertShows(actual[index], item, `${place}[${index}]`);
  } else if (typeof shown === 'object' && shown !== null) {
    const entries = Object.entries(shown);
    if (entries.length === 0) assert.deepEqual(actual, {}, place);
    for (const [key, value] of entries) {
      assertShows((actual as Record<string, unknown>)?.[key], value, `${place}.${key}`);
    }
  } else assert.deepEqual(actual, shown, place);
}

/** Where there is no curl, something that does the same for these lines. */
export function provideCurl(directory: string): void {
  if (spawnSync('sh', ['-c', 'command -v curl']).status === 0) return;
  const path = join(directory, 'curl');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'test/docs/curl.mjs')}' "$@"\n`);
  chmodSync(path, 0o755);
}

export function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-docs-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
