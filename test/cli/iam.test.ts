import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type IamApi, newEmail, startIam } from '../harness/iam.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

let api: IamApi;
let settings: Environment;
let pool: string;
before(async () => {
  api = await startIam();
  settings = { DATABASE_URL: api.server.database.url, SELFSAME_DATA_DIR: api.server.dataDir };
  pool = api.server.quickstart.live.pool_id;
});
after(() => api[Symbol.asyncDispose]());

async function json(command: 'show' | 'configure', ...args: readonly string[]): Promise<unknown> {
  const { code, out, err } = await selfsame(settings, 'iam', command, ...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const configure = (...args: readonly string[]) => json('configure', '--pool', pool, ...args);
const ARGON2ID = { kind: 'argon2id', memoryKib: 19_456, passes: 2, lanes: 1 };

async function hashOfNew(): Promise<string> {
  const credentials = { password: { config: { password: 'correct horse battery' } } };
  const { id } = await api.create({ traits: { email: newEmail() }, credentials });
  return (await api.identity(id, 'password')).credentials.password.config.hashed_password;
}

test('how passwords are hashed is set while a server runs, which goes by it at once', async () => {
  assert.deepEqual(await json('show', '--pool', pool), {
    ...{ passwordAlgorithm: ARGON2ID, passwordlessCode: true, tokenTemplates: [] },
  });
  assert.match(await hashOfNew(), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const bcrypt = { kind: 'bcrypt', cost: 10 };
  const set = await configure('--password-algorithm', 'bcrypt', '--bcrypt-cost', '10');
  assert.deepEqual(set, { passwordAlgorithm: bcrypt, passwordlessCode: true, tokenTemplates: [] });
  assert.match(await hashOfNew(), /^\$2[aby]\$10\$/);
  assert.deepEqual(await configure('--passwordless-code', 'off'), {
    ...{ passwordAlgorithm: bcrypt, passwordlessCode: false, tokenTemplates: [] },
  });
  const more = ['--password-algorithm', 'argon2id', '--argon2-memory', '47104', '--argon2-passes', '1'];
  await configure(...more, '--passwordless-code', 'on');
  assert.match(await hashOfNew(), /^\$argon2id\$v=19\$m=47104,t=1,p=1\$/);

  // The other pool stays as it was.
  const { sandbox } = api.server.quickstart;
  assert.deepEqual(await json('show', '--pool', sandbox.pool_id), {
    ...{ passwordAlgorithm: ARGON2ID, passwordlessCode: true, tokenTemplates: [] },
  });
});

test('a code that does not log in by itself is no first factor', async () => {
  const credentials = { password: { config: { password: 'correct horse battery' } } };
  const made = async () => (await api.create({ traits: { email: newEmail() }, credentials })).id;
  const [one, other] = [await made(), await made()];
  await api.server.configureIam({ passwordlessCode: false });
  assert.equal((await api.delete(`/admin/identities/${one}/credentials/password`)).status, 400);
  await api.server.configureIam({ passwordlessCode: true });
  assert.equal((await api.delete(`/admin/identities/${other}/credentials/password`)).status, 204);
});

test('setting what is set already is nothing, and a change says what, not to what', async () => {
  const entries = async () => {
    const text = `select id, fields from audit_entries where action = 'pool.configured'`;
    return new Map(
      (await api.server.sql<{ id: string; fields: string[] }>(text)).map((row) => [row.id, row.fields]),
    );
  };
  const before = await entries();
  await api.server.configureIam({ passwordAlgorithm: { kind: 'bcrypt', cost: 11 } });
  const changed = await entries();
  const added = [...changed].filter(([id]) => !before.has(id)).map(([, fields]) => fields);
  assert.deepEqual(added, [['password_algorithm']]);
  await api.server.configureIam({ passwordAlgorithm: { cost: 11, kind: 'bcrypt' }, passwordlessCode: true });
  assert.deepEqual(await entries(), changed);
});

const WRONG: readonly (readonly string[])[] = [
  [],
  ['--password-algorithm', 'md5'],
  ['--password-algorithm', 'bcrypt'],
  ['--bcrypt-cost', '12'],
  ['--argon2-memory', '19456'],
  ['--password-algorithm', 'bcrypt', '--bcrypt-cost', '12', '--argon2-lanes', '1'],
  ['--password-algorithm', 'argon2id', '--argon2-passes', 'two'],
  ['--passwordless-code', 'yes'],
];
const OUT_OF_BOUNDS: readonly (readonly string[])[] = [
  ['--password-algorithm', 'bcrypt', '--bcrypt-cost', '9'],
  ['--password-algorithm', 'bcrypt', '--bcrypt-cost', '16'],
  ['--password-algorithm', 'argon2id', '--argon2-memory', '1024', '--argon2-passes', '11'],
  ['--password-algorithm', 'argon2id', '--argon2-memory', '7168', '--argon2-passes', '4'],
];

test('what is weaker or dearer than is safe is refused, every problem at once', async () => {
  const before = await json('show', '--pool', pool);
  for (const args of WRONG) {
    const { code } = await selfsame(settings, 'iam', 'configure', '--pool', pool, ...args);
    assert.equal(code, 2, args.join(' '));
  }
  for (const args of OUT_OF_BOUNDS) {
    const { code, err } = await selfsame(settings, 'iam', 'configure', '--pool', pool, ...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, /^password_algorithm/);
    if (args.includes('1024')) assert.match(err, /memoryKib must be .*\n.*passes must be /);
  }
  assert.deepEqual(await json('show', '--pool', pool), before);
});
