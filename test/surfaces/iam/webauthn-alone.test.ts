import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthenticator } from '../../harness/authenticator.ts';
import {
  type Browser,
  inputValue,
  messagesOf,
  nativeClient,
  nodesOf,
  openBrowser,
} from '../../harness/flows.ts';
import { type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import type { Reply } from '../../harness/server.ts';

// Security keys as the only thing that somebody signs in with: a pool may have them so.

let api: IamApi;
before(async () => {
  api = await startIam();
  await api.setSchema('keys', {
    properties: {
      email: {
        type: 'string',
        title: 'E-mail',
        'ory.sh/kratos': { credentials: { webauthn: { identifier: true }, password: { identifier: true } } },
      },
      nick: { type: 'string', title: 'Nick' },
    },
  });
  assert.equal((await api.put('/admin/schemas/keys/default')).status, 200);
  await api.server.configureSelfService({
    ...{ registrationStyle: 'one_step', methods: { webauthn: { passwordless: true } } },
  });
});
after(() => api[Symbol.asyncDispose]());

const newAuthenticator = () => createAuthenticator({ origin: api.server.url });
const optionsOf = (flow: Shown, name: string) => JSON.parse(inputValue(flow, name));

function post(browser: Browser, kind: string, flow: Shown, body: Shown): Promise<Reply> {
  const csrf_token = inputValue(flow, 'csrf_token');
  return browser.postJson(`/self-service/${kind}?flow=${flow.id}`, { ...body, csrf_token });
}

async function signUp(email = newEmail(), authenticator = newAuthenticator()) {
  const browser = openBrowser(api);
  const flow = await browser.begin('registration');
  const reply = await post(browser, 'registration', flow, {
    ...{ method: 'webauthn', traits: { email }, webauthn_register_displayname: 'Blue key' },
    webauthn_register: authenticator.create(optionsOf(flow, 'webauthn_register_trigger')),
  });
  assert.equal(reply.status, 200, reply.text);
  return { id: reply.body.identity.id, email, authenticator };
}

/** Names somebody, and shows what the page then has. */
async function name(browser: Browser, identifier: string): Promise<{ reply: Reply; flow: Shown }> {
  const flow = await browser.begin('login');
  const reply = await post(browser, 'login', flow, { method: 'webauthn', identifier });
  const shown = await browser.get(`/self-service/login/flows?id=${flow.id}`, { accept: 'application/json' });
  return { reply, flow: shown.body };
}

test('the nodes of a sign-up are the contract’s', async () => {
  const flow = await openBrowser(api).begin('registration');
  const nodes = nodesOf(flow).filter((node) => node.startsWith('webauthn'));
  assert.deepEqual(nodes, [
    'webauthn webauthn_register_displayname(text)',
    'webauthn webauthn_register(hidden)',
    'webauthn webauthn_register_trigger(button)',
    'webauthn webauthn_script(text/javascript)',
  ]);
  const native = (await nativeClient(api).begin('registration')).body;
  assert.ok(!nodesOf(native).some((node) => node.startsWith('webauthn')));
});

test('a key signs up, and then in: first who one is, then the key', async () => {
  const { id, email, authenticator } = await signUp();
  const browser = openBrowser(api);
  const begun = await browser.begin('login');
  const submit = begun.ui.nodes.find(
    ({ group, attributes }: Shown) => group === 'webauthn' && attributes.name === 'method',
  );
  assert.deepEqual([submit.attributes.value, submit.meta.label.id], ['webauthn', 1010011]);
  const { reply, flow } = await name(browser, email.toUpperCase());
  assert.equal(reply.status, 422, reply.text);
  assert.equal(reply.body.redirect_browser_to, `${api.server.url}/login?flow=${flow.id}`);
  assert.deepEqual(messagesOf(flow), [1010012]);
  assert.deepEqual(nodesOf(flow), [
    'default csrf_token(hidden)',
    'default identifier(hidden)',
    'webauthn webauthn_script(text/javascript)',
    'webauthn webauthn_login_trigger(button)',
    'webauthn webauthn_login(hidden)',
  ]);
  const webauthn_login = authenticator.get(optionsOf(flow, 'webauthn_login_trigger'));
  const body = { identifier: inputValue(flow, 'identifier'), webauthn_login };
  const done = await post(browser, 'login', flow, body);
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.session.identity.id, id);
  assert.deepEqual(
    done.body.session.authentication_methods.map(({ method, aal }: Shown) => [method, aal]),
    [['webauthn', 'aal1']],
  );
  const { config, identifiers } = (await api.identity(id, 'webauthn')).credentials.webauthn;
  assert.deepEqual(identifiers, [email]);
  assert.equal(config.credentials[0].is_passwordless, true);
});

