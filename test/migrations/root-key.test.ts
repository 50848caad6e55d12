import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { poolTables } from '../../src/store/migration-files.ts';
import type { Database } from '../../src/store/postgres.ts';
import type { QuickstartFile } from '../../src/wiring/quickstart.ts';
import { email } from '../harness/matrix.ts';
import { freshDatabase, type TestDatabase, testConnection } from '../harness/postgres.ts';
import { createInstallation } from '../harness/process.ts';
import { startServer } from '../harness/server.ts';

// Data is sealed under one root key. With any other, or none, nothing starts, and nothing is changed by trying.

const installation = createInstallation({ after: (work) => after(work) });
const { dataDir } = installation;
let database: TestDatabase;
let db: Database;
let quickstart: QuickstartFile;
let keyFile: string;
let keyText: string;
let keyId: string;
before(async () => {
  database = await freshDatabase();
  db = testConnection(database.url, { onStatement: () => {} });
  const server = await installation.start({ DATABASE_URL: database.url });
  quickstart = server.quickstart;
  const factors = [{ name: 'email', type: 'email', value: email() }];
  const made = await fetch(`${quickstart.url}/api/v1/identity`, {
    method: 'POST',
    headers: { authorization: `Bearer ${quickstart.live.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ pool_id: quickstart.live.pool_id, factors }),
  });
  assert.equal(made.status, 200);
  // Nobody else writes from here on.
  assert.equal(await server.stop(), 0);
  keyFile = join(dataDir, 'root.key');
  keyText = readFileSync(keyFile, 'utf8');
  keyId = JSON.parse(keyText).keys[0].id;
});
after(async () => {
  await db.close();
  await database.drop();
});

/** Everything that a start might have changed: every row, the key file, and which files there are. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const tables = [...poolTables(), 'installation', 'accounts', 'domains', 'rulesets', 'pools', 'api_keys'];
  for (const table of [...tables, 'schema_migrations']) {
    const text = `select t::text as row from ${table} t order by 1`;
    const { rows } = await db.query<{ row: string }>({ text, parameters: [] });
    hash.update(`${table}\n${rows.map(({ row }) => row).join('\n')}\n`);
  }
  hash.update(readdirSync(dataDir).sort().join('\n'));
  if (existsSync(keyFile)) hash.update(readFileSync(keyFile)).update(`${statSync(keyFile).mode}`);
  return hash.digest('hex');
}

function otherKeyFile(): string {
  const key = randomBytes(32);
  // The id is a fingerprint of the key, so a file with the right id and another key is damaged, not other.
  const other = JSON.parse(keyText);
  other.keys = [{ id: keyId, key: key.toString('base64') }];
  return `${JSON.stringify(other)}\n`;
}

/** A root key file of another installation, as that one's start makes it. */
async function foreignKeyFile(): Promise<string> {
  await using stranger = await startServer();
  return readFileSync(join(stranger.dataDir, 'root.key'), 'utf8');
}

const CASES: Record<string, { prepare(): Promise<Record<string, string>>; says: () => RegExp }> = {
  'a lost root key file': {
    prepare: async () => {
      rmSync(keyFile);
      return {};
    },
    says: () => new RegExp(`needs the root key ${keyId}`),
  },
  'another root key file': {
    prepare: async () => {
      writeFileSync(keyFile, await foreignKeyFile(), { mode: 0o600 });
      return {};
    },
    says: () => new RegExp(`needs the root key ${keyId}, but the one at hand is file:`),
  },
  'a root key file with another key under its name': {
    prepare: async () => {
      writeFileSync(keyFile, otherKeyFile(), { mode: 0o600 });
      return {};
    },
    says: () => /root\.key is damaged/,
  },
  'another root key in the environment': {
    prepare: async () => ({ SELFSAME_ROOT_KEY: randomBytes(32).toString('base64') }),
    says: () => new RegExp(`needs the root key ${keyId}`),
  },
  'no key at all in the environment': {
    prepare: async () => ({ SELFSAME_ROOT_KEY: 'AAAA' }),
    says: () => /rootKey|SELFSAME_ROOT_KEY/,
  },
};

for (const [what, { prepare, says }] of Object.entries(CASES)) {
  test(`with ${what} nothing starts and nothing changes`, async (t) => {
    t.after(() => writeFileSync(keyFile, keyText, { mode: 0o600 }));
    const environment = await prepare();
    const before = await fingerprint();
    const settings = { DATABASE_URL: database.url, SELFSAME_DATA_DIR: dataDir };
    const command = installation.run(['start'], { ...settings, ...environment });
    assert.equal(await command.ended, 1, command.output());
    assert.match(command.output(), says());
    assert.doesNotMatch(command.output(), /\n\s+at /, 'an operator is not shown a stack');
    for (const secret of [JSON.parse(keyText).keys[0].key, environment.SELFSAME_ROOT_KEY]) {
      if (secret !== undefined && secret.length > 4)
        assert.ok(!command.output().includes(secret), 'key material');
    }
    assert.equal(await fingerprint(), before, 'a start that was refused changed something');
  });
}

test('with the right root key again everything is there', async () => {
  const server = await installation.start({ DATABASE_URL: database.url });
  const { live } = quickstart;
  const response = await fetch(`${server.quickstart.url}/api/v1/identity?pool_id=${live.pool_id}`, {
    headers: { authorization: `Bearer ${live.api_key}` },
  });
  const body = (await response.json()) as { summaries: { title: string }[] };
  assert.equal(response.status, 200);
  assert.match(body.summaries[0]?.title ?? '', /@example\.com$/);
  assert.equal(await server.stop(), 0);
});
