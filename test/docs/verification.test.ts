import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startServer } from '../harness/server.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const PAGE = readFileSync(join(ROOT, 'docs/surfaces/verification.md'), 'utf8');
const TIMEOUT_MS = 60_000;
/** Ends what a block wrote; occurs in no reply. */
const END_OF_BLOCK = '\u001e';

interface Block {
  readonly shell: string;
  /** What the page says that it writes; null where it says nothing. */
  readonly shown: unknown;
}

function blocksOf(page: string): Block[] {
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
async function paste(blocks: readonly Block[], directory: string, port: number): Promise<string[]> {
  const script = blocks.map(({ shell }) => `${shell}\nprintf '\\036'\n`).join('');
  const child = spawn('sh', ['-eu', '-c', script], {
    cwd: directory,
    env: {
      PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: directory,
      RECEIVER_PORT: `${port}`,
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
function provideCurl(directory: string): void {
  if (spawnSync('sh', ['-c', 'command -v curl']).status === 0) return;
  const path = join(directory, 'curl');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'test/docs/curl.mjs')}' "$@"\n`);
  chmodSync(path, 0o755);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'selfsame-docs-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('every line of docs/surfaces/verification.md works when pasted, and does what the page shows', async (t) => {
  const blocks = blocksOf(PAGE);
  assert.ok(blocks.length > 15);
  await using server = await startServer({ jobsRun: true });
  const directory = scratch(t);
  provideCurl(directory);
  symlinkSync(server.dataDir, join(directory, 'data'));
  const written = await paste(blocks, directory, await freePort());
  for (const [index, { shell, shown }] of blocks.entries()) {
    if (shown === null) continue;
    const text = written[index] ?? '';
    assert.doesNotThrow(() => JSON.parse(text), `${shell}wrote ${text}`);
    assertShows(JSON.parse(text), shown, `${shell}wrote ${text}at `);
  }
});

test('the page names both headers, and every route that it calls is in the reference', async () => {
  for (const header of ['X-API-Key: $KEY', 'Authorization: Bearer $KEY']) assert.ok(PAGE.includes(header));
  const document = JSON.parse(readFileSync(join(ROOT, 'docs/openapi/verification.json'), 'utf8'));
  const templates = Object.keys(document.paths).map(
    (path) => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  );
  for (const [, path = ''] of PAGE.matchAll(/\$URL(\/api\/v1[^"? ]*)/g)) {
    assert.ok(
      templates.some((template) => template.test(path)),
      path,
    );
  }
});
