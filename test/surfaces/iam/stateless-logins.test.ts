import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthenticator } from '../../harness/authenticator.ts';
import {
  codeSentTo,
  groupOf,
  inputValue,
  messagesOf,
  type NativeClient,
  nativeClient,
} from '../../harness/flows.ts';
import { assertError, type IamApi, iamOf, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { startServer } from '../../harness/server.ts';

// docs/decisions/0025-native-sign-ins-are-stored-late.md
let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';

const read = (id: string, from = api) => from.get(`/self-service/login/flows?id=${id}`, { key: null });
const rowsOf = (id: string) =>
  api.server.sql<{ revision: number; finished_at: Date | null }>(
    'select revision, finished_at from flows where id = $1::uuid',
    [id],
  );
const keysOf = async (id: string) =>
  (await api.server.sql('select 1 from flow_keys where flow_id = $1::uuid', [id])).length;

async function somebody(): Promise<{ id: string; body: Record<string, string> }> {
  const email = newEmail();
  const credentials = { password: { config: { password: PASSWORD } } };
  const { id } = await api.create({ traits: { email }, credentials });
  return { id, body: { method: 'password', identifier: email, password: PASSWORD } };
}

test('nothing is stored of a flow that was only begun, and it reads as it began', async () => {
  const { body: flow } = await client.begin('login');
  assert.deepEqual((await read(flow.id)).body, flow);
  api.clock.advance(60);
  assert.deepEqual((await read(flow.id)).body, flow);
  assert.deepEqual(await rowsOf(flow.id), []);
});

test('a login stores that its flow was used up, the first one of somebody and any other', async () => {
  const { body } = await somebody();
  for (const _ of ['by a transaction', 'by one statement']) {
    const { id } = (await client.begin('login')).body;
    assert.equal((await client.submit('login', id, body)).status, 200);
    const [row] = await rowsOf(id);
    assert.notEqual(row?.finished_at ?? null, null);
    assert.equal(await keysOf(id), 1);
    assert.equal((await read(id)).body.state, 'passed_challenge');
    const again = await client.submit('login', id, body);
    assertError(again, 410);
    assert.deepEqual(messagesOf((await read(again.body.use_flow_id)).body), [4010007]);
  }
});

test('what is wrong is kept, the latest of it, and the flow goes on', async () => {
  const { body } = await somebody();
  const { id } = (await client.begin('login')).body;
  for (const [turn, identifier] of ['nobody@example.org', 'noone@example.org'].entries()) {
    const refused = await client.submit('login', id, { ...body, identifier });
    assert.equal(refused.status, 400, refused.text);
    assert.deepEqual(messagesOf(refused.body), [4000006]);
    const kept = (await read(id)).body;
    assert.deepEqual(messagesOf(kept), [4000006]);
    assert.equal(inputValue(kept, 'identifier'), identifier);
    assert.equal((await rowsOf(id))[0]?.revision, turn + 1);
  }
  assert.equal((await client.submit('login', id, body)).status, 200);
  assertError(await client.submit('login', id, body), 410);
  assertError(await client.submit('login', id, { ...body, password: 'wrong' }), 410);
});

test('fifty submits at once of a new flow, right and wrong ones: one signs in', async () => {
  const { id: person, body } = await somebody();
  const { id } = (await client.begin('login')).body;
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      client.submit('login', id, index % 10 === 9 ? { ...body, identifier: newEmail() } : body),
    ),
  );
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  for (const { status } of replies) assert.ok([200, 400, 410].includes(status));
  const sessions = await api.server.sql('select 1 from sessions where identity_id = $1::uuid', [person]);
  assert.equal(sessions.length, 1);
});

test('other methods go on with it: a code, a passkey, nothing that there is', async () => {
  const email = newEmail();
  await api.create({ traits: { email } });
  const { id } = (await client.begin('login')).body;
  const sent = await client.submit('login', id, { method: 'code', identifier: email });
  assert.equal(sent.body.state, 'sent_email', sent.text);
  const code = await codeSentTo(api, email);
  assert.equal((await client.submit('login', id, { method: 'code', identifier: email, code })).status, 200);

  const other = (await client.begin('login')).body;
  const refused = await client.submit('login', other.id, { method: 'carrier_pigeon' });
  assert.equal(refused.status, 400, refused.text);
  assert.deepEqual(messagesOf((await read(other.id)).body), messagesOf(refused.body));
});

test('a passkey signs the challenge of its flow, and of no other', async () => {
  const authenticator = createAuthenticator({ origin: api.server.url });
  const traits = { email: newEmail() };
  const step = await client.run('registration', { method: 'profile', traits });
  const { credentialOptions } = JSON.parse(inputValue(step.body, 'passkey_create_data'));
  const passkey_register = authenticator.create(credentialOptions);
  const made = await client.submit('registration', step.body.id, {
    ...{ method: 'passkey', traits, passkey_register },
  });
  assert.equal(made.status, 200, made.text);
  const [one, two] = [(await client.begin('login')).body, (await client.begin('login')).body];
  const challengeOf = (flow: Shown) => JSON.parse(inputValue(flow, 'passkey_challenge'));
  assert.notEqual(challengeOf(one).publicKey.challenge, challengeOf(two).publicKey.challenge);
  const passkey_login = authenticator.get(challengeOf(one));
  const submit = (id: string) => client.submit('login', id, { method: 'passkey', passkey_login });
  assert.deepEqual(messagesOf((await submit(two.id)).body), [4000043]);
  assert.equal((await submit(one.id)).status, 200);
  assertError(await submit(one.id), 410);
});

