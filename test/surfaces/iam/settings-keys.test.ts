import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createAuthenticator } from '../../harness/authenticator.ts';
import {
  type Browser,
  inputValue,
  messagesOf,
  type NativeClient,
  nativeClient,
  nodesOf,
  openBrowser,
} from '../../harness/flows.ts';
import { type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import type { Reply } from '../../harness/server.ts';

let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';
const HOUR_SECONDS = 3600;

const newAuthenticator = () => createAuthenticator({ origin: api.server.url });
const optionsOf = (flow: Shown, name: string) => JSON.parse(inputValue(flow, name));
const nodesNamed = (flow: Shown, name: string) =>
  flow.ui.nodes.filter(({ attributes }: Shown) => attributes.name === name);
const methodsOf = ({ authentication_methods: methods }: Shown) =>
  methods.map(({ method, aal }: Shown) => `${method} ${aal}`);

/** Somebody with a password, signed in with a browser. */
async function signedIn(): Promise<{ browser: Browser; id: string; email: string }> {
  const email = newEmail();
  const password = { config: { password: PASSWORD } };
  const { id } = await api.create({ traits: { email }, credentials: { password } });
  const browser = openBrowser(api);
  await login(browser, email);
  return { browser, id, email };
}

async function login(browser: Browser, email: string): Promise<Reply> {
  const flow = await browser.begin('login');
  return browser.postJson(`/self-service/login?flow=${flow.id}`, {
    ...{ method: 'password', identifier: email, password: PASSWORD },
    csrf_token: inputValue(flow, 'csrf_token'),
  });
}

function save(browser: Browser, flow: Shown, body: Shown): Promise<Reply> {
  const csrf_token = inputValue(flow, 'csrf_token');
  return browser.postJson(`/self-service/settings?flow=${flow.id}`, { ...body, csrf_token });
}

/** Adds a security key; must succeed. @returns The flow after it. */
async function addKey(browser: Browser, authenticator = newAuthenticator(), name = 'Blue key') {
  const flow = await browser.begin('settings');
  const webauthn_register = authenticator.create(optionsOf(flow, 'webauthn_register_trigger'));
  const body = { method: 'webauthn', webauthn_register, webauthn_register_displayname: name };
  const reply = await save(browser, flow, body);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}

async function addPasskey(browser: Browser, authenticator = newAuthenticator()): Promise<Shown> {
  const flow = await browser.begin('settings');
  const passkey_settings_register = authenticator.create(optionsOf(flow, 'passkey_create_data'));
  const reply = await save(browser, flow, { method: 'passkey', passkey_settings_register });
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}

suite('security keys', () => {
  test('the nodes are the contract’s', async () => {
    const { browser } = await signedIn();
    const flow = await browser.begin('settings');
    const keys = nodesOf(flow).filter((node) => /^(webauthn|passkey)/.test(node));
    assert.deepEqual(keys, [
      'webauthn webauthn_register_displayname(text)',
      'webauthn webauthn_register(hidden)',
      'webauthn webauthn_register_trigger(button)',
      'webauthn webauthn_script(text/javascript)',
      'passkey passkey_settings_register(hidden)',
      'passkey passkey_register_trigger(button)',
      'passkey passkey_create_data(hidden)',
    ]);
    const [trigger] = nodesNamed(flow, 'webauthn_register_trigger');
    assert.deepEqual(
      [trigger.meta.label.id, trigger.attributes.onclickTrigger],
      [1050012, 'oryWebAuthnRegistration'],
    );
    const { authenticatorSelection } = optionsOf(flow, 'webauthn_register_trigger').publicKey;
    assert.equal(authenticatorSelection.residentKey, 'discouraged');
  });

  test('a key that is added is a second factor, which the session has at once', async () => {
    const { browser, id } = await signedIn();
    const authenticator = newAuthenticator();
    const saved = await addKey(browser, authenticator);
    assert.deepEqual([saved.state, messagesOf(saved)], ['success', [1050001]]);
    const { body: session } = await browser.get('/sessions/whoami');
    assert.equal(session.authenticator_assurance_level, 'aal2');
    assert.deepEqual(methodsOf(session), ['password aal1', 'webauthn aal2']);
    const { config } = (await api.identity(id, 'webauthn')).credentials.webauthn;
    assert.deepEqual(
      config.credentials.map((key: Shown) => [key.display_name, key.is_passwordless]),
      [['Blue key', false]],
    );
    const [remove] = nodesNamed(saved, 'webauthn_remove');
    assert.equal(remove.attributes.value, authenticator.keys[0]?.id.toString('hex'));
    assert.deepEqual(
      [remove.meta.label.id, remove.meta.label.context.display_name, remove.attributes.disabled],
      [1050018, 'Blue key', false],
    );
  });

  test('then a sign-in goes on until the key was shown', async () => {
    const { browser, email } = await signedIn();
    const authenticator = newAuthenticator();
    await addKey(browser, authenticator);
    const other = openBrowser(api);
    const first = await login(other, email);
    assert.equal(first.status, 422, first.text);
    assert.equal((await other.get('/sessions/whoami')).status, 403);
    const flow = await other.begin('login', '?aal=aal2');
    const keys = nodesOf(flow).filter((node) => node.startsWith('webauthn'));
    assert.deepEqual(keys, [
      'webauthn webauthn_login_trigger(button)',
      'webauthn webauthn_login(hidden)',
      'webauthn webauthn_script(text/javascript)',
    ]);
    const [trigger] = nodesNamed(flow, 'webauthn_login_trigger');
    assert.deepEqual(
      [trigger.meta.label.id, trigger.attributes.onclickTrigger],
      [1010008, 'oryWebAuthnLogin'],
    );
    // A touch is enough: whose finger it is, the first factor has shown.
    const webauthn_login = authenticator.get(optionsOf(flow, 'webauthn_login_trigger'), {
      isVerified: false,
    });
    const body = { method: 'webauthn', webauthn_login, csrf_token: inputValue(flow, 'csrf_token') };
    const reply = await other.postJson(`/self-service/login?flow=${flow.id}`, body);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.session.authenticator_assurance_level, 'aal2');
    assert.deepEqual(methodsOf(reply.body.session), ['password aal1', 'webauthn aal2']);
  });

  test('another person’s key is no second factor', async () => {
    const { browser, email } = await signedIn();
    await addKey(browser);
    const thief = await signedIn();
    const stolen = newAuthenticator();
    await addKey(thief.browser, stolen);
    const other = openBrowser(api);
    await login(other, email);
    const flow = await other.begin('login', '?aal=aal2');
    const { publicKey } = optionsOf(flow, 'webauthn_login_trigger');
    const { allowCredentials: _, ...anyKey } = publicKey;
    const allowCredentials = [{ id: stolen.keys[0]?.id.toString('base64url') }];
    const webauthn_login = stolen.get({ publicKey: { ...anyKey, allowCredentials } });
    const body = { method: 'webauthn', webauthn_login, csrf_token: inputValue(flow, 'csrf_token') };
    const reply = await other.postJson(`/self-service/login?flow=${flow.id}`, body);
    assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000043]]);
  });

  test('somebody without a key is told 4000013', async () => {
    const { browser, id } = await signedIn();
    await addKey(browser);
    const other = openBrowser(api);
    const { email } = (await api.identity(id)).traits;
    await login(other, email);
    const flow = await other.begin('login', '?aal=aal2');
    assert.equal((await api.delete(`/admin/identities/${id}/credentials/webauthn`)).status, 204);
    const body = { method: 'webauthn', webauthn_login: '{}', csrf_token: inputValue(flow, 'csrf_token') };
    const reply = await other.postJson(`/self-service/login?flow=${flow.id}`, body);
    assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000013]]);
  });

  test('a key that was removed opens nothing any more, and asks for no second factor', async () => {
    const { browser, email } = await signedIn();
    const saved = await addKey(browser);
    const webauthn_remove = nodesNamed(saved, 'webauthn_remove')[0].attributes.value;
    const fields = { webauthn_remove, webauthn_register: '', csrf_token: inputValue(saved, 'csrf_token') };
    const removed = await browser.postForm(`/self-service/settings?flow=${saved.id}`, fields);
    assert.equal(removed.status, 303, removed.text);
    const fresh = await browser.begin('settings');
    assert.deepEqual(nodesNamed(fresh, 'webauthn_remove'), []);
    const again = await save(browser, fresh, { method: 'webauthn', webauthn_remove });
    assert.deepEqual([again.status, messagesOf(again.body)], [400, [4000001]]);
    assert.equal((await login(openBrowser(api), email)).status, 200);
  });

  test('a key without a name gets one', async () => {
    const { browser, id } = await signedIn();
    await addKey(browser, newAuthenticator(), '');
    const { config } = (await api.identity(id, 'webauthn')).credentials.webauthn;
    assert.equal(config.credentials[0].display_name, 'Security key');
  });

  test('native clients have none', async () => {
    const { email } = await signedIn();
    const { token } = await client.login(email, PASSWORD);
    const flow = (await client.begin('settings', '', { token })).body;
    assert.ok(!nodesOf(flow).some((node) => node.startsWith('webauthn')));
    const body = { method: 'webauthn', webauthn_register: '{}' };
    const reply = await client.submit('settings', flow.id, body, { token });
    assert.deepEqual(messagesOf(reply.body), [4010004]);
  });
});

