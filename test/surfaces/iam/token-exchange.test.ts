import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { messagesOf, nativeClient, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { CLIENT, HTML, type Provider, startProvider, throughProvider } from '../../harness/openid.ts';

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

const WISH = '?return_session_token_exchange_code=true&return_to=/app';
let counter = 0;

const exchange = (init: string, code: string) =>
  api.get(`/sessions/token-exchange?init_code=${init}&return_to_code=${code}`, { key: null });

/** A native client that has sent somebody's browser away. */
async function begin(kind: 'login' | 'registration' = 'login', query = WISH) {
  counter += 1;
  provider.person = { sub: `app-${counter}`, email: newEmail(), email_verified: true };
  const native = nativeClient(api);
  const flow = (await native.begin(kind, query)).body;
  const sent = await native.submit(kind, flow.id, { method: 'oidc', provider: 'acme' });
  assert.equal(sent.status, 422, sent.text);
  return { native, flow, init: flow.session_token_exchange_code, url: sent.body.redirect_browser_to };
}

/** What the browser brings to the client. */
async function comeBack(url: string): Promise<URL> {
  const reply = await openBrowser(api).get(await throughProvider(api, url), HTML);
  assert.equal(reply.status, 303, reply.text);
  assert.deepEqual(reply.headers.getSetCookie(), [], 'the browser is not signed in');
  return new URL(reply.headers.get('location') ?? '');
}

async function through(kind?: 'login' | 'registration') {
  const begun = await begin(kind);
  const place = await comeBack(begun.url);
  assert.equal(place.pathname, '/app');
  return { ...begun, code: place.searchParams.get('code') ?? '' };
}

test('iam oidc a native client gets the session of its browser for both codes', async () => {
  for (const kind of ['login', 'registration'] as const) {
    const { init, code, flow, native } = await through(kind);
    const reply = await exchange(init, code);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.session.identity.traits.email, provider.person.email);
    const who = await native.whoami(reply.body.session_token);
    assert.equal(who.body.id, reply.body.session.id, who.text);
    const read = await api.get(`/self-service/${kind}/flows?id=${flow.id}`, { key: null });
    assert.equal(read.body.session_token_exchange_code, undefined, 'shown once');
  }
});

test('iam oidc only a flow that was begun so has a code', async () => {
  const { flow } = await begin('login', '');
  assert.equal(flow.session_token_exchange_code, undefined);
  const browser = await openBrowser(api).begin('login', WISH);
  assert.equal(browser.session_token_exchange_code, undefined);
});

test('iam oidc token exchange: 400 without a code, 404 for unknown ones, 422 before the login is done', async () => {
  const { init, url } = await begin();
  for (const query of ['', `?init_code=${init}`, '?return_to_code=x', `?init_code=${init}&return_to_code=`])
    assertError(await api.get(`/sessions/token-exchange${query}`, { key: null }), 400);
  assertError(await exchange('unknown', 'unknown'), 404);
  assertError(await exchange(init, 'unknown'), 422);
  await comeBack(url);
  assertError(await exchange(init, 'unknown'), 404);
});

test('iam oidc both codes belong to each other, and to their pool', async () => {
  const [one, other] = [await through(), await through()];
  assertError(await exchange(one.init, other.code), 404);
  assertError(await exchange(one.code, one.init), 404);
  const path = `/sessions/token-exchange?init_code=${one.init}&return_to_code=${one.code}`;
  const { app_id: sandbox } = api.server.quickstart.sandbox;
  assertError(await api.get(`/p/${sandbox}${path}`, { key: null }), 404);
  assert.equal((await api.get(`/iam${path}`, { key: null })).status, 200);
});

test('iam oidc of 50 exchanges at once one gets the session', async () => {
  const { init, code } = await through();
  const replies = await Promise.all(Array.from({ length: 50 }, () => exchange(init, code)));
  const statuses = replies.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, ...Array(49).fill(404)]);
});

test('iam oidc the codes are good for minutes, and no longer than the session', async () => {
  const late = await through();
  api.clock.advance(5 * 60);
  assertError(await exchange(late.init, late.code), 404);
  const { init, code } = await through();
  const [found] = (await api.get(`/admin/identities?credentials_identifier=acme:app-${counter}`)).body;
  assert.equal((await api.delete(`/admin/identities/${found.id}/sessions`)).status, 204);
  assertError(await exchange(init, code), 404);
});

test('iam oidc codes and tokens are nowhere in clear', async () => {
  const { init, code } = await through();
  const rows = await api.server.sql<Shown>('select t::text as row from token_exchanges t');
  const states = await api.server.sql<Shown>('select d::text as row from oidc_departures d');
  const text = JSON.stringify([...rows, ...states]) + api.server.logs();
  for (const secret of [init, code, Buffer.from(init).toString('hex'), CLIENT.clientSecret])
    assert.ok(!text.includes(secret));
});

test('iam oidc where no client waits nobody is signed in', async () => {
  const { url } = await begin('login', '');
  const place = await comeBack(url);
  assert.equal(place.searchParams.get('id'), 'not_found');
  const found = await api.get(`/admin/identities?credentials_identifier=acme:app-${counter}`);
  assert.deepEqual(found.body, []);
});

test('iam oidc whoever began a flow gets nothing of whom its browser brought', async () => {
  await api.setSchema('shoes', {
    properties: { shoe: { type: 'number' }, email: { type: 'string' } },
    required: ['shoe'],
  });
  assert.equal((await api.put('/admin/schemas/shoes/default')).status, 200);
  try {
    const { native, flow, url } = await begin('registration');
    const place = await comeBack(url);
    const id = place.searchParams.get('flow') ?? '';
    assert.notEqual(id, flow.id);
    const body = { method: 'oidc', provider: 'acme', traits: { shoe: 43 } };
    const stranger = await native.submit('registration', flow.id, body);
    assert.equal(stranger.status, 422, 'is sent to the provider like anybody');
    const own = await native.submit('registration', id, body);
    assert.equal(own.status, 200, own.text);
    assert.match(own.body.session_token, /^ory_st_/);
  } finally {
    await api.put('/admin/schemas/default/default');
  }
});

test('iam oidc what stays to be done is for the native client', async () => {
  const { native, url } = await begin();
  const email = newEmail();
  const credentials = { password: { config: { password: 'a quiet harbour in June' } } };
  await api.create({ traits: { email }, credentials });
  provider.person = { sub: `app-taken-${counter}`, email };
  const place = await comeBack(url);
  const id = place.searchParams.get('flow') ?? '';
  const flow = await api.get(`/self-service/login/flows?id=${id}`, { key: null });
  assert.deepEqual(messagesOf(flow.body), [1010016], flow.text);
  const done = await native.submit('login', id, {
    ...{ method: 'password', identifier: email, password: 'a quiet harbour in June' },
  });
  assert.equal(done.status, 200, done.text);
});
