import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from '../harness/server.ts';
import { assertWritten, blocksOf, paste, provideCurl, ROOT, scratch } from './page.ts';

const PAGE = readFileSync(join(ROOT, 'docs/surfaces/verification.md'), 'utf8');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('every line of docs/surfaces/verification.md works when pasted, and does what the page shows', async (t) => {
  const blocks = blocksOf(PAGE);
  assert.ok(blocks.length > 15);
  await using server = await startServer({ jobsRun: true });
  const directory = scratch(t);
  provideCurl(directory);
  symlinkSync(server.dataDir, join(directory, 'data'));
  assertWritten(blocks, await paste(blocks, directory, { RECEIVER_PORT: `${await freePort()}` }));
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
