import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { codeSentTo, inputValue, JSON_ONLY, messagesOf, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { CLIENT, flowAt, goThrough, type Provider, startProvider, whoIs } from '../../harness/openid.ts';

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

const PASSWORD = 'a quiet harbour in June';
const ACME = { provider: 'acme' };
let counter = 0;

/** Somebody whom the provider knows, and nobody here. */
function somebodyNew(claims: Shown = {}): { email: string; sub: string } {
  counter += 1;
  const [email, sub] = [newEmail(), `Subject-${counter}`];
  provider.person = { sub, email, email_verified: true, given_name: 'Ana', family_name: 'Silva', ...claims };
  return { email, sub };
}

async function enter(query = '') {
  const browser = openBrowser(api);
  const flow = await browser.begin('login', query);
  const reply = await goThrough(api, browser, { kind: 'login', flow, body: ACME });
  return { browser, flow, reply };
}

/** Signed in by a password, in a browser. */
async function signedIn(credentials: Shown = {}) {
  const email = newEmail();
  const password = { config: { password: PASSWORD } };
  const { id } = await api.create({ traits: { email }, credentials: { password, ...credentials } });
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  const csrf_token = inputValue(flow, 'csrf_token');
  const body = { method: 'password', identifier: email, password: PASSWORD, csrf_token };
  assert.equal((await browser.postJson(`/self-service/login?flow=${flow.id}`, body)).status, 200);
  return { id, email, browser };
}

suite('an address that another identity has', () => {
  async function conflict(claims: Shown = {}) {
    const { id, email } = await signedIn();
    const { sub } = somebodyNew({ email, ...claims });
    const { browser, reply } = await enter();
    return { id, email, sub, browser, flow: await flowAt(api, browser, reply) };
  }
  const submit = (browser: Shown, flow: Shown, body: Shown) =>
    browser.postJson(`/self-service/login?flow=${flow.id}`, {
      csrf_token: inputValue(flow, 'csrf_token'),
      method: 'password',
      ...body,
    });

  test('iam oidc links nothing by itself, not even a verified one', async () => {
    const { id, email, browser, flow } = await conflict();
    assert.equal(flow.kind, 'login');
    assert.deepEqual(messagesOf(flow), [1010016]);
    const { duplicateIdentifier, provider: label } = flow.ui.messages[0].context;
    assert.deepEqual([duplicateIdentifier, label], [email, 'Acme']);
    assertError(await browser.get('/sessions/whoami', JSON_ONLY), 401);
    const { credentials } = await api.identity(id);
    assert.equal(credentials.oidc, undefined);
  });

  test('iam oidc links the account once the person has signed in to the identity', async () => {
    const { id, email, sub, browser, flow } = await conflict();
    const wrong = await submit(browser, flow, { identifier: email, password: 'not at all' });
    assert.equal(wrong.status, 400, wrong.text);
    const right = await submit(browser, flow, { identifier: email, password: PASSWORD });
    assert.equal(right.status, 200, right.text);
    const { credentials } = await api.identity(id);
    assert.deepEqual(credentials.oidc.identifiers, [`acme:${sub}`]);
    assert.equal((await whoIs((await enter()).browser)).identity.id, id);
  });

  test('iam oidc signing in to another identity links nothing', async () => {
    const { id, browser, flow } = await conflict();
    const other = await signedIn();
    const reply = await submit(browser, flow, { identifier: other.email, password: PASSWORD });
    assert.equal(reply.status, 400, reply.text);
    assert.deepEqual(messagesOf(reply.body), [4010009]);
    for (const one of [id, other.id]) assert.equal((await api.identity(one)).credentials.oidc, undefined);
  });

  test('iam oidc an account that became another identity’s meanwhile is not taken from it', async () => {
    const { id, email, sub, browser, flow } = await conflict();
    provider.person = { sub, email: newEmail() };
    const taken = await whoIs((await enter()).browser);
    const reply = await submit(browser, flow, { identifier: email, password: PASSWORD });
    assert.equal(reply.status, 200, reply.text);
    assert.equal((await api.identity(id)).credentials.oidc, undefined);
    const { credentials } = await api.identity(taken.identity.id);
    assert.deepEqual(credentials.oidc.identifiers, [`acme:${sub}`]);
  });

  test('iam oidc of many first logins of one person at once one signs up, and all are signed in', async () => {
    const { sub } = somebodyNew();
    const entered = await Promise.all(Array.from({ length: 10 }, () => enter()));
    const people = await Promise.all(entered.map(async ({ browser: one }) => (await whoIs(one)).identity.id));
    assert.equal(new Set(people).size, 1);
    assert.equal((await api.get(`/admin/identities?credentials_identifier=acme:${sub}`)).body.length, 1);
  });

  test('iam oidc the account waits through a login by code', async () => {
    const { id, email, sub, browser, flow } = await conflict();
    const asked = await submit(browser, flow, { method: 'code', identifier: email });
    assert.equal(asked.status, 400, asked.text);
    const code = await codeSentTo(api, email);
    const done = await submit(browser, asked.body, { method: 'code', identifier: email, code });
    assert.equal(done.status, 200, done.text);
    assert.deepEqual((await api.identity(id)).credentials.oidc.identifiers, [`acme:${sub}`]);
  });
});
