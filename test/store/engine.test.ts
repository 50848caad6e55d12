import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPackage } from '../../src/store/engines/binaries.ts';
import { startEmbedded } from '../../src/store/engines/embedded.ts';
import { EngineError } from '../../src/store/engines/errors.ts';
import { LOCK_FILE } from '../../src/store/engines/lock.ts';
import { processesIn, startOf, waitUntil } from '../../src/store/engines/processes.ts';
import { ask, reachable, scratch, startElsewhere, usedDataDir } from './engine-helper.ts';

const DEBIAN = [18, 17, 16, 15]
  .map((major) => `/usr/lib/postgresql/${major}/bin`)
  .find((path) => existsSync(path));

test('a second start finds what the first one stored, durably and on no network port', async (t) => {
  const dataDir = join(scratch(t), 'data');
  const first = await startEmbedded({ dataDir });
  assert.equal(first.created, true);
  await ask(first.url, 'create table kept as select 7 as n');
  assert.equal(await ask(first.url, 'show fsync'), 'on');
  assert.equal(await ask(first.url, 'show synchronous_commit'), 'on');
  assert.equal(await ask(first.url, 'show listen_addresses'), '');
  assert.equal(await ask(first.url, 'show server_encoding'), 'UTF8');
  assert.equal(statSync(first.target.host).mode & 0o777, 0o700);
  await first.stop();
  assert.equal(startOf(first.pid), null);
  assert.equal(existsSync(join(dataDir, LOCK_FILE)), false);

  const second = await startEmbedded({ dataDir });
  assert.equal(second.created, false);
  assert.equal(await ask(second.target, 'select n from kept'), 7);
  await second.stop();
});

test('a second server on one directory is refused, naming the first', async (t) => {
  const dataDir = await usedDataDir(t);
  const other = await startElsewhere(dataDir);
  await assert.rejects(startEmbedded({ dataDir }), (error) => {
    assert.ok(error instanceof EngineError);
    assert.match(error.message, new RegExp(`pid ${other.pid}\\b`));
    return true;
  });
  assert.equal(await ask(other.target, 'select 1'), 1);
  await other.kill('SIGKILL');

  const own = await startEmbedded({ dataDir });
  await assert.rejects(startEmbedded({ dataDir }), /this process itself/);
  await own.stop();
});

test('killing the process outright leaves no server behind', async (t) => {
  const dataDir = await usedDataDir(t);
  const other = await startElsewhere(dataDir);
  await other.kill('SIGKILL');
  assert.ok(await waitUntil(() => startOf(other.serverPid) === null, 10), 'the server outlived its process');
  const again = await startEmbedded({ dataDir });
  assert.equal(await ask(again.target, 'select n from kept'), 7);
  await again.stop();
});

test('a start right after a kill waits for the dying server', async (t) => {
  const dataDir = await usedDataDir(t);
  const other = await startElsewhere(dataDir);
  await other.kill('SIGKILL');
  const again = await startEmbedded({ dataDir });
  assert.equal(await ask(again.target, 'select 1'), 1);
  await again.stop();
});

