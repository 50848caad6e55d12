import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { GRANTS } from '../core/grants.ts';
import { DEFAULT_GRANTS } from '../core/keys/key-kinds.ts';
import { createIdGenerator, toPlaced, toTagged } from '../kit/ids.ts';
import type { Surroundings } from './command.ts';
import { COMMANDS } from './commands.ts';
import { run } from './main.ts';
import type { Installation, NewKey, Wiring } from './wiring-types.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const dataDir = mkdtempSync(join(tmpdir(), 'selfsame-cli-'));

/** Runs a command line with everything outside recorded; without a wiring, needing one is a failure. */
async function cli(line: string, over: Partial<Surroundings> & { wiring?: Partial<Wiring> } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const missing = () => Promise.reject(new Error('nothing may be opened here'));
  const { wiring, ...rest } = over;
  const code = await run(line.split(' ').filter(Boolean), {
    environment: { SELFSAME_DATA_DIR: dataDir },
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    colours: false,
    loadWiring: async () => ({ openInstallation: missing, startQuickstart: missing, ...wiring }),
    now: () => NOW,
    stopRequested: () => Promise.resolve(),
    ...rest,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const ids = createIdGenerator({
  nowMs: () => NOW.getTime(),
  randomBytes: (size) => new Uint8Array(size).fill(7),
});
const POOL = ids.next();

/** An installation that records what it was asked; what it holds is of no interest here. */
function installation(asked: unknown[]): Pick<Wiring, 'openInstallation'> {
  const change = (name: string) => async (id: string) => {
    asked.push([name, id]);
    return id === POOL;
  };
  const opened = {
    migrate: async () => ({ applied: ['0001_foundation'] }),
    keys: {
      create: async (input: NewKey) => {
        asked.push(input);
        return { key: { id: POOL, environment: 'live' }, secret: 'vk_live_x' };
      },
      createForIdentity: async (input: NewKey & { identityId: string }) => {
        asked.push(input);
        return { key: { id: POOL, environment: 'live', identityId: input.identityId } };
      },
      list: async () => [],
      ...{ revoke: change('revoke'), suspend: change('suspend'), resume: change('resume') },
    },
    doctor: async () => [{ name: 'database', ok: false, detail: 'too old' }],
    listen: async () => ({ url: 'http://127.0.0.1:1' }),
    close: async () => asked.push('closed'),
  };
  return { openInstallation: async () => opened as unknown as Installation };
}

describe('help', () => {
  for (const line of ['', '--help', '-h', 'help', 'help --help']) {
    test(`"${line}" lists every command`, async () => {
      const { code, out } = await cli(line);
      assert.equal(code, 0);
      for (const { name } of COMMANDS) assert.ok(out.includes(`  ${name} `), name);
    });
  }

  for (const { name, options } of COMMANDS) {
    test(`${name} --help names its options and opens nothing`, async () => {
      for (const line of [`${name} --help`, `help ${name}`, `${name} -h`]) {
        const { code, out } = await cli(line);
        assert.equal(code, 0);
        for (const option of Object.keys(options)) assert.ok(out.includes(`--${option}`));
        assert.match(out, /Exit codes/);
      }
    });
  }

  test('a family has help', async () => assert.match((await cli('keys --help')).out, /keys suspend/));

  test('--version prints the version of the package', async () => {
    assert.match((await cli('--version')).out, /^\d+\.\d+\.\d+/);
  });
});

describe('called wrongly: exit 2, nothing done', () => {
  const pool = `--pool ${POOL}`;
  const WRONG: Record<string, RegExp> = {
    strat: /no command strat\. Did you mean start\?/,
    'help nonsense': /no command nonsense/,
    'nonsense --help': /no command nonsense/,
    '--prot': /no command --prot/,
    keys: /keys needs one of/,
    'keys creat': /keys needs one of/,
    'start --prot 1': /no option --prot/,
    'start --confg x': /no option --confg\. Did you mean --config\?/,
    'start --config': /--config/,
    'start now': /takes no arguments/,
    'keys revoke': /needs <key id>/,
    'keys revoke a b': /takes <key id>/,
    'keys revoke vk_live_s3cret': /must be a UUID/,
    'config check --mode loud': /--mode/,
    'keys create --grant all': /needs --pool/,
    'keys create --pool x --grant all': /--pool must be/,
    [`keys create --pool ${toPlaced(POOL, 'identity', 3)} --grant all`]:
      /--pool is an id of type identity, not pool/,
    [`keys create ${pool} --publishable --grant all`]: /sessions:create and no other/,
    [`keys create ${pool} --publishable --grant sessions:create --grant review`]:
      /sessions:create and no other/,
    [`keys create ${pool} --api-version 2026-02-30`]: /--api-version/,
    [`keys create ${pool} --api-version 2026-1-1`]: /--api-version/,
    [`keys create ${pool} --inflection SNAKE`]: /--inflection/,
    [`keys create ${pool} --note ${'x'.repeat(501)}`]: /--note/,
    [`keys create ${pool} --label ${'x'.repeat(201)}`]: /--label/,
    [`keys create ${pool} --grant everything`]: /does not know everything/,
    [`keys create ${pool} --identity s3cret`]: /--identity must be a UUID/,
    [`keys create ${pool} --identity ${toPlaced(POOL, 'pool', 5)}`]: /--identity must be a UUID/,
    [`keys create ${pool} --identity ${POOL} --publishable`]: /goes without --publishable/,
    [`keys create --identity ${POOL}`]: /needs --pool/,
    [`keys create ${pool} --grant all --rate-limit 0`]: /--rate-limit/,
    [`keys create ${pool} --grant all --rate-limit 1e3`]: /--rate-limit/,
    [`keys create ${pool} --grant all --allow 10.0.0.0/40`]: /--allow/,
    [`keys create ${pool} --grant all --expires tomorrow`]: /--expires/,
    [`keys create ${pool} --grant all --expires 2030-02-31`]: /--expires/,
    [`keys create ${pool} --grant all --expires 2029-12-31`]: /future/,
  };
  for (const [line, expected] of Object.entries(WRONG)) {
    test(line, async () => {
      const { code, out, err } = await cli(line);
      assert.equal(code, 2, err);
      assert.match(err, expected);
      assert.equal(out, '');
      assert.doesNotMatch(err, /s3cret/);
    });
  }
});

describe('settings', () => {
  test('config check prints every fault and opens nothing', async () => {
    const { code, err } = await cli('config check', {
      environment: { SELFSAME_PORT: 'x', SELFSAME_NONSENSE: '1' },
    });
    assert.equal(code, 1);
    for (const key of ['server.port', 'SELFSAME_NONSENSE', 'server.host', 'database.url', 'rootKey']) {
      assert.ok(err.includes(key), key);
    }
  });

  test('config check says ok', async () => assert.equal((await cli('config check --mode start')).out, 'ok'));

  test('--config names the file', async () => {
    const file = join(dataDir, 'settings.json');
    writeFileSync(file, '{"server":{"prot":1}}');
    const { code, err } = await cli(`config check --mode start --config ${file}`);
    assert.equal(code, 1);
    assert.match(err, /server\.prot/);
  });

  for (const line of ['start', 'serve', 'migrate', 'doctor', 'keys list']) {
    test(`${line} stops at faulty settings before anything is opened`, async () => {
      const { code, err } = await cli(line, { environment: { SELFSAME_PORT: 'x' } });
      assert.equal(code, 1);
      assert.match(err, /server\.port \(SELFSAME_PORT\)/);
      assert.doesNotMatch(err, /nothing may be opened/);
    });
  }
});

describe('commands on an installation', () => {
  test('keys create hands over what was asked, in any spelling, and prints the secret alone', async () => {
    for (const spelling of [POOL, POOL.toUpperCase(), toPlaced(POOL, 'pool', 5)]) {
      const asked: unknown[] = [];
      const line = `keys create --pool ${spelling} --grant all --label a --allow 10.1.1.1/8 --expires 90d --rate-limit 7`;
      const { code, out } = await cli(line, { wiring: installation(asked) });
      assert.equal(code, 0);
      assert.equal(out, 'vk_live_x');
      const expiresAt = new Date('2030-04-01T00:00:00Z');
      const input = { poolId: POOL, label: 'a', grants: GRANTS, requestsPerMinute: 7, expiresAt };
      const kind = { kind: 'secret', isSingleIdentity: false };
      const rest = { ...kind, apiVersion: null, keyInflection: 'snake', note: null };
      assert.deepEqual(asked, [{ ...input, ...rest, allowedAddresses: ['10.0.0.0/8'] }, 'closed']);
    }
  });

  test('keys create --identity takes an id in any spelling, and prints the key’s id in the place of a secret', async () => {
    const identity = ids.next();
    for (const spelling of [identity, toPlaced(identity, 'identity', 5), toTagged(identity, 'idn')]) {
      const asked: unknown[] = [];
      const line = `keys create --pool ${POOL} --identity ${spelling} --grant identities:read`;
      const { code, out, err } = await cli(line, { wiring: installation(asked) });
      assert.equal(code, 0);
      assert.equal(out, POOL);
      assert.match(err, /without a secret/);
      const { identityId, grants, poolId } = asked[0] as NewKey & { identityId: string };
      assert.deepEqual([identityId, grants, poolId], [identity, ['identities:read'], POOL]);
      const { out: json } = await cli(`${line} --json`, { wiring: installation([]) });
      assert.deepEqual(JSON.parse(json), { id: POOL, environment: 'live', identityId: identity });
    }
  });

  test('keys create without --grant gives the default ones, which change no identity', async () => {
    const asked: unknown[] = [];
    await cli(`keys create --pool ${POOL}`, { wiring: installation(asked) });
    assert.deepEqual((asked[0] as NewKey).grants, [
      ...['sessions:read', 'sessions:create', 'sessions:write', 'verifications:read', 'identities:read'],
    ]);
    assert.match((await cli('keys create --help')).out, new RegExp(DEFAULT_GRANTS.join(', ')));
  });

  test('keys create hands over kind, version, spelling and note', async () => {
    for (const grant of ['', ' --grant sessions:create']) {
      const asked: unknown[] = [];
      const line = `keys create --pool ${POOL} --publishable${grant} --api-version 2026-02-28 --inflection kebab --note b`;
      assert.equal((await cli(line, { wiring: installation(asked) })).code, 0);
      const { kind, grants, apiVersion, keyInflection, note } = asked[0] as NewKey;
      assert.deepEqual({ kind, grants }, { kind: 'publishable', grants: ['sessions:create'] });
      assert.deepEqual([apiVersion, keyInflection, note], ['2026-02-28', 'kebab', 'b']);
    }
  });

  test('keys list shows the kind, and in JSON the rest', async () => {
    const key = {
      ...{ id: POOL, poolId: POOL, accountId: POOL, partition: 1, environment: 'live' as const, label: 'a' },
      ...{ kind: 'publishable' as const, grants: ['sessions:create' as const], requestsPerMinute: 10 },
      ...{ apiVersion: '2026-01-01', keyInflection: 'camel' as const, note: 'b', allowedAddresses: null },
      ...{ createdAt: NOW, expiresAt: null, suspendedAt: null, revokedAt: null, lastUsedAt: null },
      secretHash: 'never shown',
    };
    const keys = { list: async () => [key] };
    const wiring = {
      openInstallation: async () => ({ keys, close: async () => {} }) as unknown as Installation,
    };
    const [head = '', row = ''] = (await cli('keys list', { wiring })).out.split('\n');
    assert.match(head, /ENV +KIND +STATE/);
    assert.match(row, /live +publishable +active/);
    const [listed] = JSON.parse((await cli('keys list --json', { wiring })).out);
    const { kind, apiVersion, keyInflection, note } = listed;
    assert.deepEqual([kind, apiVersion, keyInflection, note], ['publishable', '2026-01-01', 'camel', 'b']);
    assert.ok(!('secretHash' in listed));
  });

  test('keys revoke, suspend and resume tell whether there is such a key', async () => {
    for (const action of ['revoke', 'suspend', 'resume']) {
      const asked: unknown[] = [];
      assert.equal((await cli(`keys ${action} ${POOL}`, { wiring: installation(asked) })).code, 0);
      assert.equal((await cli(`keys ${action} ${ids.next()}`, { wiring: installation(asked) })).code, 1);
      assert.deepEqual(asked[0], [action, POOL]);
    }
  });

  test('doctor opens nothing where there is nothing', async () => {
    const empty = { SELFSAME_DATA_DIR: join(dataDir, 'none') };
    const { code, out } = await cli('doctor', { environment: empty, wiring: installation([]) });
    assert.equal(code, 1);
    assert.match(out, /FAIL {2}installation {4}there is none in .*none yet/);
  });

  test('doctor fails when one finding does, and goes on when nothing opens', async () => {
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    const { code, out } = await cli('doctor', { wiring: installation([]) });
    assert.equal(code, 1);
    assert.match(out, /^ok {4}runtime/);
    assert.match(out, /FAIL {2}database {8}too old/);
    assert.match((await cli('doctor --json')).out, /nothing may be opened/);
  });

  test('start prints its lines, and drains when told to stop', async () => {
    let closed = false;
    const quickstart = {
      url: 'u',
      quickstartFile: 'f',
      lines: ['one', 'two'],
      close: async () => {
        closed = true;
      },
    };
    const { code, out } = await cli('start', { wiring: { startQuickstart: async () => quickstart } });
    assert.deepEqual([code, out, closed], [0, 'one\ntwo', true]);
  });

  test('a failure is told by its message, exit 1', async () => {
    const { code, err } = await cli('migrate');
    assert.deepEqual([code, err], [1, 'nothing may be opened here']);
  });
});
