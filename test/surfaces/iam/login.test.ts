import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { codeSentTo, messagesOf, type NativeClient, nativeClient, otherThan } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { totpAt } from '../../harness/totp.ts';

let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';
const TOTP_SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const TOTP_URL = `otpauth://totp/Test:jo?secret=${TOTP_SECRET}&issuer=Test`;

/** Somebody with a password, and whatever else. */
async function somebody(credentials: Shown = {}): Promise<{ id: string; email: string }> {
  const email = newEmail();
  const password = { config: { password: PASSWORD } };
  const { id } = await api.create({ traits: { email }, credentials: { password, ...credentials } });
  return { id, email };
}

const byPassword = (identifier: string, password = PASSWORD) =>
  client.run('login', { method: 'password', identifier, password });

/** The flow came back with this message. */
function assertRefused(reply: { status: number; text: string; body: Shown }, message: number): void {
  assert.equal(reply.status, 400, reply.text);
  assert.deepEqual(messagesOf(reply.body), [message], reply.text);
}

suite('password', () => {
  test('iam 25 a cleartext password that came with the identity signs in, and is never shown', async () => {
    const { id, email } = await somebody();
    assert.equal((await byPassword(email)).status, 200);
    const shown = JSON.stringify(await api.identity(id, 'password'));
    assert.ok(!shown.includes(PASSWORD));
  });

  test('iam 55 the right password gives a token and the session, a wrong one the flow with 4000006', async () => {
    const { id, email } = await somebody();
    const reply = await byPassword(email);
    assert.equal(reply.status, 200, reply.text);
    const { session_token: token, session } = reply.body;
    assert.match(token, /^ory_st_[0-9A-Za-z]{32}$/);
    assert.equal(session.identity.id, id);
    assert.equal(session.authenticator_assurance_level, 'aal1');
    assert.deepEqual(
      session.authentication_methods.map((one: Shown) => [one.method, one.aal]),
      [['password', 'aal1']],
    );
    assert.equal((await client.whoami(token)).body.identity.id, id);
    assertRefused(await byPassword(email, 'not that one'), 4000006);
  });

  test('iam 56 an unknown identifier and a wrong password are told the same', async () => {
    const { email } = await somebody();
    const wrong = await byPassword(email, 'not that one');
    const unknown = await byPassword(newEmail(), 'not that one');
    assert.deepEqual(unknown.body.ui.messages, wrong.body.ui.messages);
    assertRefused(unknown, 4000006);
  });

  test('the identifier is normalised as it was when it was claimed', async () => {
    const { id, email } = await somebody();
    const reply = await byPassword(` ${email.toUpperCase()}\u200b`);
    assert.equal(reply.body.session?.identity.id, id, reply.text);
  });

  test('what is missing is told on its node', async () => {
    const reply = await client.run('login', { method: 'password', identifier: 'jo' });
    assert.equal(reply.status, 400);
    const node = reply.body.ui.nodes.find((one: Shown) => one.attributes.name === 'password');
    assert.deepEqual([node.messages[0].id, node.attributes.value], [4000002, undefined]);
  });

  test('no method, and one that is not for this, is 4010002', async () => {
    assertRefused(await client.run('login', {}), 4010002);
    assertRefused(await client.run('login', { method: 'totp', totp_code: '123456' }), 4010002);
  });

  test('iam 32 with another e-mail the old one signs nobody in any more', async () => {
    const { id, email } = await somebody();
    const next = newEmail();
    const put = await api.put(`/admin/identities/${id}`, { schema_id: 'default', traits: { email: next } });
    assert.equal(put.status, 200, put.text);
    assertRefused(await byPassword(email), 4000006);
    assert.equal((await byPassword(next)).status, 200);
  });

  test('iam 33 an inactive identity is told so, and its session is none any more', async () => {
    const { id, email } = await somebody();
    const { token } = await client.login(email, PASSWORD);
    const body = { schema_id: 'default', traits: { email }, state: 'inactive' };
    assert.equal((await api.put(`/admin/identities/${id}`, body)).status, 200);
    assertRefused(await byPassword(email), 4010011);
    // Who does not know the password does not learn it.
    assertRefused(await byPassword(email, 'not that one'), 4000006);
    assert.equal((await client.whoami(token)).status, 401);
  });

  test('each login writes device, history and last seen, and first seen once', async () => {
    const { id, email } = await somebody();
    assert.equal(await seenOf(id), null);
    const reply = await client.run(
      'login',
      { method: 'password', identifier: email, password: PASSWORD },
      { headers: { 'user-agent': 'Pocket/1.0' } },
    );
    assert.equal(reply.body.session.devices[0].user_agent, 'Pocket/1.0');
    const before = await seenOf(id);
    assert.notEqual(before, null);
    api.clock.advance(60);
    await client.login(email, PASSWORD);
    assert.ok(new Date((await seenOf(id)) ?? 0) > new Date(before ?? 0));
  });

  test('fifty logins at once of one identity are fifty sessions', async () => {
    const { id, email } = await somebody();
    const replies = await Promise.all(Array.from({ length: 50 }, () => byPassword(email)));
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
    const { body } = await api.get(`/admin/identities/${id}/sessions?per_page=100`);
    assert.equal(body.length, 50);
  });

  test('a flow signs in once, however often it is submitted at once', async () => {
    const { email } = await somebody();
    const flow = await client.begin('login');
    const body = { method: 'password', identifier: email, password: PASSWORD };
    const submits = Array.from({ length: 10 }, () => client.submit('login', flow.body.id, body));
    const statuses = (await Promise.all(submits)).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, ...Array.from({ length: 9 }, () => 410)]);
    const again = await client.submit('login', flow.body.id, body);
    assert.equal(again.status, 410, again.text);
    const fresh = await api.get(`/self-service/login/flows?id=${again.body.use_flow_id}`, { key: null });
    assert.deepEqual(messagesOf(fresh.body), [4010007]);
  });

  test('ten wrong ones lock the identifier, also for the right one, known or not', async () => {
    const { email } = await somebody();
    for (const identifier of [email, newEmail()]) {
      for (let count = 0; count < 10; count += 1) await byPassword(identifier, 'not that one');
      const locked = await byPassword(identifier);
      assertError(locked, 429);
      assert.match(locked.headers.get('retry-after') ?? '', /^\d+$/);
    }
    api.clock.advance(15 * 60);
    assert.equal((await byPassword(email)).status, 200);
  });
});

