import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  codeSentTo,
  inputValue,
  JSON_ONLY,
  messagesOf,
  type NativeClient,
  nativeClient,
  nodesOf,
  openBrowser,
  otherThan,
} from '../../harness/flows.ts';
import { assertError, type IamApi, iamOf, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { type Reply, startServer } from '../../harness/server.ts';

let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';

const signUp = (traits: Shown, password = PASSWORD) =>
  client.run('registration', { method: 'password', traits, password });

function assertRefused(reply: Reply, ...messages: number[]): void {
  assert.equal(reply.status, 400, reply.text);
  assert.deepEqual(messagesOf(reply.body), messages, reply.text);
}

/** Messages of one node. */
function toldAt(flow: Shown, name: string): number[] {
  const node = flow.ui.nodes.find(({ attributes }: Shown) => attributes.name === name);
  return node?.messages.map(({ id }: Shown) => id) ?? [];
}

suite('password', () => {
  test('traits and a password together make an identity, which signs in', async () => {
    const email = newEmail();
    const reply = await signUp({ email, name: { first: 'Jo' } });
    assert.equal(reply.status, 200, reply.text);
    const { identity, session_token: token, session } = reply.body;
    assert.deepEqual([token, session], [undefined, undefined]);
    assert.deepEqual(identity.traits, { email, name: { first: 'Jo' } });
    assert.deepEqual([identity.credentials, identity.metadata_admin], [undefined, undefined]);
    assert.equal((await api.identity(identity.id)).state, 'active');
    assert.equal((await client.login(email, PASSWORD)).session.identity.id, identity.id);
  });

  test('whoever registers here is there for another surface too', async () => {
    const email = newEmail();
    const { id } = (await signUp({ email })).body.identity;
    const found = await api.server.call('GET', `/identities/${id}`);
    assert.equal(found.body.data.email, email, found.text);
  });

  test('an identifier that somebody has is 4000007, in any case', async () => {
    const email = newEmail();
    assert.equal((await signUp({ email })).status, 200);
    assertRefused(await signUp({ email: email.toUpperCase() }), 4000007);
  });

  test('of many at once with one identifier exactly one is made', async () => {
    const traits = { email: newEmail() };
    const replies = await Promise.all(Array.from({ length: 12 }, () => signUp(traits)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    for (const reply of replies.filter(({ status }) => status !== 200)) assertRefused(reply, 4000007);
  });

  test('of many submits of one flow at once exactly one counts', async () => {
    const { body: flow } = await client.begin('registration');
    const submits = Array.from({ length: 8 }, () =>
      client.submit('registration', flow.id, {
        ...{ method: 'password', traits: { email: newEmail() }, password: PASSWORD },
      }),
    );
    const statuses = (await Promise.all(submits)).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, ...Array.from({ length: 7 }, () => 410)]);
  });

  test('everything that is wrong is told at once, where it belongs', async () => {
    const flow = (await client.begin('registration')).body;
    await client.submit('registration', flow.id, { method: 'profile', traits: { email: newEmail() } });
    const reply = await client.submit('registration', flow.id, {
      ...{ method: 'password', traits: { email: 'no address', username: 7 }, password: 'xq7!z' },
    });
    assert.equal(reply.status, 400, reply.text);
    assert.deepEqual(toldAt(reply.body, 'password'), [4000032]);
    assert.ok(messagesOf(reply.body).includes(4000040), reply.text);
    assert.ok(!reply.text.includes('xq7!z'));
  });

  test('a password is refused that is short, breached, or like the identifier', async () => {
    const email = newEmail();
    const cases = [
      ['abc12', 4000032],
      ['password1234', 4000034],
      [email, 4000031],
      ['x'.repeat(1025), 4000033],
    ] as const;
    for (const [password, message] of cases) {
      const reply = await signUp({ email }, password);
      assert.equal(reply.status, 400);
      assert.ok(messagesOf(reply.body).includes(message), `${message} ${reply.text}`);
    }
    assertRefused(await client.run('registration', { method: 'password', traits: { email } }), 4000002);
  });

  test('without anything to sign in by it is 4000009', async () => {
    assertRefused(await signUp({ name: { first: 'Jo' } }), 4000009);
  });

  test('no method is 4010003', async () => {
    assertRefused(await client.run('registration', { traits: {} }), 4010003);
    assertRefused(await client.run('registration', { method: 'totp' }), 4010003);
  });

  test('whoever is signed in cannot sign up', async () => {
    const email = newEmail();
    await signUp({ email });
    const { token } = await client.login(email, PASSWORD);
    const reply = await client.begin('registration', '', { token });
    assert.equal(reply.body.error.id, 'session_already_available', reply.text);
  });
});

suite('two steps', () => {
  test('the first asks for traits, the second for a way to sign in; one can go back', async () => {
    const email = newEmail();
    const { body: flow } = await client.begin('registration');
    assert.deepEqual(nodesOf(flow).slice(-1), ['profile method(submit)']);
    assert.ok(nodesOf(flow).includes('profile traits.email(email)'), nodesOf(flow).join());
    const second = await client.submit('registration', flow.id, { method: 'profile', traits: { email } });
    assertRefused(second, 1040009);
    assert.deepEqual(nodesOf(second.body), [
      'default csrf_token(hidden)',
      'default traits.email(hidden)',
      'passkey passkey_create_data(hidden)',
      'passkey passkey_register(hidden)',
      'passkey passkey_register_trigger(button)',
      'code method(submit)',
      'password password(password)',
      'password method(submit)',
      'profile screen(submit)',
    ]);
    const back = await client.submit('registration', flow.id, { method: 'profile', screen: 'previous' });
    assert.equal(back.status, 400);
    assert.deepEqual([nodesOf(back.body), inputValue(back.body, 'traits.email')], [nodesOf(flow), email]);
    const done = await client.submit('registration', flow.id, { method: 'password', password: PASSWORD });
    assert.equal(done.status, 200, done.text);
    assert.equal(done.body.identity.traits.email, email);
  });

  test('traits that break the schema stay in the first step', async () => {
    const reply = await client.run('registration', { method: 'profile', traits: { email: 'no address' } });
    assert.equal(reply.status, 400);
    assert.deepEqual(toldAt(reply.body, 'traits.email'), [4000040]);
    assert.equal(inputValue(reply.body, 'traits.email'), 'no address');
  });
});

suite('code', () => {
  const begin = async (traits: Shown) => {
    const { body: flow } = await client.begin('registration');
    return { id: flow.id, sent: await client.submit('registration', flow.id, { method: 'code', traits }) };
  };
  const withCode = (id: string, traits: Shown, code: string) =>
    client.submit('registration', id, { method: 'code', traits, code });

  test('step one is the flow with 1040005, step two an identity whose address is verified', async () => {
    const email = newEmail();
    const { id, sent } = await begin({ email });
    assertRefused(sent, 1040005);
    assert.equal(sent.body.state, 'sent_email');
    const reply = await withCode(id, { email }, await codeSentTo(api, email));
    assert.equal(reply.status, 200, reply.text);
    const [address] = (await api.identity(reply.body.identity.id)).verifiable_addresses;
    assert.deepEqual([address.value, address.verified], [email, true]);
  });

  test('other traits in step two are 4000036, a wrong code 4040003', async () => {
    const email = newEmail();
    const { id } = await begin({ email });
    const code = await codeSentTo(api, email);
    assertRefused(await withCode(id, { email: newEmail() }, code), 4000036);
    assertRefused(await withCode(id, { email }, otherThan(code)), 4040003);
    assert.equal((await withCode(id, { email }, code)).status, 200);
  });

  test('after five wrong codes the flow takes none', async () => {
    const email = newEmail();
    const { id } = await begin({ email });
    const code = await codeSentTo(api, email);
    for (let count = 0; count < 5; count += 1) await withCode(id, { email }, otherThan(code));
    assertRefused(await withCode(id, { email }, code), 5000001);
  });

  test('of fifty parallel uses of one code exactly one makes an identity', async () => {
    const email = newEmail();
    const { id } = await begin({ email });
    const code = await codeSentTo(api, email);
    const replies = await Promise.all(Array.from({ length: 50 }, () => withCode(id, { email }, code)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  });

  test('nobody is sent a code for an address that somebody has', async () => {
    const email = newEmail();
    await api.create({ traits: { email } });
    const { sent } = await begin({ email });
    assertRefused(sent, 4000007);
    await assert.rejects(codeSentTo(api, email));
  });
});

suite('browsers', () => {
  test('a form without scripts signs up; what was left blank is not there', async () => {
    const browser = openBrowser(api);
    const email = newEmail();
    const begun = await browser.get('/self-service/registration/browser', { accept: 'text/html' });
    const id = new URL(begun.headers.get('location') ?? '').searchParams.get('flow');
    const read = async () => (await browser.get(`/self-service/registration/flows?id=${id}`, JSON_ONLY)).body;
    const send = async (fields: Record<string, string>) =>
      browser.postForm(`/self-service/registration?flow=${id}`, {
        ...fields,
        csrf_token: inputValue(await read(), 'csrf_token'),
      });
    const fields = { method: 'profile', 'traits.email': email, 'traits.name.first': '', 'traits.phone': '' };
    const first = await send(fields);
    assert.equal(first.headers.get('location'), `${api.server.url}/registration?flow=${id}`);
    assert.deepEqual(messagesOf(await read()), [1040009]);
    const second = await send({ method: 'password', 'traits.email': email, password: PASSWORD });
    assert.equal(second.status, 303, second.text);
    const { session } = await client.login(email, PASSWORD);
    assert.deepEqual(session.identity.traits, { email });
  });
});

suite('session after registration', () => {
  test('whoever signs up is signed in where the server is told so', async () => {
    await using own = await iamOf(
      await startServer({ environment: { SELFSAME_SELF_SERVICE_SESSION_AFTER_REGISTRATION: 'true' } }),
    );
    const native = nativeClient(own);
    const reply = await native.run('registration', {
      ...{ method: 'password', traits: { email: newEmail() }, password: PASSWORD },
    });
    const { identity, session, session_token: token, continue_with: next } = reply.body;
    assert.equal(reply.status, 200, reply.text);
    assert.equal(session.identity.id, identity.id);
    assert.deepEqual(
      next.find((one: Shown) => one.action === 'set_ory_session_token'),
      { action: 'set_ory_session_token', ory_session_token: token },
    );
    assert.equal((await native.whoami(token)).status, 200);

    const browser = openBrowser(own);
    const flow = await browser.begin('registration');
    const made = await browser.postJson(`/self-service/registration?flow=${flow.id}`, {
      ...{ method: 'password', traits: { email: newEmail() }, password: PASSWORD },
      csrf_token: inputValue(flow, 'csrf_token'),
    });
    assert.equal(made.body.session_token, undefined, made.text);
    assert.equal((await browser.get('/sessions/whoami')).status, 200);
  });

  test('registration can be refused an address to return to like any flow', async () => {
    const reply = await client.begin('registration', '?return_to=//evil.example');
    assertError(reply, 400);
  });
});
