import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { ConfigError } from './error.ts';
import type { Mode } from './field.ts';
import { type Config, type Environment, loadConfig } from './load.ts';
import { SETTINGS } from './names.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const PRODUCTION = {
  SELFSAME_HOST: '0.0.0.0',
  DATABASE_URL: 'postgres://server:s3cret@db.internal/selfsame',
  SELFSAME_ROOT_KEY: KEY,
};

function load(mode: Mode, environment: Environment = {}, file?: string): Config {
  return loadConfig({ mode, environment, ...(file === undefined ? {} : { file }) }).config;
}

function faultsOf(mode: Mode, environment: Environment = {}, file?: string): string[] {
  try {
    load(mode, environment, file);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split('\n').slice(1);
  }
  return [];
}

function settingsFile(content: unknown): string {
  const path = join(mkdtempSync(join(tmpdir(), 'selfsame-config-')), 'selfsame.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('what holds when nothing is chosen', () => {
  test('start listens on loopback, embeds a database and makes its own key', () => {
    const config = load('start');
    assert.equal(config.server.host, '127.0.0.1');
    assert.equal(config.server.port, 4400);
    assert.equal(config.server.headerBytesMax, 65_536);
    assert.equal(config.data.dir, join(process.cwd(), 'data'));
    assert.equal(config.database.embedded, true);
    assert.equal(config.rootKey.file, join(process.cwd(), 'data/root.key'));
    assert.equal(config.rootKey.createIfMissing, true);
    assert.deepEqual(config.outgoing.allowPrivate, ['127.0.0.0/8', '::1/128']);
    assert.equal(config.pools.titleSortMax, 10_000);
  });

  test('serve names everything that must be chosen', () => {
    const faults = faultsOf('serve').join('\n');
    for (const key of ['server.host (SELFSAME_HOST)', 'database.url (DATABASE_URL)', 'rootKey:']) {
      assert.ok(faults.includes(key), `${key} in:\n${faults}`);
    }
  });

  test('serve calls no private address unless told to, and makes no key', () => {
    const config = load('serve', PRODUCTION);
    assert.deepEqual(config.outgoing.allowPrivate, []);
    assert.equal(config.rootKey.createIfMissing, false);
    assert.equal(config.database.embedded, false);
  });

  test('a command on an installation makes no key', () => {
    assert.equal(load('manage').rootKey.createIfMissing, false);
  });
});

describe('order of sources', () => {
  test('the environment wins over the file, the file over the default', () => {
    const file = settingsFile({
      server: { port: 5000, drainSeconds: 3 },
      rootKey: { transit: { mount: 'kv/x' } },
    });
    const config = load('start', { SELFSAME_PORT: '0', SELFSAME_CONFIG: file });
    assert.equal(config.server.port, 0);
    assert.equal(config.server.drainSeconds, 3);
    assert.equal(config.rootKey.transit, null);
  });

  test('relative paths in the file count from the file', () => {
    const file = settingsFile({ data: { dir: 'here' } });
    assert.equal(load('start', {}, file).data.dir, join(file, '../here'));
  });

  test('an empty variable counts as not set', () => {
    assert.equal(load('start', { SELFSAME_PORT: '', SELFSAME_CONFIG: '' }).server.port, 4400);
  });

  test('ranges are normalised', () => {
    const config = load('start', {
      SELFSAME_SERVER_TRUSTED_PROXIES: '10.1.2.3/8, 192.0.2.1, 2001:DB8::1/32',
    });
    assert.deepEqual(config.server.trustedProxies, ['10.0.0.0/8', '192.0.2.1/32', '2001:db8::/32']);
  });
});

