import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  type Authenticator,
  createAuthenticator,
  newKeyPair,
  type Odds,
} from '../../harness/authenticator.ts';
import { inputValue, messagesOf, type NativeClient, nativeClient, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import type { Reply } from '../../harness/server.ts';

let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const WRONG = 4000043;
const challengeOf = (flow: Shown) => JSON.parse(inputValue(flow, 'passkey_challenge'));

interface Holder {
  readonly id: string;
  readonly email: string;
  readonly authenticator: Authenticator;
}

/** Somebody who has signed up by a passkey. */
async function holder(): Promise<Holder> {
  const authenticator = createAuthenticator({ origin: api.server.url });
  const traits = { email: newEmail() };
  const step = await client.run('registration', { method: 'profile', traits });
  const { credentialOptions } = JSON.parse(inputValue(step.body, 'passkey_create_data'));
  const passkey_register = authenticator.create(credentialOptions);
  const made = await client.submit('registration', step.body.id, {
    method: 'passkey',
    traits,
    passkey_register,
  });
  assert.equal(made.status, 200, made.text);
  return { id: made.body.identity.id, email: traits.email, authenticator };
}

async function beginLogin(): Promise<Shown> {
  return (await client.begin('login')).body;
}

function show(flow: Shown, passkey_login: string): Promise<Reply> {
  return client.submit('login', flow.id, { method: 'passkey', passkey_login });
}

async function signIn({ authenticator }: Holder, odds?: Odds): Promise<Reply> {
  const flow = await beginLogin();
  return show(flow, authenticator.get(challengeOf(flow), odds));
}

function assertWrong(reply: Reply, place = ''): void {
  assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [WRONG]], `${place} ${reply.text}`);
}

async function keyOf({ id }: Holder): Promise<Shown> {
  return (await api.identity(id, 'passkey')).credentials.passkey.config.credentials[0];
}

test('another page, party, challenge, kind of answer, an absent or unverified person, and a foreign signature all look the same', async () => {
  const someone = await holder();
  const odds: readonly Odds[] = [
    { origin: 'https://evil.example' },
    { origin: `${api.server.url}.evil.example` },
    { rpId: 'evil.example' },
    { challenge: randomBytes(32).toString('base64url') },
    { challenge: '' },
    { type: 'webauthn.create' },
    { isVerified: false },
    { isPresent: false },
    { key: newKeyPair('ES256').privateKey },
    { userHandle: randomBytes(64) },
    { userHandle: null },
  ];
  const texts = new Set<string>();
  for (const odd of odds) {
    const reply = await signIn(someone, odd);
    assertWrong(reply, JSON.stringify(odd));
    texts.add(JSON.stringify(reply.body.ui.messages));
  }
  assert.equal(texts.size, 1);
  assert.equal((await signIn(someone)).status, 200);
});

test('what is no answer of an authenticator is refused like a wrong one', async () => {
  const { authenticator } = await holder();
  const flow = await beginLogin();
  const { response, ...rest } = JSON.parse(authenticator.get(challengeOf(flow)));
  const texts = [
    ...['x', '{}', '[]', 'null', '"x"', '{"type":"public-key","id":"AAAA","rawId":"AAAA","response":{}}'],
    JSON.stringify({ ...rest, type: 'password', response }),
    JSON.stringify({ ...rest, response: { ...response, signature: '' } }),
    JSON.stringify({ ...rest, response: { ...response, signature: '%%%' } }),
    JSON.stringify({ ...rest, response: { ...response, authenticatorData: 'AAAA' } }),
    JSON.stringify({ ...rest, response: { ...response, clientDataJSON: 'e30' } }),
    JSON.stringify({ ...rest, response: { ...response, clientDataJSON: 'AAAA' } }),
    JSON.stringify({ ...rest, response: { ...response, userHandle: 7 } }),
    JSON.stringify({ ...rest, id: 'A'.repeat(5000), response }),
    JSON.stringify({ ...rest, response, more: 'x'.repeat(70_000) }),
  ];
  for (const text of texts) assertWrong(await show(flow, text), text.slice(0, 80));
  const nothing = await client.submit('login', flow.id, { method: 'passkey' });
  assert.deepEqual(messagesOf(nothing.body), [4000002]);
});

test('a key that is not, or no more, the person’s signs nobody in', async () => {
  const one = await holder();
  const other = await holder();
  const handleOf = ({ authenticator }: Holder) => authenticator.keys[0]?.userHandle ?? null;
  assertWrong(await signIn(one, { userHandle: handleOf(other) }));
  const { body } = await api.get(`/admin/identities/${one.id}`);
  assert.equal((await api.delete(`/admin/identities/${one.id}`)).status, 204);
  assertWrong(await signIn(one));
  assert.equal(body.id, one.id);
  assert.equal((await signIn(other)).status, 200);
});

test('an answer signs in once: fifty at once, and again later', async () => {
  const { authenticator, id } = await holder();
  const flow = await beginLogin();
  const answer = authenticator.get(challengeOf(flow));
  const replies = await Promise.all(Array.from({ length: 50 }, () => show(flow, answer)));
  const won = replies.filter(({ status }) => status === 200);
  assert.equal(won.length, 1, replies.map(({ status }) => status).join(' '));
  const sessions = await api.get(`/admin/identities/${id}/sessions`);
  assert.equal(sessions.body.length, 1);
  assertError(await show(flow, answer), 410);
  assertWrong(await show(await beginLogin(), answer));
});