test('a page without scripts is sent to the same flow again', async () => {
  const { email } = await signUp();
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  const fields = { method: 'webauthn', identifier: email, csrf_token: inputValue(flow, 'csrf_token') };
  const reply = await browser.postForm(`/self-service/login?flow=${flow.id}`, fields);
  assert.equal(reply.status, 303, reply.text);
  assert.equal(reply.headers.get('location'), `${api.server.url}/login?flow=${flow.id}`);
});

test('an unknown identifier and one without a key are told 4000015', async () => {
  const email = newEmail();
  await api.create({ schema_id: 'keys', traits: { email } });
  for (const identifier of [email, newEmail()]) {
    const { reply, flow } = await name(openBrowser(api), identifier);
    assert.deepEqual([reply.status, messagesOf(flow)], [400, [4000015]]);
  }
});

test('another person’s key is refused, whoever is named', async () => {
  const { email } = await signUp();
  const thief = await signUp();
  const browser = openBrowser(api);
  const { flow } = await name(browser, email);
  const { publicKey } = optionsOf(flow, 'webauthn_login_trigger');
  const allowCredentials = [{ id: thief.authenticator.keys[0]?.id.toString('base64url') }];
  const webauthn_login = thief.authenticator.get({ publicKey: { ...publicKey, allowCredentials } });
  const refused = await post(browser, 'login', flow, {
    method: 'webauthn',
    identifier: email,
    webauthn_login,
  });
  assert.deepEqual([refused.status, messagesOf(refused.body)], [400, [4000043]]);
  // Their own name with an answer to this challenge is their own sign-in, and no other.
  const own = await post(browser, 'login', flow, {
    method: 'webauthn',
    identifier: thief.email,
    webauthn_login,
  });
  assert.equal(own.body.session.identity.id, thief.id, own.text);
});

test('a key needs an identifier that finds it', async () => {
  const browser = openBrowser(api);
  const flow = await browser.begin('registration');
  const reply = await post(browser, 'registration', flow, {
    ...{ method: 'webauthn', traits: { nick: 'Jo' } },
    webauthn_register: newAuthenticator().create(optionsOf(flow, 'webauthn_register_trigger')),
  });
  assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000009]]);
});

test('it does for a passkey too, where the authenticator says whose it is', async () => {
  const { id, authenticator } = await signUp();
  const flow = await nativeClient(api).begin('login');
  const { publicKey } = optionsOf(flow.body, 'passkey_challenge');
  const allowCredentials = [{ id: authenticator.keys[0]?.id.toString('base64url') }];
  const passkey_login = authenticator.get({ publicKey: { ...publicKey, allowCredentials } });
  const reply = await nativeClient(api).submit('login', flow.body.id, { method: 'passkey', passkey_login });
  assert.equal(reply.body.session?.identity.id, id, reply.text);
});

test('it is the last way in: the person cannot remove it', async () => {
  const { email, authenticator } = await signUp();
  const browser = openBrowser(api);
  const { flow } = await name(browser, email);
  const webauthn_login = authenticator.get(optionsOf(flow, 'webauthn_login_trigger'));
  await post(browser, 'login', flow, { method: 'webauthn', identifier: email, webauthn_login });
  const settings = await browser.begin('settings');
  const remove = settings.ui.nodes.find(({ attributes }: Shown) => attributes.name === 'webauthn_remove');
  assert.equal(remove.attributes.disabled, true);
  const body = { method: 'webauthn', webauthn_remove: remove.attributes.value };
  const reply = await post(browser, 'settings', settings, body);
  assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000001]]);
});

test('where keys do not sign in by themselves, they are not asked for first', async () => {
  const { email } = await signUp();
  await api.server.configureSelfService({ registrationStyle: 'one_step' });
  try {
    const { reply } = await name(openBrowser(api), email);
    assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4010002]]);
    const flow = await openBrowser(api).begin('registration');
    assert.ok(!nodesOf(flow).some((node) => node.includes('webauthn_register')));
  } finally {
    await api.server.configureSelfService({
      ...{ registrationStyle: 'one_step', methods: { webauthn: { passwordless: true } } },
    });
  }
});