async function seenOf(id: string): Promise<string | null> {
  const [row] = await api.server.sql<{ last_seen_at: string | null }>(
    'select last_seen_at from identities where pool_id = $1::uuid and id = $2::uuid',
    [api.server.quickstart.live.app_id, id],
  );
  return row?.last_seen_at ?? null;
}

suite('hashes', () => {
  const path = new URL('../../../src/providers/passwords/vectors/kratos.json', import.meta.url);
  const { vectors }: { vectors: { password: string; encoded: string }[] } = JSON.parse(
    readFileSync(path, 'utf8'),
  );
  for (const [index, { password, encoded }] of vectors.entries()) {
    const format = /^[${]?[\w-]+/.exec(encoded)?.[0];
    test(`iam 26 a hash of the format ${format} (${index}) signs in, and is one of the pool afterwards`, async () => {
      const email = newEmail();
      const credentials = { password: { config: { hashed_password: encoded } } };
      const { id } = await api.create({ traits: { email }, credentials });
      assertRefused(await byPassword(email, `${password}!`), 4000006);
      assert.equal((await byPassword(email, password)).status, 200);
      const stored = (await api.identity(id, 'password')).credentials.password.config.hashed_password;
      assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      assert.equal((await byPassword(email, password)).status, 200);
    });
  }
});

suite('code', () => {
  const begin = async (email: string) => {
    const { body: flow } = await client.begin('login');
    return {
      id: flow.id,
      sent: await client.submit('login', flow.id, { method: 'code', identifier: email }),
    };
  };
  const withCode = (id: string, identifier: string, code: string) =>
    client.submit('login', id, { method: 'code', identifier, code });

  test('iam 65 step one is the flow with 1010014, step two a session, and the address is verified', async () => {
    const { id: identityId, email } = await somebody();
    const { id, sent } = await begin(email);
    assertRefused(sent, 1010014);
    assert.deepEqual([sent.body.state, sent.body.active], ['sent_email', 'code']);
    const reply = await withCode(id, email, await codeSentTo(api, email));
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.session.authentication_methods[0].method, 'code');
    const [address] = (await api.identity(identityId)).verifiable_addresses;
    assert.deepEqual([address.verified, address.status], [true, 'completed']);
  });

  test('an address that nobody has is 4000035', async () => {
    const { sent } = await begin(newEmail());
    assertRefused(sent, 4000035);
  });

  test('iam 66 after five wrong codes the flow takes none, not even the right one', async () => {
    const { email } = await somebody();
    const { id } = await begin(email);
    const code = await codeSentTo(api, email);
    for (let count = 0; count < 5; count += 1)
      assertRefused(await withCode(id, email, otherThan(code)), 4010008);
    assertRefused(await withCode(id, email, otherThan(code)), 5000001);
    assertRefused(await withCode(id, email, code), 5000001);
  });

  test('of fifty parallel uses of one code exactly one signs in', async () => {
    const { id: identityId, email } = await somebody();
    const { id } = await begin(email);
    const code = await codeSentTo(api, email);
    const replies = await Promise.all(Array.from({ length: 50 }, () => withCode(id, email, code)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    assert.equal((await api.get(`/admin/identities/${identityId}/sessions`)).body.length, 1);
  });

  test('a code that was sent again takes the place of the one before', async () => {
    const { email } = await somebody();
    const { id } = await begin(email);
    const first = await codeSentTo(api, email);
    assertRefused(await client.submit('login', id, { method: 'code', resend: 'code' }), 1010014);
    const second = await codeSentTo(api, email);
    if (first !== second) assertRefused(await withCode(id, email, first), 4010008);
    assert.equal((await withCode(id, email, second)).status, 200);
  });

  test('one address is sent ten codes in a quarter of an hour, and no more', async () => {
    const { email } = await somebody();
    for (let count = 0; count < 10; count += 1) assertRefused((await begin(email)).sent, 1010014);
    assertError((await begin(email)).sent, 429);
    api.clock.advance(15 * 60);
    const atOnce = await Promise.all(
      Array.from({ length: 20 }, async () => (await begin(email)).sent.status),
    );
    assert.ok(atOnce.filter((status) => status === 400).length <= 10);
    api.clock.advance(15 * 60);
    assertRefused((await begin(email)).sent, 1010014);
  });

  test('a code that has expired is wrong', async () => {
    const { email } = await somebody();
    const { id } = await begin(email);
    const code = await codeSentTo(api, email);
    api.clock.advance(3600);
    assert.equal((await withCode(id, email, code)).status, 410);
  });
});

suite('second factor', () => {
  const LOOKUP = ['aaaa1111', 'bbbb2222', 'cccc3333'];
  const factors = {
    totp: { config: { totp_url: TOTP_URL } },
    lookup_secret: { config: { codes: LOOKUP.map((code) => ({ code })) } },
  };
  const raise = async (token: string, body: Shown) => {
    const flow = await client.begin('login', '?aal=aal2', { token });
    assert.equal(flow.status, 200, flow.text);
    return client.submit('login', flow.body.id, body, { token });
  };
  const now = () => totpAt(TOTP_SECRET, api.clock.now());

  test('iam 59 iam 60 a session with one factor is not let in, and is raised by the right code', async () => {
    const { id, email } = await somebody(factors);
    const reply = await byPassword(email);
    assert.equal(reply.body.session.identity, null);
    const token = reply.body.session_token;
    const refused = await client.whoami(token);
    assertError(refused, 403);
    assert.equal(refused.body.error.id, 'session_aal2_required');
    const raised = await raise(token, { method: 'totp', totp_code: now() });
    assert.equal(raised.status, 200, raised.text);
    const { session, session_token: same } = raised.body;
    assert.deepEqual([same, session.id], [token, reply.body.session.id]);
    assert.deepEqual([session.authenticator_assurance_level, session.identity.id], ['aal2', id]);
    assert.deepEqual(
      session.authentication_methods.map((one: Shown) => one.method),
      ['password', 'totp'],
    );
    assert.equal((await client.whoami(token)).status, 200);
  });

  test('a wrong code is 4000008, and so is one that was used', async () => {
    const { email } = await somebody(factors);
    const { token } = await client.login(email, PASSWORD);
    const code = now();
    assertRefused(await raise(token, { method: 'totp', totp_code: otherThan(code) }), 4000008);
    assert.equal((await raise(token, { method: 'totp', totp_code: code })).status, 200);
    const other = (await client.login(email, PASSWORD)).token;
    assertRefused(await raise(other, { method: 'totp', totp_code: code }), 4000008);
    api.clock.advance(30);
    assert.equal((await raise(other, { method: 'totp', totp_code: now() })).status, 200);
  });

  test('iam 61 a lookup code is good once; another one still is', async () => {
    const { email } = await somebody(factors);
    const { token } = await client.login(email, PASSWORD);
    const use = (session: string, code: string) =>
      raise(session, { method: 'lookup_secret', lookup_secret: code });
    assert.equal((await use(token, 'aaaa1111')).status, 200);
    const other = (await client.login(email, PASSWORD)).token;
    assertRefused(await use(other, 'aaaa1111'), 4000012);
    assertRefused(await use(other, 'zzzz9999'), 4000016);
    assert.equal((await use(other, 'bbbb2222')).status, 200);
  });

  test('of fifty parallel uses of one lookup code exactly one counts', async () => {
    const { email } = await somebody(factors);
    const { token } = await client.login(email, PASSWORD);
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => (await client.begin('login', '?aal=aal2', { token })).body.id),
    );
    const body = { method: 'lookup_secret', lookup_secret: 'cccc3333' };
    const replies = await Promise.all(ids.map((id) => client.submit('login', id, body, { token })));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  });

  test('aal2 is for a session, once; another level is none', async () => {
    assert.equal((await client.begin('login', '?aal=aal2')).body.error.id, 'session_aal1_required');
    assertError(await client.begin('login', '?aal=aal3'), 400, /aal/);
    const { email } = await somebody(factors);
    const { token } = await client.login(email, PASSWORD);
    await raise(token, { method: 'totp', totp_code: now() });
    const again = await client.begin('login', '?aal=aal2', { token });
    assertError(again, 400);
    assert.equal(again.body.error.id, 'session_aal_already_fulfilled');
  });

  test("another person's second-factor flow is refused", async () => {
    const [one, other] = [await somebody(factors), await somebody(factors)];
    const { token } = await client.login(one.email, PASSWORD);
    const stranger = (await client.login(other.email, PASSWORD)).token;
    const flow = await client.begin('login', '?aal=aal2', { token });
    const reply = await client.submit(
      'login',
      flow.body.id,
      { method: 'totp', totp_code: now() },
      { token: stranger },
    );
    assert.equal(reply.body.error.id, 'security_identity_mismatch', reply.text);
  });
});

