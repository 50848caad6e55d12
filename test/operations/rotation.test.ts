import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RotationAdministration } from '../../src/cli/wiring-types.ts';
import { loadConfig } from '../../src/config/load.ts';
import { WrongState } from '../../src/core/errors.ts';
import type { PoolId } from '../../src/core/ports.ts';
import { startFakeTransit } from '../../src/providers/vault-transit/fake-transit.ts';
import { openInstallation } from '../../src/wiring.ts';
import { email, marker } from '../harness/matrix.ts';
import { testConnection } from '../harness/postgres.ts';
import { type CommandProcess, createInstallation, poll } from '../harness/process.ts';
import { type Reply, startServer, type TestServer } from '../harness/server.ts';
import { recordStatement } from '../harness/statements.ts';

// Two servers work on one database while keys are rotated beneath them: by calls, and by commands that are killed.
// No request fails, and everything reads as it was written.

const IDENTITIES = 150;
const WORKERS = 6;

let first: TestServer;
let second: TestServer;
let poolId: PoolId;
let serving: TestServer[];
before(async () => {
  first = await startServer();
  second = await startServer({ database: first.database });
  serving = [first, second];
  poolId = first.quickstart.live.app_id as PoolId;
  await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      for (let n = worker; n < IDENTITIES; n += WORKERS) await create(first);
    }),
  );
});
after(async () => {
  await second.close();
  await first.close();
});

/** What each identity must show, by id. */
const notes = new Map<string, string>();
/** Creates under an idempotency key, and the identity that each one made. */
const kept: { key: string; body: unknown; id: string }[] = [];
const refusals: string[] = [];

async function call(server: TestServer, ...input: Parameters<TestServer['call']>): Promise<Reply> {
  const reply = await server.call(...input);
  if (reply.status !== 200) refusals.push(`${input[0]} ${input[1]}: ${reply.status} ${reply.text}`);
  return reply;
}

async function create(server: TestServer): Promise<void> {
  const note = marker();
  const factors = [{ name: 'email', type: 'email', value: email() }];
  const body = { pool_id: server.quickstart.live.pool_id, factors, metadata: { note } };
  const key = marker();
  const reply = await call(server, 'POST', '/api/v1/identity', { body, headers: { 'idempotency-key': key } });
  if (reply.status !== 200) return;
  notes.set(reply.body.details.id, note);
  kept.push({ key, body, id: reply.body.details.id });
}

/** Sends a create again under its key. */
async function replay(server: TestServer, one = kept[0]): Promise<void> {
  if (one === undefined) return;
  const headers = { 'idempotency-key': one.key };
  const reply = await call(server, 'POST', '/api/v1/identity', { body: one.body, headers });
  if (reply.status === 200) assert.equal(reply.body.details.id, one.id);
}

async function read(server: TestServer, id: string): Promise<string | undefined> {
  const reply = await call(server, 'GET', `/api/v1/identity/${id}`);
  return reply.body?.details?.metadata?.note;
}