suite('passkeys', () => {
  test('a passkey that is added signs in, and stays one factor', async () => {
    const { browser, id } = await signedIn();
    const authenticator = newAuthenticator();
    const saved = await addPasskey(browser, authenticator);
    assert.deepEqual([saved.state, messagesOf(saved)], ['success', [1050001]]);
    const { body: session } = await browser.get('/sessions/whoami');
    assert.deepEqual(methodsOf(session), ['password aal1', 'passkey aal1']);
    const flow = (await client.begin('login')).body;
    const passkey_login = authenticator.get(optionsOf(flow, 'passkey_challenge'));
    const reply = await client.submit('login', flow.id, { method: 'passkey', passkey_login });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.session.identity.id, id);
  });

  test('all keys of a person are under one handle, and no authenticator is asked for a second one', async () => {
    const { browser, id } = await signedIn();
    await addKey(browser);
    const first = newAuthenticator();
    await addPasskey(browser, first);
    const second = newAuthenticator();
    await addPasskey(browser, second);
    const { webauthn, passkey } = (await api.identity(id, 'webauthn', 'passkey')).credentials;
    assert.equal(webauthn.config.user_handle, passkey.config.user_handle);
    assert.equal(passkey.config.credentials.length, 2);
    assert.deepEqual(first.keys[0]?.userHandle, second.keys[0]?.userHandle);
    const flow = await browser.begin('settings');
    assert.equal(optionsOf(flow, 'passkey_create_data').publicKey.excludeCredentials.length, 3);
    assert.equal(nodesNamed(flow, 'passkey_remove').length, 2);
  });

  test('a native client adds and removes one', async () => {
    const { email } = await signedIn();
    const { token } = await client.login(email, PASSWORD);
    const flow = (await client.begin('settings', '', { token })).body;
    assert.ok(!flow.ui.nodes.some(({ type }: Shown) => type === 'script'));
    const passkey_settings_register = newAuthenticator().create(optionsOf(flow, 'passkey_create_data'));
    const body = { method: 'passkey', passkey_settings_register };
    const added = await client.submit('settings', flow.id, body, { token });
    assert.equal(added.status, 200, added.text);
    const [remove] = nodesNamed(added.body, 'passkey_remove');
    assert.equal(remove.meta.label.id, 1050020);
    const passkey_remove = remove.attributes.value;
    const removed = await client.submit(
      'settings',
      flow.id,
      { method: 'passkey', passkey_remove },
      { token },
    );
    assert.equal(removed.status, 200, removed.text);
    assert.deepEqual(nodesNamed(removed.body, 'passkey_remove'), []);
  });

  test('the last way in cannot be removed, and its button cannot be pressed', async () => {
    const authenticator = newAuthenticator();
    const step = await client.run('registration', { method: 'profile', traits: { username: newEmail() } });
    const { credentialOptions } = optionsOf(step.body, 'passkey_create_data');
    const passkey_register = authenticator.create(credentialOptions);
    const made = await client.submit('registration', step.body.id, { method: 'passkey', passkey_register });
    assert.equal(made.status, 200, made.text);
    const begun = (await client.begin('login')).body;
    const passkey_login = authenticator.get(optionsOf(begun, 'passkey_challenge'));
    const { session_token: token } = (await client.submit('login', begun.id, { passkey_login })).body;
    const flow = (await client.begin('settings', '', { token })).body;
    const [remove] = nodesNamed(flow, 'passkey_remove');
    assert.equal(remove.attributes.disabled, true);
    const body = { method: 'passkey', passkey_remove: remove.attributes.value };
    const reply = await client.submit('settings', flow.id, body, { token });
    assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000001]]);
    assert.equal(
      (await api.identity(made.body.identity.id, 'passkey')).credentials.passkey.config.credentials.length,
      1,
    );
  });

  test('keys are changed by those only who have signed in lately', async () => {
    const { browser } = await signedIn();
    const flow = await browser.begin('settings');
    api.clock.advance(HOUR_SECONDS + 1);
    const later = await browser.begin('settings');
    for (const body of [
      { passkey_settings_register: newAuthenticator().create(optionsOf(later, 'passkey_create_data')) },
      { webauthn_register: newAuthenticator().create(optionsOf(later, 'webauthn_register_trigger')) },
      { passkey_remove: '00' },
    ]) {
      const reply = await save(browser, later, body);
      assert.equal(reply.status, 403, reply.text);
      assert.equal(reply.body.error.id, 'session_refresh_required');
    }
    assert.notEqual(flow.id, later.id);
  });

  test('fifty submits at once of one new passkey add it once', async () => {
    const { browser, id } = await signedIn();
    const flow = await browser.begin('settings');
    const passkey_settings_register = newAuthenticator().create(optionsOf(flow, 'passkey_create_data'));
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => save(browser, flow, { method: 'passkey', passkey_settings_register })),
    );
    const won = replies.filter(({ status }) => status === 200);
    assert.equal(won.length, 1, replies.map(({ status }) => status).join(' '));
    assert.ok(replies.every(({ status }) => [200, 400, 409].includes(status)));
    assert.equal((await api.identity(id, 'passkey')).credentials.passkey.config.credentials.length, 1);
  });

  test('a new key that was made for another challenge, page, party or person is refused', async () => {
    const { browser, id } = await signedIn();
    const flow = await browser.begin('settings');
    const options = optionsOf(flow, 'passkey_create_data');
    const odds = [
      { origin: 'https://evil.example' },
      { rpId: 'evil.example' },
      { challenge: Buffer.alloc(32, 7).toString('base64url') },
      { type: 'webauthn.get' },
      { isVerified: false },
      { isPresent: false },
    ];
    for (const odd of odds) {
      const passkey_settings_register = newAuthenticator().create(options, odd);
      const reply = await save(browser, flow, { method: 'passkey', passkey_settings_register });
      assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000001]], JSON.stringify(odd));
    }
    for (const text of ['{}', 'null', '[]', 'no JSON', '{"type":"public-key","id":"AA","response":{}}']) {
      const reply = await save(browser, flow, { method: 'passkey', passkey_settings_register: text });
      assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000001]], text);
    }
    assert.equal((await api.identity(id)).credentials.passkey, undefined);
  });
});