test('a server that outlived its process is stopped, after checking that it works in this cluster', async (t) => {
  const dataDir = await usedDataDir(t);
  const cluster = join(dataDir, 'postgres');
  const { uid, gid } = statSync(cluster);
  // Launched past us, so nothing ends it.
  const orphan = spawn(
    join(reachable(t).enginePackage.directory, 'bin', 'postgres'),
    ['-D', cluster, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${join(dataDir, 'run')}`],
    { uid, gid, stdio: 'ignore', cwd: '/' },
  );
  const file = join(cluster, 'postmaster.pid');
  assert.ok(await waitUntil(() => existsSync(file) && /ready/.test(readFileSync(file, 'utf8')), 10));

  const again = await startEmbedded({ dataDir });
  assert.match(again.notices.join('\n'), new RegExp(`pid ${orphan.pid}\\b.*stopped`));
  assert.equal(startOf(orphan.pid ?? 0), null);
  assert.equal(await ask(again.target, 'select n from kept'), 7);
  await again.stop();
});

test('a pid that was given out again holds neither the lock nor the cluster', async (t) => {
  const dataDir = await usedDataDir(t);
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.after(() => stranger.kill());
  writeFileSync(join(dataDir, LOCK_FILE), JSON.stringify({ pid: stranger.pid, started: '1' }));
  writeFileSync(
    join(dataDir, 'postgres', 'postmaster.pid'),
    `${stranger.pid}\n${join(dataDir, 'postgres')}\n`,
  );
  const again = await startEmbedded({ dataDir });
  assert.equal(startOf(stranger.pid ?? 0) === null, false, 'the stranger was stopped');
  await again.stop();
});

test('a torn lock file is nobody’s', async (t) => {
  const dataDir = await usedDataDir(t);
  writeFileSync(join(dataDir, LOCK_FILE), '{"pid":');
  await (await startEmbedded({ dataDir })).stop();
});

test('a crash is told once, and the next start recovers', async (t) => {
  const dataDir = await usedDataDir(t);
  const reasons: string[] = [];
  const first = await startEmbedded({ dataDir, onExit: (reason) => reasons.push(reason) });
  process.kill(first.pid, 'SIGKILL');
  assert.ok(await waitUntil(() => reasons.length > 0, 10));
  assert.match(reasons.join(), /SIGKILL/);
  await first.stop();
  const again = await startEmbedded({ dataDir });
  assert.equal(await ask(again.target, 'select n from kept'), 7);
  await again.stop();
  assert.equal(reasons.length, 1);
});

test('a path too long for a socket gets a short one, gone after the stop', async (t) => {
  const dataDir = join(scratch(t), 'a'.repeat(100), 'data');
  const server = await startEmbedded({ dataDir });
  assert.ok(Buffer.byteLength(server.target.host) < 80);
  assert.equal(statSync(server.target.host).mode & 0o777, 0o700);
  assert.equal(await ask(server.url, 'select 1'), 1);
  await server.stop();
  assert.equal(existsSync(server.target.host), false);
});

test('a path with spaces, quotes and commas works', async (t) => {
  const dataDir = join(scratch(t), `it's a "data", folder`);
  const server = await startEmbedded({ dataDir });
  assert.equal(await ask(server.url, 'select 1'), 1);
  await server.stop();
});

test('an interrupted initdb is begun anew', async (t) => {
  const dataDir = join(scratch(t), 'data');
  mkdirSync(join(dataDir, 'postgres.new'), { recursive: true });
  writeFileSync(join(dataDir, 'postgres.new', 'PG_VERSION'), '18\n');
  const server = await startEmbedded({ dataDir });
  assert.equal(await ask(server.target, 'select 1'), 1);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.endsWith('.new')),
    [],
  );
  await server.stop();
});

test('a cluster of another major version is refused, saying what to do', async (t) => {
  const dataDir = await usedDataDir(t);
  writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '14\n');
  await assert.rejects(startEmbedded({ dataDir }), /made by PostgreSQL 14.*SELFSAME_PG_BIN/s);
  assert.equal(existsSync(join(dataDir, LOCK_FILE)), false);
});

test('a server that cannot start says the end of its log and frees the directory', async (t) => {
  const dataDir = await usedDataDir(t);
  const broken = { dataDir, extraSettings: { shared_buffers: 'many' } };
  await assert.rejects(startEmbedded(broken), /shared_buffers/);
  assert.deepEqual(processesIn(join(dataDir, 'postgres')), []);
  await (await startEmbedded({ dataDir })).stop();
});

test('a platform without programs is told to set DATABASE_URL', () => {
  assert.throws(() => findPackage('plan9', 'vax'), /plan9-vax.*DATABASE_URL/s);
});

test('other programs that are not there are an error that names them', async (t) => {
  const dataDir = await usedDataDir(t);
  await assert.rejects(startEmbedded({ dataDir, binDir: '/nowhere/bin' }), /\/nowhere\/bin\/postgres/);
});

test('the system’s own programs can be used', { skip: DEBIAN === undefined }, async (t) => {
  const dataDir = join(scratch(t), 'data');
  const server = await startEmbedded({ dataDir, ...(DEBIAN !== undefined && { binDir: DEBIAN }) });
  assert.match(String(await ask(server.target, 'show server_version')), /^1[5-9]/);
  await server.stop();
  if (DEBIAN?.includes('/18/') === true) return;
  await assert.rejects(startEmbedded({ dataDir }), /was made by PostgreSQL 1[567]/);
});