async function readAll(server: TestServer): Promise<void> {
  const waiting = [...notes];
  const worker = async () => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      assert.equal(await read(server, one[0]), one[1]);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

/** Does `work` while both servers read, change and make identities, each worker its own; then looks at everything. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  let isOver = false;
  let requests = 0;
  const ids = [...notes.keys()];
  const worker = async (number: number) => {
    const own = ids.filter((_, index) => index % WORKERS === number);
    for (let turn = 0; !isOver; turn += 1) {
      const server = serving[turn % serving.length] ?? first;
      const id = own[turn % own.length] ?? '';
      if (turn % 5 === 0) await create(server);
      else if (turn % 5 < 3) assert.equal(await read(server, id), notes.get(id));
      else if (turn % 5 === 3) {
        const note = marker();
        const body = { metadata: { note } };
        const { status } = await call(server, 'PUT', `/api/v1/identity/${id}`, { body });
        if (status === 200) notes.set(id, note);
      } else await call(server, 'POST', `/api/v1/identity/${id}/interaction`, { body: {} });
      await replay(server, kept[turn % kept.length]);
      requests += 1;
    }
  };
  const workers = Array.from({ length: WORKERS }, (_, number) => worker(number));
  let result: T;
  try {
    await poll('the load begins', () => (requests > WORKERS ? true : null));
    result = await work();
    const before = requests;
    await poll('the load goes on', () => (requests > before + WORKERS ? true : null));
  } finally {
    isOver = true;
    await Promise.all(workers);
  }
  assert.deepEqual(refusals, []);
  for (const server of serving) await readAll(server);
  return result;
}

/** Rotations as the command runs them, in this process so that their statements are checked. */
async function rotating<T>(
  use: (rotations: RotationAdministration) => Promise<T>,
  { database }: Pick<TestServer, 'database'> = first,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { config } = loadConfig({
    mode: 'manage',
    environment: { DATABASE_URL: database.url, SELFSAME_DATA_DIR: database.dataDir, ...environment },
  });
  const opened = await openInstallation(config, { log: () => {}, onStatement: recordStatement });
  try {
    return await use(opened.rotations);
  } finally {
    await opened.close();
  }
}

/** Versions of the pool key that wrapped keys are under, and how many under each. */
async function wrappings(): Promise<Record<string, number>> {
  const rows = await first.sql<{ version: string; n: number }>(
    `select encode(substring(wrapped from 2 for 4), 'hex') as version, count(*)::integer as n
     from identity_keys where pool_id = $1::uuid group by 1`,
    [poolId],
  );
  return Object.fromEntries(rows.map(({ version, n }) => [String(Number.parseInt(version, 16)), n]));
}

async function sealVersion(): Promise<number> {
  const rows = await first.sql<{ version: number }>(
    `select max(version) as version from pool_keys where pool_id = $1::uuid and purpose = 'seal'`,
    [poolId],
  );
  return rows[0]?.version ?? 0;
}

async function rotationsRecorded(field: string): Promise<number> {
  const counts = await Promise.all(
    [
      `select 1 from audit_entries where pool_id = $1::uuid and action = 'pool.keys_rotated' and fields = $2::text[]`,
      `select 1 from outbox where pool_id = $1::uuid and type = 'pool.keys_rotated' and fields = $2::text[]`,
    ].map(async (text) => (await first.sql(text, [poolId, [field]])).length),
  );
  assert.equal(counts[0], counts[1]);
  return counts[0] ?? 0;
}

const keyFile = (): string => join(first.dataDir, 'root.key');
const rootKeysInFile = (): string[] =>
  JSON.parse(readFileSync(keyFile(), 'utf8')).keys.map(({ id }: { id: string }) => id);
const rootKeysNeeded = async (): Promise<string[]> => {
  const rows = await first.sql<{ id: string }>('select distinct root_key_id as id from pool_keys order by 1');
  return rows.map(({ id }) => id);
};

describe('a pool key', () => {
  it('is rotated under load: no request fails, and no data key stays under the old one', async () => {
    const version = await sealVersion();
    const turns = 3;
    await underLoad(async () => {
      for (let turn = 0; turn < turns; turn += 1) {
        const { pools, resumed } = await rotating((rotations) => rotations.rotate({ kind: 'pool', poolId }));
        assert.equal(resumed, false);
        assert.ok((pools[0]?.done ?? 0) >= IDENTITIES);
      }
    });
    assert.deepEqual(Object.keys(await wrappings()), [String(version + turns)]);
    assert.equal(await rotationsRecorded('seal_key'), turns);
  });

  it('is rotated once by two who ask at the same time', async () => {
    const version = await sealVersion();
    const both = await Promise.allSettled([
      rotating((rotations) => rotations.rotate({ kind: 'pool', poolId })),
      rotating((rotations) => rotations.rotate({ kind: 'pool', poolId })),
    ]);
    assert.ok(both.some(({ status }) => status === 'fulfilled'));
    // Unless one came so late that the other was over, which is a rotation of its own.
    assert.ok([version + 1, version + 2].includes(await sealVersion()));
    assert.deepEqual(Object.keys(await wrappings()), [String(await sealVersion())]);
    await readAll(first);
  });

  it('is rotated in every pool when none is named', async () => {
    const { pools } = await rotating((rotations) => rotations.rotate({ kind: 'pool', poolId: null }));
    assert.equal(pools.length, 2);
  });
});

describe('data keys', () => {
  const boxes = () =>
    first.sql<{ id: string; profile: string; version: number; updated_at: Date; wrapped: string }>(
      `select i.id, encode(i.profile, 'hex') as profile, i.version, i.updated_at, encode(k.wrapped, 'hex') as wrapped
       from identities i join identity_keys k on k.pool_id = i.pool_id and k.identity_id = i.id order by i.id`,
    );

  it('are rotated: every key and box is another one, and nothing that can be read has changed', async () => {
    const before = await boxes();
    const events = await first.sql('select 1 from outbox');
    const { pools } = await rotating((rotations) => rotations.rotate({ kind: 'data', poolId }));
    const after = await boxes();
    assert.equal(after.length, before.length);
    assert.equal(pools[0]?.done, before.length);
    for (const [index, old] of before.entries()) {
      const fresh = after[index];
      assert.equal(fresh?.id, old.id);
      assert.notEqual(fresh.profile, old.profile);
      assert.notEqual(fresh.wrapped, old.wrapped);
      // The key's random number stands in the header of what it sealed.
      assert.notEqual(fresh.profile.slice(2, 10), old.profile.slice(2, 10));
      assert.equal(fresh.version, old.version + 1);
      assert.deepEqual(fresh.updated_at, old.updated_at);
    }
    assert.equal((await first.sql('select 1 from outbox')).length, events.length + 1);
    assert.equal(await rotationsRecorded('data_keys'), 1);
    for (const server of serving) await readAll(server);
    assert.deepEqual(refusals, []);
  });

  it('are rotated with the replies that are kept under them', async () => {
    for (const { key, body, id } of kept.slice(0, 40)) {
      const reply = await call(second, 'POST', '/api/v1/identity', {
        body,
        headers: { 'idempotency-key': key },
      });
      assert.equal(reply.body.details.id, id);
    }
    assert.deepEqual(refusals, []);
  });

  it('are rotated under load', async () => {
    await underLoad(async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await rotating((rotations) => rotations.rotate({ kind: 'data', poolId }));
      }
    });
  });

  it('and pool keys are rotated at the same time', async () => {
    await underLoad(async () => {
      await Promise.all(
        (['data', 'pool'] as const).map((kind) =>
          rotating((rotations) => rotations.rotate({ kind, poolId: null })),
        ),
      );
    });
    assert.deepEqual(Object.keys(await wrappings()), [String(await sealVersion())]);
  });
});

