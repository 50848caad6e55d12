import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch as dataScratch, serveInChild } from '../quickstart/child.ts';
import { assertWritten, blocksOf, paste, provideCurl, ROOT, scratch } from './page.ts';

const PAGE = readFileSync(join(ROOT, 'docs/surfaces/kyc.md'), 'utf8');

/** Whole servers run their jobs by themselves, as the page's reader has it. */
test('every line of docs/surfaces/kyc.md works when pasted, and does what the page shows', async (t) => {
  const blocks = blocksOf(PAGE);
  assert.ok(blocks.length > 15);
  const dataDir = join(dataScratch(t), 'data');
  const server = await serveInChild(t, { SELFSAME_DATA_DIR: dataDir, SELFSAME_PORT: '0' });
  const directory = scratch(t);
  provideCurl(directory);
  // What of a checkout the lines use.
  for (const name of ['package.json', 'bin', 'src', 'node_modules'])
    symlinkSync(join(ROOT, name), join(directory, name));
  symlinkSync(dataDir, join(directory, 'data'));
  const written = await paste(blocks, directory);
  assertWritten(blocks, written);
  const all = written.join('\n');
  assert.match(all, /^file_readable +/m);
  assert.match(all, /^The verification is approved\.$/m);
  assert.ok(all.includes('Maria at the desk'), 'who decided is shown with the case');
  assert.match(all, /^The identity is unblocked\.$/m);
  await server.stop();
});

test('every route that the page calls is in the reference', () => {
  const document = JSON.parse(readFileSync(join(ROOT, 'docs/openapi/kyc.json'), 'utf8'));
  const templates = Object.keys(document.paths).map(
    (path) => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  );
  const called = [...PAGE.matchAll(/\$URL(\/[^"? ]*)/g)].map(([, path = '']) => path);
  assert.ok(called.length > 15);
  for (const path of called)
    assert.ok(
      templates.some((template) => template.test(path)),
      path,
    );
});
