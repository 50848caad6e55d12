import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { inputValue, JSON_ONLY, messagesOf, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import {
  CLIENT,
  departFrom,
  flowAt,
  HTML,
  type Provider,
  startProvider,
  throughProvider,
  whoIs,
} from '../../harness/openid.ts';

let api: IamApi;
let provider: Provider;
before(async () => {
  api = await startIam();
  provider = await startProvider(api.clock);
  await api.server.setOidcProvider({ id: 'acme', label: 'Acme', issuer: provider.issuer, ...CLIENT });
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const ACME = { provider: 'acme' };
let counter = 0;

/** Somebody new, on the way back. */
async function onTheWay(body: Shown = ACME) {
  counter += 1;
  provider.person = { sub: `hostile-${counter}`, email: newEmail(), email_verified: true };
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  const back = await throughProvider(api, await departFrom(browser, 'login', flow, body));
  return { browser, flow, back };
}

const errorAt = (reply: { headers: Headers }) =>
  new URL(reply.headers.get('location') ?? '').searchParams.get('id');

/** With some parameters of the way back changed. */
function changed(back: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(back, api.server.url);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return `${url.pathname}${url.search}`;
}

async function assertNobody(browser: Shown): Promise<void> {
  assertError(await browser.get('/sessions/whoami', JSON_ONLY), 401);
}

suite('the way back', () => {
  test('iam oidc a state that nobody gave out leads nowhere', async () => {
    const { browser, back } = await onTheWay();
    for (const state of ['x'.repeat(43), 'x', `${'y'.repeat(5000)}`, '%00'])
      assert.equal(errorAt(await browser.get(changed(back, { state }), HTML)), 'not_found');
    const without = await browser.get('/self-service/methods/oidc/callback/acme?code=x', HTML);
    assert.equal(errorAt(without), 'not_found');
    await assertNobody(browser);
  });

  test('iam oidc a state is good once, also of many at once', async () => {
    const { browser, back } = await onTheWay();
    const replies = await Promise.all(Array.from({ length: 20 }, () => browser.get(back, HTML)));
    const done = replies.filter((reply) => !/\/error\?/.test(reply.headers.get('location') ?? ''));
    assert.equal(done.length, 1);
    assert.equal(errorAt(await browser.get(back, HTML)), 'not_found');
    await whoIs(browser);
    const [found, ...more] = (await api.get(`/admin/identities?credentials_identifier=${newest()}`)).body;
    assert.ok(found);
    assert.deepEqual(more, []);
  });

  const newest = () => `acme:hostile-${counter}`;

  test('iam oidc a state is of one browser, and another one does not use it up', async () => {
    const { browser, back } = await onTheWay();
    const stranger = openBrowser(api);
    assert.equal(errorAt(await stranger.get(back, HTML)), 'security_csrf_violation');
    await stranger.begin('login');
    assert.equal(errorAt(await stranger.get(back, HTML)), 'security_csrf_violation');
    await assertNobody(stranger);
    assert.equal((await browser.get(back, HTML)).status, 303);
    await whoIs(browser);
  });

  test('iam oidc only the last way out of a flow leads back', async () => {
    const { browser, flow, back } = await onTheWay();
    const next = await throughProvider(api, await departFrom(browser, 'login', flow, ACME));
    assert.equal(errorAt(await browser.get(back, HTML)), 'not_found');
    await browser.get(next, HTML);
    await whoIs(browser);
  });

  test('iam oidc a state is good for a quarter of an hour', async () => {
    const { browser, back } = await onTheWay();
    api.clock.advance(15 * 60);
    assert.equal(errorAt(await browser.get(back, HTML)), 'not_found');
    await assertNobody(browser);
  });

  test('iam oidc a state of one provider, pool or flow is none of another', async () => {
    const settings = { id: 'other', label: 'Other', issuer: provider.issuer, ...CLIENT };
    await api.server.setOidcProvider(settings);
    const { browser, back } = await onTheWay();
    const { app_id: sandbox } = api.server.quickstart.sandbox;
    assert.equal(errorAt(await browser.get(`/p/${sandbox}${back}`, HTML)), 'not_found');
    const mixed = back.replace('/callback/acme', '/callback/other');
    assert.equal(errorAt(await browser.get(mixed, HTML)), 'not_found');
    await assertNobody(browser);
  });

  test('iam oidc another issuer than the provider’s is refused (RFC 9207)', async () => {
    const { browser, back } = await onTheWay();
    const reply = await browser.get(changed(back, { iss: 'https://attacker.example.com' }), HTML);
    assert.deepEqual(messagesOf(await flowAt(api, browser, reply)), [4000001]);
    await assertNobody(browser);
  });

  test('iam oidc a provider’s refusal is told on the flow, in our own words', async () => {
    for (const [error, words] of [
      ['access_denied', /cancelled/],
      ['server_error', /cannot be reached/],
      ['<script>alert(1)</script>', /could not be verified/],
    ] as const) {
      const { browser, back } = await onTheWay();
      const said = { error, error_description: '<b>call 555-1234</b>' };
      const reply = await browser.get(changed(back, said).replace(/code=[^&]*&/, ''), HTML);
      const flow = await flowAt(api, browser, reply);
      assert.match(flow.ui.messages[0].text, words);
      assert.doesNotMatch(JSON.stringify(flow), /555|alert/);
    }
  });

  test('iam oidc a form of the provider’s page leads back too', async () => {
    const { browser, back } = await onTheWay();
    const url = new URL(back, api.server.url);
    const sent = { ...Object.fromEntries(url.searchParams), session_state: 'x', user: '{"name":"x"}' };
    const posted = await openBrowser(api).postForm(url.pathname, sent);
    assert.equal(posted.status, 303, posted.text);
    const again = new URL(posted.headers.get('location') ?? '');
    assert.equal(again.origin, api.server.url);
    assert.deepEqual([...again.searchParams.keys()].sort(), ['code', 'state']);
    await browser.get(`${again.pathname}${again.search}`, HTML);
    await whoIs(browser);
  });

  test('iam oidc a flow that was used up meanwhile lets nobody else in', async () => {
    const { browser, flow, back } = await onTheWay();
    const [email, password] = [newEmail(), 'a quiet harbour in June'];
    await api.create({ traits: { email }, credentials: { password: { config: { password } } } });
    const csrf_token = inputValue(flow, 'csrf_token');
    const body = { method: 'password', identifier: email, password, csrf_token };
    assert.equal((await browser.postJson(`/self-service/login?flow=${flow.id}`, body)).status, 200);
    const session = await whoIs(browser);
    const reply = await browser.get(back, HTML);
    assert.equal(reply.headers.get('location'), `${api.server.url}/`);
    assert.equal((await whoIs(browser)).id, session.id);
    assert.deepEqual((await api.get(`/admin/identities?credentials_identifier=${newest()}`)).body, []);
  });

  test('iam oidc a provider that was switched off in between lets nobody in', async (t) => {
    const { browser, back } = await onTheWay();
    await api.server.setOidcProvider({ id: 'acme', isEnabled: false });
    t.after(() => api.server.setOidcProvider({ id: 'acme', isEnabled: true }));
    const reply = await browser.get(back, HTML);
    assert.deepEqual(messagesOf(await flowAt(api, browser, reply)), [4010002]);
    await assertNobody(browser);
  });
});