test('an id that was not given out is nobody’s: another pool’s, another kind’s, one that was changed', async () => {
  const { body } = await somebody();
  const { id } = (await client.begin('login')).body;
  const digits = [...id].map((digit, at) => ({ digit, at })).filter(({ digit }) => digit !== '-');
  const changed = digits
    // Of the version and the variant of the id only some digits are one's at all.
    .filter(({ at }) => at !== 14 && at !== 19)
    .map(({ digit, at }) => `${id.slice(0, at)}${digit === '0' ? '1' : '0'}${id.slice(at + 1)}`);
  assert.ok(changed.length > 25);
  for (const other of changed) assertError(await read(other), 404);
  for (const other of changed.slice(-3)) assertError(await client.submit('login', other, body), 404);
  const { sandbox } = api.server.quickstart;
  const elsewhere = `/p/${sandbox.app_id}/self-service/login`;
  assertError(await api.get(`${elsewhere}/flows?id=${id}`, { key: null }), 404);
  assertError(await api.post(`${elsewhere}?flow=${id}`, body, { key: null }), 404);
  for (const kind of ['registration', 'recovery'] as const)
    assertError(await client.submit(kind, id, body), 404);
  assert.deepEqual(await rowsOf(id), []);
});

test('browsers, visitors and pages of other sites are kept out of it as of any other', async () => {
  const { body } = await somebody();
  const { id } = (await client.begin('login')).body;
  for (const headers of [{ origin: 'https://evil.example' }, { cookie: 'a=b' }])
    assertError(await client.submit('login', id, body, { headers }), 400);
  const { token } = await client.login(body.identifier ?? '', PASSWORD);
  assertError(await client.submit('login', id, body, { token }), 400);
  assert.equal((await client.submit('login', id, body)).status, 200);
});

test('it is known as expired for an hour after its end, and then not at all', async () => {
  const { body } = await somebody();
  const { id } = (await client.begin('login')).body;
  api.clock.advance(3601);
  assertError(await read(id), 410);
  const [first, second] = [await client.submit('login', id, body), await client.submit('login', id, body)];
  assertError(first, 410);
  assert.equal(first.body.error.id, 'self_service_flow_expired');
  assert.equal(first.body.use_flow_id, second.body.use_flow_id);
  const { id: other } = (await client.begin('login')).body;
  api.clock.advance(3598);
  assertError(await read(id), 410);
  api.clock.advance(1);
  await api.server.runJob('housekeeping');
  assertError(await read(id), 404);
  assertError(await client.submit('login', id, body), 404);
  assert.equal((await read(other)).status, 200);
});

test('a start with a wish is stored from its beginning', async () => {
  for (const query of ['?refresh=true', '?aal=aal1', '?return_session_token_exchange_code=true']) {
    const { body: flow } = await client.begin('login', query);
    assert.equal((await rowsOf(flow.id)).length, 1, query);
    assert.ok(flow.request_url.endsWith(query));
  }
});

test('through two processes: begun at one, submitted at the other, by the settings of then', async () => {
  const server = await startServer({ database: api.server.database, clock: api.clock });
  try {
    const other = await iamOf(server);
    const elsewhere = nativeClient(other);
    const { body } = await somebody();
    // Both have the pool's settings in memory.
    for (const one of [client, elsewhere]) await one.begin('login');
    const { body: flow } = await client.begin('login');
    const moved = JSON.stringify({ ...flow, request_url: '', ui: { ...flow.ui, action: '' } });
    const { body: there } = await read(flow.id, other);
    const ui = { ...there.ui, action: '' };
    assert.equal(
      JSON.stringify({ ...there, request_url: '', ui }).replaceAll(server.url, api.server.url),
      moved,
    );
    await api.server.configureSelfService({ methods: { password: { enabled: false } } });
    const refused = await elsewhere.submit('login', flow.id, body);
    assert.equal(refused.status, 400, refused.text);
    assert.deepEqual(messagesOf(refused.body), [4010002]);
    const late = (await elsewhere.begin('login')).body;
    assert.deepEqual(groupOf(late, 'password'), []);
    // What is in memory there is of before, each time.
    await api.server.configureSelfService({});
    const { body: fresh } = await elsewhere.begin('login');
    assert.notDeepEqual(groupOf(fresh, 'password'), []);
    await api.server.configureSelfService({ methods: { password: { enabled: false } } });
    assert.deepEqual(groupOf((await read(fresh.id, other)).body, 'password'), []);
    await api.server.configureSelfService({});
    assert.equal((await elsewhere.submit('login', late.id, body)).status, 200);
    assert.equal((await client.submit('login', flow.id, body)).status, 200);
    assertError(await elsewhere.submit('login', flow.id, body), 410);
  } finally {
    await api.server.configureSelfService({});
    await server.close();
  }
});
