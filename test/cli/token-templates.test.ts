import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type IamApi, startIam } from '../harness/iam.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

let api: IamApi;
let settings: Environment;
let pool: string;
const directory = mkdtempSync(join(tmpdir(), 'selfsame-templates-'));
before(async () => {
  api = await startIam();
  settings = { DATABASE_URL: api.server.database.url, SELFSAME_DATA_DIR: api.server.dataDir };
  pool = api.server.quickstart.live.pool_id;
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

function configure(content: string) {
  const file = join(directory, 'templates.json');
  writeFileSync(file, content);
  return selfsame(settings, 'iam', 'configure', '--pool', pool, '--token-templates', file, '--json');
}

test('templates come from a file, while a server runs that goes by them at once', async () => {
  const templates = [{ name: 'edge', ttlSeconds: 300, claims: ['acr'], subject: 'id' }, { name: 'plain' }];
  const { code, out, err } = await configure(JSON.stringify(templates));
  assert.equal(code, 0, err);
  assert.deepEqual(JSON.parse(out).tokenTemplates, [
    templates[0],
    { name: 'plain', ttlSeconds: 60, claims: [], subject: 'id' },
  ]);
  const { id: identityId } = await api.create();
  const { token } = await api.server.logIn({ identityId });
  const headers = { 'x-session-token': token };
  const { body } = await api.get('/sessions/whoami?tokenize_as=edge', { key: null, headers });
  const claims = JSON.parse(Buffer.from(body.tokenized.split('.')[1], 'base64url').toString('utf8'));
  assert.deepEqual([claims.acr, claims.exp - claims.iat], ['aal1', 300]);
});

test('a file that holds something else is refused, and changes nothing', async () => {
  await configure('[{"name":"kept"}]');
  const wrong = ['{', '{}', 'null', '["a"]', '[{}]', '[{"name":1}]', '[{"name":"a","sub":"b"}]'];
  wrong.push(
    '[{"name":"a","claims":"acr"}]',
    '[{"name":"a","claims":[1]}]',
    '[{"name":"a","ttlSeconds":"1"}]',
  );
  for (const content of wrong) assert.equal((await configure(content)).code, 2, content);
  const { code, err } = await configure('[{"name":"a","ttlSeconds":0},{"name":"b","claims":["sub"]}]');
  assert.equal(code, 1);
  assert.match(err, /ttl.*\n.*claims/);
  const { out } = await selfsame(settings, 'iam', 'show', '--pool', pool);
  assert.match(out, /Token templates +kept/);
});