describe('faults', () => {
  test('all are reported at once, each with its key', () => {
    const file = settingsFile({ log: { level: 'loud' }, pools: { titelSortMax: 1 }, nonsense: {}, geo: 3 });
    const faults = faultsOf(
      'start',
      {
        SELFSAME_HOST: '0.0.0.0',
        SELFSAME_PORT: '70000',
        SELFSAME_PROT: '1',
        SELFSAME_SERVER_TRUSTED_PROXIES: '10.0.0.0/33,::/0x',
        SELFSAME_DATABASE_PREPARE: 'yes',
        SELFSAME_ROOT_KEY: 'c2hvcnQ=',
        DATABASE_URL: 'mysql://x',
      },
      file,
    ).join('\n');
    const expected = [
      'log.level (SELFSAME_LOG_LEVEL): must be one of',
      'pools.titelSortMax: there is no such setting; did you mean titleSortMax?',
      'nonsense: there is no such setting',
      'geo: must be an object',
      'server.port (SELFSAME_PORT): must be an integer from 0 to 65535, not "70000"',
      'SELFSAME_PROT: there is no such variable; did you mean SELFSAME_PORT?',
      'server.trustedProxies (SELFSAME_SERVER_TRUSTED_PROXIES): must hold CIDR ranges only',
      'database.prepare (SELFSAME_DATABASE_PREPARE): must be true or false',
      'rootKey.value (SELFSAME_ROOT_KEY): must be 32 bytes in base64',
      'database.url (DATABASE_URL): must be a URL that starts with postgres://',
    ];
    for (const line of expected) assert.ok(faults.includes(line), `${line} in:\n${faults}`);
  });

  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.example.org']) {
    test(`start refuses to listen on ${host}`, () => {
      assert.match(faultsOf('start', { SELFSAME_HOST: host }).join(), /loopback only/);
    });
  }

  for (const host of ['127.0.0.1', '127.8.0.1', '::1', 'localhost', '::ffff:127.0.0.1']) {
    test(`start may listen on ${host}`, () =>
      assert.deepEqual(faultsOf('start', { SELFSAME_HOST: host }), []));
  }

  test('serve refuses the key that lies in the data directory', () => {
    const { SELFSAME_ROOT_KEY: _, ...others } = PRODUCTION;
    const environment = {
      ...others,
      SELFSAME_DATA_DIR: '/srv/x',
      SELFSAME_ROOT_KEY_FILE: '/srv/x/y/../root.key',
    };
    assert.match(faultsOf('serve', environment).join(), /rootKey.file .*quickstart's key/);
  });

  test('two sources of one thing are refused', () => {
    assert.match(faultsOf('serve', { ...PRODUCTION, SELFSAME_ROOT_KEY_FILE: '/k' }).join(), /one source/);
    assert.match(
      faultsOf('serve', { ...PRODUCTION, SELFSAME_DATABASE_EMBEDDED: 'true' }).join(),
      /choose one/,
    );
  });

  test('an incomplete transit key is refused', () => {
    const { SELFSAME_ROOT_KEY: _, ...others } = PRODUCTION;
    const faults = faultsOf('serve', { ...others, SELFSAME_ROOT_KEY_TRANSIT_ADDRESS: 'https://vault:8200' });
    assert.equal(faults.length, 2);
  });

  test('a range of every address is refused', () => {
    assert.match(faultsOf('start', { SELFSAME_SERVER_TRUSTED_PROXIES: '0.0.0.0/0' }).join(), /every address/);
  });

  for (const content of ['{', '[]', 'null', '{"__proto__":{"x":1}}', '{"server":{"constructor":1}}']) {
    test(`the file ${content} is refused`, () =>
      assert.equal(faultsOf('start', {}, settingsFile(content)).length, 1));
  }

  test('a missing file is a fault, and so are the others', () => {
    assert.equal(faultsOf('start', { SELFSAME_CONFIG: '/nowhere.json', SELFSAME_PORT: 'x' }).length, 2);
  });
});

describe('safety', () => {
  test('the settings are frozen all the way down', () => {
    const config = load('serve', PRODUCTION);
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      assert.ok(Object.isFrozen(value));
      Object.values(value).forEach(walk);
    };
    walk(config);
    assert.throws(() => Object.assign(config.server, { port: 1 }), TypeError);
  });

  test('secrets are never printed, neither from settings nor from faults', () => {
    const config = load('serve', { ...PRODUCTION, SELFSAME_SERVER_METRICS_TOKEN: 'tokentokentoken-s3cret' });
    const printed = inspect(config, { depth: 9, showHidden: true }) + JSON.stringify(config);
    assert.ok(!printed.includes('s3cret') && !printed.includes(KEY));
    assert.equal(config.database.url?.reveal(), PRODUCTION.DATABASE_URL);
    assert.equal(config.rootKey.value?.reveal(), KEY);
    const file = settingsFile('{"database":{"url": s3cret}}');
    const bad = {
      DATABASE_URL: 'mysql://s3cret',
      SELFSAME_ROOT_KEY: 's3cret',
      SELFSAME_SERVER_METRICS_TOKEN: 's3cret',
    };
    const faults = faultsOf('serve', bad, file).join();
    assert.doesNotMatch(faults, /s3cret/);
  });

  test('every variable belongs to one setting', () => {
    assert.equal(new Set(SETTINGS.map(({ env }) => env)).size, SETTINGS.length);
  });
});
