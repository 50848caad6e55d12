import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { inputValue, messagesOf, nativeClient, openBrowser } from '../../harness/flows.ts';
import { assertError, newEmail, type Shown } from '../../harness/iam.ts';
import { toVerification } from '../../harness/kyc-ids.ts';
import {
  CLIENT,
  departFrom,
  flowAt,
  goThrough,
  HTML,
  type Provider,
  startProvider,
  throughProvider,
  whoIs,
} from '../../harness/openid.ts';
import { startTogether, type Together } from '../../harness/together.ts';

let all: Together;
let api: Together['iam'];
let provider: Provider;
before(async () => {
  all = await startTogether();
  api = all.iam;
  provider = await startProvider(api.clock);
  await api.server.setOidcProvider({ id: 'acme', label: 'Acme', issuer: provider.issuer, ...CLIENT });
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await all[Symbol.asyncDispose]();
});

const PASSWORD = 'a quiet harbour in June';
let counter = 0;

/** Somebody whom the provider knows, and nobody here. */
function somebodyNew(): { email: string; sub: string } {
  counter += 1;
  const [email, sub] = [newEmail(), `Subject-${counter}`];
  provider.person = { sub, email, email_verified: true };
  return { email, sub };
}

async function enter() {
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  await goThrough(api, browser, { kind: 'login', flow, body: { provider: 'acme' } });
  return { browser };
}

/** Signed in by a password, in a browser. */
async function signedIn() {
  const email = newEmail();
  const password = { config: { password: PASSWORD } };
  const { id } = await api.create({ traits: { email }, credentials: { password } });
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  const csrf_token = inputValue(flow, 'csrf_token');
  const body = { method: 'password', identifier: email, password: PASSWORD, csrf_token };
  assert.equal((await browser.postJson(`/self-service/login?flow=${flow.id}`, body)).status, 200);
  return { id, email, browser };
}

test('iam oidc whoever signed up at a provider is on all surfaces', async () => {
  const { email } = somebodyNew();
  const { identity } = await whoIs((await enter()).browser);
  assert.equal(await all.emailOnPools(identity.id), email);
  assert.equal((await all.kyc.identity(identity.id)).email, email);
  assert.deepEqual(await all.verification.find({ email }), [toVerification(identity.id)]);
});

suite('settings', () => {
  const settings = (browser: Shown, flow: Shown, body: Shown) =>
    browser.postJson(`/self-service/settings?flow=${flow.id}`, {
      csrf_token: inputValue(flow, 'csrf_token'),
      ...body,
    });
  const labels = ({ ui }: Shown) =>
    ui.nodes.flatMap(({ group, meta }: Shown) => (group === 'oidc' ? [meta.label.id] : []));

  test('iam oidc an account is linked and unlinked', async () => {
    const { id, browser } = await signedIn();
    const { sub } = somebodyNew();
    const flow = await browser.begin('settings');
    assert.deepEqual(labels(flow), [1050002]);
    const reply = await goThrough(api, browser, { kind: 'settings', flow, body: { link: 'acme' } });
    const linked = await flowAt(api, browser, reply);
    assert.deepEqual([linked.state, messagesOf(linked), labels(linked)], ['success', [1050001], [1050003]]);
    assert.deepEqual((await api.identity(id)).credentials.oidc.identifiers, [`acme:${sub}`]);
    assert.equal((await settings(browser, linked, { link: 'acme' })).status, 400);
    const unlinked = await settings(browser, linked, { unlink: 'acme' });
    assert.equal(unlinked.status, 200, unlinked.text);
    assert.deepEqual(labels(unlinked.body), [1050002]);
    assert.equal((await api.identity(id)).credentials.oidc, undefined);
    assert.equal((await settings(browser, linked, { unlink: 'acme' })).status, 400);
  });

  test('iam oidc an account of another identity is refused', async () => {
    const theirs = somebodyNew();
    await enter();
    const { id, browser } = await signedIn();
    provider.person = { sub: theirs.sub };
    const flow = await browser.begin('settings');
    const reply = await goThrough(api, browser, { kind: 'settings', flow, body: { link: 'acme' } });
    assert.deepEqual(messagesOf(await flowAt(api, browser, reply)), [4000007]);
    assert.equal((await api.identity(id)).credentials.oidc, undefined);
  });

  test('iam oidc the last way to sign in is not unlinked', async () => {
    await api.server.configureIam({ passwordlessCode: false });
    try {
      somebodyNew();
      const { browser } = await enter();
      const flow = await browser.begin('settings');
      assert.deepEqual(labels(flow), []);
      const reply = await settings(browser, flow, { unlink: 'acme' });
      assert.equal(reply.status, 400, reply.text);
      assert.deepEqual(messagesOf(reply.body), [4000001]);
      const { identity } = await whoIs(browser);
      assert.equal((await api.identity(identity.id)).credentials.oidc.identifiers.length, 1);
    } finally {
      await api.server.configureIam({ passwordlessCode: true });
    }
  });

  test('iam oidc linking takes a fresh session', async () => {
    const { browser } = await signedIn();
    api.clock.advance(3000);
    const flow = await browser.begin('settings');
    api.clock.advance(700);
    const reply = await settings(browser, flow, { link: 'acme' });
    assertError(reply, 403);
    assert.equal(reply.body.error.id, 'session_refresh_required');
  });

  test('iam oidc somebody else’s browser links nothing on the way back', async () => {
    const { id, browser } = await signedIn();
    somebodyNew();
    const flow = await browser.begin('settings');
    const back = await throughProvider(api, await departFrom(browser, 'settings', flow, { link: 'acme' }));
    const other = await signedIn();
    const reply = await other.browser.get(back, HTML);
    assert.match(reply.headers.get('location') ?? '', /\/error\?id=/);
    for (const one of [id, other.id]) assert.equal((await api.identity(one)).credentials.oidc, undefined);
    assert.equal((await browser.get(back, HTML)).status, 303);
    assert.equal((await api.identity(id)).credentials.oidc.identifiers.length, 1);
  });
});