describe('the root key', () => {
  it('is rotated under load, with pools made meanwhile, and the old one is then needed by nothing', async () => {
    const [old = ''] = rootKeysInFile();
    const staged = await rotating((rotations) => rotations.stageRoot());
    assert.deepEqual(rootKeysInFile(), [old, staged]);
    const { rootKeyId } = await underLoad(async () => {
      const making = Promise.all(serving.map((server) => server.createAccount()));
      const rotated = await rotating((rotations) => rotations.rotateRoot({ prune: false }));
      await making;
      return rotated;
    });
    assert.equal(rootKeyId, staged);
    assert.deepEqual(rootKeysInFile(), [rootKeyId, old]);
    const { pools, removed } = await rotating((rotations) => rotations.rotateRoot({ prune: true }));
    assert.ok(pools.length <= 4);
    assert.deepEqual(removed, [old]);
    assert.deepEqual(await rootKeysNeeded(), [rootKeyId]);
    assert.deepEqual(rootKeysInFile(), [rootKeyId]);
    assert.equal(await rotationsRecorded('root_key'), 1);
    for (const server of serving) await readAll(server);
    await using fresh = await startServer({ database: first.database });
    await readAll(fresh);
    assert.deepEqual(refusals, []);
  });
});

describe('a root key that no file holds', () => {
  const neededBy = async (server: TestServer) => {
    const rows = await server.sql<{ id: string }>('select distinct root_key_id as id from pool_keys');
    return rows.map(({ id }) => id);
  };
  const makeOne = async (server: TestServer): Promise<string> => {
    const factors = [{ name: 'email', type: 'email', value: email() }];
    const body = { pool_id: server.quickstart.live.pool_id, factors, metadata: { note: 'kept' } };
    const { status, body: made } = await server.call('POST', '/api/v1/identity', { body });
    assert.equal(status, 200);
    return made.details.id;
  };
  const keep = async (server: TestServer, id: string) => {
    const { body } = await server.call('GET', `/api/v1/identity/${id}`);
    assert.equal(body.details.metadata.note, 'kept');
  };

  it('moves from the environment to another one that stands beside it, and is then not needed', async () => {
    const [one, two] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
    const [old, both, last] = [
      { SELFSAME_ROOT_KEY: one ?? '', SELFSAME_ROOT_KEY_PREVIOUS: two ?? '' },
      { SELFSAME_ROOT_KEY: two ?? '', SELFSAME_ROOT_KEY_PREVIOUS: one ?? '' },
      { SELFSAME_ROOT_KEY: two ?? '' },
    ];
    await using running = await startServer({ environment: old });
    const id = await makeOne(running);
    const before = await neededBy(running);
    const { pools, rootKeyId } = await rotating((all) => all.rotateRoot({ prune: false }), running, both);
    assert.equal(pools.length, 2);
    assert.deepEqual(await neededBy(running), [rootKeyId]);
    assert.ok(!before.includes(rootKeyId));
    await keep(running, id);
    await using fresh = await startServer({ database: running.database, environment: last });
    await keep(fresh, id);
    const again = await rotating((all) => all.rotateRoot({ prune: false }), running, last);
    assert.deepEqual(again.pools, []);
    await assert.rejects(
      rotating((all) => all.rotateRoot({ prune: true }), running, last),
      WrongState,
    );
  });

  it('moves to its newest version in a transit engine', async (t) => {
    const transit = await startFakeTransit();
    t.after(() => transit.close());
    transit.keys.set('/transit/selfsame', randomBytes(32));
    const environment = {
      SELFSAME_ROOT_KEY_TRANSIT_ADDRESS: transit.address,
      SELFSAME_ROOT_KEY_TRANSIT_TOKEN: transit.token,
      SELFSAME_ROOT_KEY_TRANSIT_KEY: 'selfsame',
    };
    await using running = await startServer({ environment });
    const id = await makeOne(running);
    assert.deepEqual(await neededBy(running), ['transit:transit/selfsame:v1']);
    transit.version = 2;
    await rotating((all) => all.rotateRoot({ prune: false }), running, environment);
    assert.deepEqual(await neededBy(running), ['transit:transit/selfsame:v2']);
    await using fresh = await startServer({ database: running.database, environment });
    await keep(fresh, id);
  });
});