test('an answer to one flow is none to another', async () => {
  const { authenticator } = await holder();
  const [mine, yours] = [await beginLogin(), await beginLogin()];
  assertWrong(await show(yours, authenticator.get(challengeOf(mine))));
});

test('a counter that stands still or goes back is a copy: refused, and noted on the key', async () => {
  const someone = await holder();
  assert.equal((await signIn(someone, { counter: 5 })).status, 200);
  for (const counter of [5, 4, 0]) {
    assertWrong(await signIn(someone, { counter }));
    const { sign_count, clone_warning } = (await keyOf(someone)).authenticator;
    assert.deepEqual([sign_count, clone_warning], [5, true]);
  }
  // The one that has moved on may be the person's own.
  assert.equal((await signIn(someone, { counter: 6 })).status, 200);
  assert.equal((await keyOf(someone)).authenticator.clone_warning, true);
  // Made, used, found copied, used.
  const changes = (await fieldsOf(someone.id)).filter((fields) => fields.includes('credentials.passkey'));
  assert.equal(changes.length, 4);
});

/** Names of fields of the changes of an identity. */
async function fieldsOf(id: string): Promise<string[][]> {
  const rows = await api.server.sql<{ fields: string[] }>(
    'select fields from audit_entries where pool_id = $1::uuid and subject_id = $2::uuid order by id',
    [api.server.quickstart.live.app_id, id],
  );
  return rows.map(({ fields }) => fields);
}

test('the same counter in two flows at once counts once', async () => {
  const { authenticator } = await holder();
  const flows = await Promise.all(Array.from({ length: 8 }, beginLogin));
  const answers = flows.map((flow) => authenticator.get(challengeOf(flow), { counter: 9 }));
  const replies = await Promise.all(flows.map((flow, index) => show(flow, answers[index] ?? '')));
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  for (const reply of replies.filter(({ status }) => status !== 200)) assertWrong(reply);
});

test('whoever is blocked is told so, once they have shown their key', async () => {
  const someone = await holder();
  const body = { schema_id: 'default', traits: { email: someone.email }, state: 'inactive' };
  assert.equal((await api.put(`/admin/identities/${someone.id}`, body)).status, 200);
  assert.deepEqual(messagesOf((await signIn(someone)).body), [4010011]);
  assertWrong(await signIn(someone, { isVerified: false }));
});

test('failures are counted, and lock', async () => {
  const someone = await holder();
  await api.server.configureSelfService({ lockout: { perIdentifierMax: 3 } });
  try {
    for (const _ of [1, 2, 3]) assertWrong(await signIn(someone, { isVerified: false }));
    const locked = await signIn(someone);
    assert.equal(locked.status, 429, locked.text);
    assert.ok(Number(locked.headers.get('retry-after')) > 0);
    api.clock.advance(15 * 60 + 1);
    assert.equal((await signIn(someone)).status, 200);
  } finally {
    await api.server.configureSelfService({});
  }
});

test('other origins are let in by the pool’s settings alone, and a domain above the pool’s may be the party', async () => {
  const app = 'android:apk-key-hash:Vgk3Zx0Kq2hVJ8wVJ0v8bJ5c3JmYp0A1bC2dE3fG4hI';
  const someone = await holder();
  assertWrong(await signIn(someone, { origin: app }));
  await api.server.configureSelfService({ webauthn: { origins: [app] } });
  try {
    assert.equal((await signIn(someone, { origin: app })).status, 200);
    await api.server.configureSelfService({ webauthn: { rpId: 'example.org', rpName: 'Harbour' } });
    const moved = await holder();
    assert.equal(moved.authenticator.keys[0]?.rpId, 'example.org');
    assert.equal((await signIn(moved)).status, 200);
    assert.equal(challengeOf(await beginLogin()).publicKey.rpId, 'example.org');
  } finally {
    await api.server.configureSelfService({});
  }
  assertWrong(await signIn(someone, { origin: app }));
});

test('a browser without its CSRF cookie cannot submit a stolen answer', async () => {
  const { authenticator } = await holder();
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  const body = { method: 'passkey', passkey_login: authenticator.get(challengeOf(flow)) };
  const csrf_token = inputValue(flow, 'csrf_token');
  const path = `/self-service/login?flow=${flow.id}`;
  assertError(await openBrowser(api).postJson(path, { ...body, csrf_token }), 403);
  assert.equal((await browser.postJson(path, { ...body, csrf_token })).status, 200);
});

test('nothing of keys is in logs, nor in clear in the database', async () => {
  const { authenticator } = await holder();
  const [key] = authenticator.keys;
  const flow = await beginLogin();
  const { challenge } = challengeOf(flow).publicKey;
  const handle = key?.userHandle.toString('base64') ?? '';
  const text = api.server.logs();
  for (const secret of [challenge, handle, key?.id.toString('base64url') ?? ''])
    assert.ok(!text.includes(secret));
  const dumped = await api.server.sql<{ row: string }>(
    '/* scatter: a test */ select f::text as row from flows f union all select i::text from identities i',
  );
  for (const { row } of dumped)
    for (const bytes of [key?.userHandle, key?.id, Buffer.from(challenge, 'base64url')])
      assert.ok(!row.includes(bytes?.toString('hex') ?? ''));
});