suite('sessions that are there already', () => {
  test('iam 72 whoever is signed in cannot sign in again without refresh', async () => {
    const { email } = await somebody();
    const { token } = await client.login(email, PASSWORD);
    const reply = await client.begin('login', '', { token });
    assertError(reply, 400);
    assert.equal(reply.body.error.id, 'session_already_available');
  });

  test('refresh keeps the session and its token, and moves authenticated_at', async () => {
    const { email } = await somebody();
    const { token, session } = await client.login(email, PASSWORD);
    api.clock.advance(600);
    const flow = await client.begin('login', '?refresh=true', { token });
    assert.deepEqual(messagesOf(flow.body), [1010003]);
    const identifier = flow.body.ui.nodes.find((one: Shown) => one.attributes.name === 'identifier');
    assert.deepEqual([identifier.attributes.type, identifier.attributes.value], ['hidden', email]);
    const body = { method: 'password', identifier: email, password: PASSWORD };
    const reply = await client.submit('login', flow.body.id, body, { token });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual([reply.body.session.id, reply.body.session_token], [session.id, token]);
    assert.ok(reply.body.session.authenticated_at > session.authenticated_at);
  });

  test('somebody else cannot be signed in by a refresh', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const { token } = await client.login(one.email, PASSWORD);
    const flow = await client.begin('login', '?refresh=true', { token });
    const body = { method: 'password', identifier: other.email, password: PASSWORD };
    const reply = await client.submit('login', flow.body.id, body, { token });
    assert.equal(reply.body.error.id, 'security_identity_mismatch', reply.text);
  });
});