describe('a command that is killed', () => {
  const installation = createInstallation({ after: (work) => after(work) });
  const rotate = (...words: string[]): CommandProcess =>
    installation.run(['keys', 'rotate', ...words], {
      DATABASE_URL: first.database.url,
      SELFSAME_DATA_DIR: first.dataDir,
    });
  const succeed = async (...words: string[]): Promise<string> => {
    const command = rotate(...words);
    assert.equal(await command.ended, 0, command.output());
    return command.output();
  };

  /** Starts the command, has it come to a row that somebody else holds, and kills it there. */
  const killAt = async (words: string[], lock: { text: string; parameters: unknown[] }): Promise<void> => {
    const other = testConnection(first.database.url, { maxConnections: 1, onStatement: () => {} });
    try {
      await other.transaction(async (tx) => {
        assert.equal((await tx.query(lock)).rows.length, 1);
        const command = rotate(...words);
        await poll('the command comes to the row', async () => {
          const waiting = await first.sql(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
               and application_name = 'selfsame'
               and query ~ '^\\s*(update (identity_keys|pool_keys) |select i.id, i.profile)'`,
          );
          return waiting.length > 0 ? true : null;
        });
        command.child.kill('SIGKILL');
        assert.equal(await command.ended, 'SIGKILL');
      });
    } finally {
      await other.close();
    }
    // As if its lease had run out.
    await first.sql(`update rotations set lease_until = started_at where lease_until is not null`);
  };
  const keyRow = async (part: number) => {
    const ids = await first.sql<{ id: string }>(
      'select identity_id as id from identity_keys where pool_id = $1::uuid order by 1',
      [poolId],
    );
    return {
      text: 'select 1 as n from identity_keys where pool_id = $1::uuid and identity_id = $2::uuid for update',
      parameters: [poolId, ids[Math.floor(ids.length * part)]?.id],
    };
  };

  for (const [words, field] of [
    [['--pool'], 'seal_key'],
    [['--data'], 'data_keys'],
  ] as const) {
    it(`in the middle of ${words.join(' ')} goes on where it was, again and again`, async () => {
      const version = await sealVersion();
      const recorded = await rotationsRecorded(field);
      let said = '';
      await underLoad(async () => {
        for (const part of [0.2, 0.5, 0.9]) await killAt([...words], await keyRow(part));
        said = await succeed(...words, '--json');
      });
      const summary = JSON.parse(said.split('\n').find((line) => line.startsWith('{')) ?? '');
      assert.equal(summary.resumed, true);
      assert.equal(await rotationsRecorded(field), recorded + 1);
      assert.equal(summary.pools.find((pool: { poolId: string }) => pool.poolId === poolId)?.failed, 0);
      if (field === 'seal_key') {
        assert.equal(await sealVersion(), version + 1);
        assert.deepEqual(Object.keys(await wrappings()), [String(version + 1)]);
      }
    });
  }

  it('in the middle of --root makes no second key, and loses none', async () => {
    const [old = ''] = rootKeysInFile();
    await underLoad(async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await killAt(['--root'], {
          text: `select 1 as n from pool_keys where pool_id = $1::uuid and purpose = 'index' for update`,
          parameters: [poolId],
        });
        assert.equal(rootKeysInFile().length, 2);
      }
      await succeed('--root');
    });
    const [current = ''] = rootKeysInFile();
    assert.deepEqual(rootKeysInFile(), [current, old]);
    assert.deepEqual(await rootKeysNeeded(), [current]);
    assert.match(await succeed('--root', '--prune'), new RegExp(`Removed from the file: ${old}`));
    await using fresh = await startServer({ database: first.database });
    await readAll(fresh);
  });
});