suite('native clients', () => {
  test('iam oidc an ID token signs in, and up', async () => {
    const email = newEmail();
    const id_token = await provider.idToken({ sub: 'native-1', nonce: 'n-1', email, email_verified: true });
    const body = { method: 'oidc', provider: 'acme', id_token, id_token_nonce: 'n-1' };
    const native = nativeClient(api);
    const made = await native.run('login', body);
    assert.equal(made.status, 200, made.text);
    assert.match(made.body.session_token, /^ory_st_/);
    const again = await native.run('login', body);
    assert.equal(again.status, 200, again.text);
    assert.equal(again.body.session.identity.id, made.body.identity.id);
    assert.equal((await native.whoami(again.body.session_token)).status, 200);
  });

  test('iam oidc an ID token of another nonce, audience or time is refused', async () => {
    const native = nativeClient(api);
    const now = Math.floor(api.clock.now().getTime() / 1000);
    const good = { sub: 'native-2', nonce: 'n-2', email: newEmail() };
    const bad: Shown[] = [
      { nonce: 'n-3' },
      { nonce: undefined },
      { aud: 'another-client' },
      { aud: ['selfsame', 'another'], azp: 'another' },
      { iss: 'https://elsewhere.example.com' },
      { exp: now - 3600 },
      { iat: now + 3600 },
      { nbf: now + 3600 },
      { sub: undefined },
      { sub: '' },
    ];
    for (const claims of bad) {
      const id_token = await provider.idToken({ ...good, ...claims });
      const sent = { method: 'oidc', provider: 'acme', id_token, id_token_nonce: 'n-2' };
      const reply = await native.run('login', sent);
      assert.equal(reply.status, 400, `${JSON.stringify(claims)} ${reply.text}`);
      assert.deepEqual(messagesOf(reply.body), [4000001]);
    }
    const id_token = await provider.idToken(good);
    const reply = await native.run('login', { method: 'oidc', provider: 'acme', id_token });
    assert.deepEqual(messagesOf(reply.body), [4000001]);
  });

  test('iam oidc an address that another identity has asks a native client to sign in to that, too', async () => {
    const { id, email } = await signedIn();
    const id_token = await provider.idToken({ sub: 'native-4', nonce: 'n-4', email });
    const native = nativeClient(api);
    const body = { method: 'oidc', provider: 'acme', id_token, id_token_nonce: 'n-4' };
    const told = await native.run('registration', body);
    assert.equal(told.status, 400, told.text);
    assert.deepEqual(messagesOf(told.body), [1010016]);
    const login = { method: 'password', identifier: email, password: PASSWORD };
    const done = await native.submit('login', told.body.id, login);
    assert.equal(done.status, 200, done.text);
    assert.deepEqual((await api.identity(id)).credentials.oidc.identifiers, ['acme:native-4']);
  });
});