suite('flows of native clients', () => {
  test('iam 62 a submit and a begin with an Origin or a cookie are refused', async () => {
    const { body: flow } = await client.begin('login');
    const body = { method: 'password', identifier: 'jo', password: 'x' };
    for (const headers of [{ origin: 'https://evil.example' }, { cookie: 'a=b' }]) {
      assertError(await client.submit('login', flow.id, body, { headers }), 400);
      assertError(await client.begin('login', '', { headers }), 400);
    }
    const network = { cookie: '__cf_bm=1; cf_clearance=2' };
    assert.equal((await client.begin('login', '', { headers: network })).status, 200);
  });

  test('they are answered in JSON whatever they accept, and may send forms', async () => {
    const { email } = await somebody();
    const headers = { accept: '*/*', 'content-type': 'application/x-www-form-urlencoded' };
    const send = (id: string, fields: Record<string, string>, more = {}) =>
      api.call('POST', `/self-service/login?flow=${id}`, {
        ...{ key: null, headers: { ...headers, ...more } },
        body: new URLSearchParams(fields).toString(),
      });
    const { body: flow } = await client.begin('login');
    const fields = { method: 'password', identifier: email, password: PASSWORD };
    assertError(await send(flow.id, fields, { cookie: 'a=b' }), 400);
    assertRefused(await send(flow.id, { ...fields, password: 'not that one' }), 4000006);
    assert.equal((await send(flow.id, fields)).status, 200);
    assertError(await send(flow.id, fields), 410);
  });

  test('iam 64 an expired flow is gone; submitted, it names the one that took its place', async () => {
    const { body: flow } = await client.begin('login');
    api.clock.advance(3601);
    const read = await api.get(`/self-service/login/flows?id=${flow.id}`, { key: null });
    assertError(read, 410);
    assert.equal(read.body.error.id, 'self_service_flow_expired');
    assert.equal(read.body.error.details.api, `${api.server.url}/self-service/login/api`);
    const submit = () => client.submit('login', flow.id, { method: 'password' });
    const [first, second] = [await submit(), await submit()];
    assertError(first, 410);
    assert.equal(first.body.error.id, 'self_service_flow_expired');
    assert.equal(first.body.expired_at, flow.expires_at);
    assert.equal(second.body.use_flow_id, first.body.use_flow_id);
    const fresh = await api.get(`/self-service/login/flows?id=${first.body.use_flow_id}`, { key: null });
    assert.deepEqual(messagesOf(fresh.body), [4010001]);
  });

  test('a flow without an id is 400, an unknown one 404, one of another kind too', async () => {
    assertError(await api.post('/self-service/login', {}, { key: null }), 400, /flow/);
    assertError(await client.submit('login', 'not-an-id', {}), 404);
    const { body: flow } = await client.begin('registration');
    assertError(await client.submit('login', flow.id, {}), 404);
  });

  test('the flow has the fields and nodes of the contract', async () => {
    const { body: flow } = await client.begin('login', '?return_to=/done');
    assert.equal(flow.type, 'api');
    assert.equal(flow.return_to, `${api.server.url}/done`);
    assert.equal(flow.ui.action, `${api.server.url}/self-service/login?flow=${flow.id}`);
    assert.equal(flow.request_url, `${api.server.url}/self-service/login/api?return_to=/done`);
    assert.deepEqual([flow.refresh, flow.requested_aal, flow.state], [false, 'aal1', 'choose_method']);
    assert.deepEqual(
      flow.ui.nodes.map((node: Shown) => [
        node.group,
        node.attributes.name,
        node.attributes.type,
        node.meta.label?.id,
      ]),
      [
        ['default', 'csrf_token', 'hidden', undefined],
        ['default', 'identifier', 'text', 1070004],
        ['passkey', 'passkey_challenge', 'hidden', undefined],
        ['passkey', 'passkey_login', 'hidden', undefined],
        ['passkey', 'passkey_login_trigger', 'button', 1010021],
        ['code', 'method', 'submit', 1010015],
        ['password', 'password', 'password', 1070001],
        ['password', 'method', 'submit', 1010022],
      ],
    );
    assert.equal(flow.ui.nodes[0].attributes.value, '');
  });

  test('an address to return to that is not on the list is refused', async () => {
    const reply = await client.begin('login', '?return_to=https://evil.example/');
    assertError(reply, 400);
    assert.equal(reply.body.error.id, 'self_service_flow_return_to_forbidden');
  });
});
