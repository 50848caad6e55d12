import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEmbedded } from '../../src/store/engines/embedded.ts';
import { ask, reachable, scratch, unlinkedPackage } from './engine-helper.ts';

/** Users that every system has; initdb wants theirs to have a name. */
const DAEMON = 1;
const BIN = 2;
const root = { skip: process.getuid?.() !== 0 && 'only root can try this' };

test('as root the server runs as another user', root, async (t) => {
  const server = await startEmbedded({ dataDir: join(scratch(t), 'data') });
  assert.notEqual(statSync(`/proc/${server.pid}`).uid, 0);
  const groups = /^Groups:(.*)$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
  assert.equal(groups?.[1]?.trim(), '');
  await server.stop();
});

test(
  'under a closed folder cluster and programs live elsewhere, and a pointer says where',
  root,
  async (t) => {
    const directory = scratch(t);
    const systemDirectory = join(directory, 'var');
    const closed = join(directory, 'root');
    mkdirSync(closed, { mode: 0o700 });
    const options = {
      dataDir: join(closed, 'data'),
      systemDirectory,
      enginePackage: unlinkedPackage(join(closed, 'package')),
    };
    const first = await startEmbedded(options);
    assert.match(first.notices.join('\n'), /copy in/);
    assert.match(first.notices.join('\n'), /database is kept in/);
    await ask(first.target, 'create table kept as select 7 as n');
    await first.stop();
    const home = readFileSync(join(options.dataDir, 'postgres.location'), 'utf8').trim();
    assert.ok(home.startsWith(systemDirectory) && existsSync(join(home, 'postgres', 'PG_VERSION')));

    // The data directory moves: its database goes along.
    const moved = { ...options, dataDir: join(closed, 'moved') };
    renameSync(options.dataDir, moved.dataDir);
    const second = await startEmbedded(moved);
    assert.equal(await ask(second.target, 'select n from kept'), 7);
    await second.stop();

    // A copy of it would share the database, so it is refused.
    const copied = { ...options, dataDir: join(closed, 'copied') };
    cpSync(moved.dataDir, copied.dataDir, { recursive: true });
    await assert.rejects(startEmbedded(copied), /is a copy of/);
    const count = readdirSync(systemDirectory).filter((name) => name.startsWith('postgresql-')).length;
    assert.equal(count, 1);
  },
);

test('a database that became unreachable is never replaced by an empty one', root, async (t) => {
  const directory = scratch(t);
  const options = { dataDir: join(directory, 'data'), systemDirectory: join(directory, 'var') };
  await (await startEmbedded(options)).stop();
  chmodSync(directory, 0o700);
  await assert.rejects(startEmbedded(options), /cannot enter/);
});

test('programs whose links were never made are linked in place', root, async (t) => {
  const directory = scratch(t);
  const enginePackage = unlinkedPackage(directory);
  const server = await startEmbedded({ dataDir: join(directory, 'data'), enginePackage });
  assert.equal(await ask(server.target, 'select 1'), 1);
  assert.deepEqual(server.notices, []);
  await server.stop();
});

/** Runs a start as an ordinary user, in a process of its own; its socket asks `select 1` by starting at all. */
function startAs(
  uid: number,
  { node, embedded }: ReturnType<typeof reachable>,
  options: object,
): { status: number | null; output: string } {
  const script = `
    import { startEmbedded } from ${JSON.stringify(embedded)};
    const server = await startEmbedded(${JSON.stringify(options)});
    console.log(JSON.stringify(server.notices));
    await server.stop();`;
  const result = spawnSync(node, ['--input-type=module-typescript', '-e', script], {
    uid,
    gid: uid,
    cwd: '/',
    encoding: 'utf8',
  });
  return { status: result.status, output: result.stdout + result.stderr };
}

test('an ordinary user starts it, from a copy where the package is not his', root, async (t) => {
  const directory = scratch(t);
  const home = join(directory, 'home');
  mkdirSync(home, { mode: 0o700 });
  chownSync(home, DAEMON, DAEMON);
  const options = { dataDir: join(home, 'data'), enginePackage: unlinkedPackage(directory) };
  const started = startAs(DAEMON, reachable(t), options);
  assert.equal(started.status, 0, started.output);
  assert.match(started.output, /copy in/);
  assert.equal(statSync(join(home, 'data', 'postgres')).uid, DAEMON);
  assert.equal(statSync(join(home, 'data')).mode & 0o777, 0o700);
});

test('a user’s cluster is run by root as that user, and another user is refused', root, async (t) => {
  const directory = scratch(t);
  const home = join(directory, 'home');
  mkdirSync(home);
  chownSync(home, DAEMON, DAEMON);
  const checkout = reachable(t);
  const { enginePackage } = checkout;
  const options = { dataDir: join(home, 'data'), systemDirectory: join(directory, 'var'), enginePackage };
  assert.equal(startAs(DAEMON, checkout, options).status, 0);
  chmodSync(join(home, 'data'), 0o755);
  const server = await startEmbedded(options);
  assert.equal(statSync(`/proc/${server.pid}`).uid, DAEMON);
  await server.stop();
  execFileSync('chmod', ['-R', 'a+rwX', home]);
  const other = startAs(BIN, checkout, options);
  assert.notEqual(other.status, 0);
  assert.match(other.output, /belongs to uid 1\b/);
});
