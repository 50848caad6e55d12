import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch as dataScratch, serveInChild } from '../quickstart/child.ts';
import { assertWritten, blocksOf, paste, provideCurl, ROOT, scratch } from './page.ts';

const PAGE = readFileSync(join(ROOT, 'docs/surfaces/iam.md'), 'utf8');

test('every line of docs/surfaces/iam.md works when pasted, and does what the page shows', async (t) => {
  const blocks = blocksOf(PAGE);
  assert.ok(blocks.length > 8);
  const dataDir = join(dataScratch(t), 'data');
  const server = await serveInChild(t, { SELFSAME_DATA_DIR: dataDir, SELFSAME_PORT: '0' });
  const directory = scratch(t);
  provideCurl(directory);
  // What of a checkout the lines use.
  for (const name of ['package.json', 'bin', 'src', 'node_modules'])
    symlinkSync(join(ROOT, name), join(directory, name));
  symlinkSync(dataDir, join(directory, 'data'));
  assertWritten(blocks, await paste(blocks, directory));
  await server.stop();
});

test('every route that the page calls is in the reference', () => {
  const document = JSON.parse(readFileSync(join(ROOT, 'docs/openapi/iam.json'), 'utf8'));
  const templates = Object.keys(document.paths).map(
    (path) => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  );
  const called = [...PAGE.matchAll(/\$URL(\/[^"? ]*)/g)].map(([, path = '']) => path);
  assert.ok(called.length > 8);
  for (const path of called)
    assert.ok(
      templates.some((template) => template.test(path)),
      path,
    );
});
