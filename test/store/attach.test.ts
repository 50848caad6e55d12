import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attachEmbedded } from '../../src/store/engines/attach.ts';
import { startEmbedded } from '../../src/store/engines/embedded.ts';
import { LOCK_FILE } from '../../src/store/engines/lock.ts';
import { ask, scratch, startElsewhere, usedDataDir } from './engine-helper.ts';

test('a directory that nobody holds is not attached to, and nothing is made', async (t) => {
  const missing = join(scratch(t), 'none');
  assert.equal(await attachEmbedded(missing), null);
  assert.equal(existsSync(missing), false);
  assert.equal(await attachEmbedded(await usedDataDir(t)), null);
});

test('the database of another live process is reached, and stays that process’s', async (t) => {
  const dataDir = await usedDataDir(t);
  const other = await startElsewhere(dataDir);
  t.after(() => other.kill('SIGKILL'));
  const lock = readFileSync(join(dataDir, LOCK_FILE), 'utf8');
  const target = await attachEmbedded(dataDir);
  assert.deepEqual(target, other.target);
  assert.equal(await ask(other.target, 'select n from kept'), 7);
  assert.equal(readFileSync(join(dataDir, LOCK_FILE), 'utf8'), lock);
  await assert.rejects(startEmbedded({ dataDir }), /in use by another Selfsame process/);
  await other.kill('SIGTERM');
  assert.equal(await attachEmbedded(dataDir), null);
});

test('of two that attach at once, both work', async (t) => {
  const dataDir = await usedDataDir(t);
  const server = await startEmbedded({ dataDir });
  t.after(() => server.stop());
  const targets = await Promise.all([attachEmbedded(dataDir), attachEmbedded(dataDir)]);
  for (const target of targets) {
    assert.ok(target !== null);
    assert.equal(await ask(target, 'select n from kept'), 7);
  }
});

test('a socket in a directory that others may enter is not trusted', async (t) => {
  const dataDir = await usedDataDir(t);
  const server = await startEmbedded({ dataDir });
  t.after(() => server.stop());
  chmodSync(server.target.host, 0o755);
  await assert.rejects(attachEmbedded(dataDir, { readySeconds: 0.1 }), /is in use .* database is not ready/);
  chmodSync(server.target.host, 0o700);
  assert.deepEqual(await attachEmbedded(dataDir), server.target);
});
