import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import {
  codeSentTo,
  inputValue,
  JSON_ONLY,
  messagesOf,
  nativeClient,
  openBrowser,
} from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { messagesTo } from '../../harness/outbox.ts';
import { codeFlows } from '../../harness/recoveries.ts';

const PASSWORD = 'correct horse battery';
const VERIFIED = { hooks: { requireVerifiedAddress: true } };

let api: IamApi;
before(async () => {
  api = await startIam();
});
afterEach(() => api.server.configureSelfService({}));
after(() => api[Symbol.asyncDispose]());

const newPerson = () =>
  api.create({
    traits: { email: newEmail() },
    credentials: { password: { config: { password: PASSWORD } } },
  });
const login = (identifier: string, password = PASSWORD) =>
  nativeClient(api).run('login', { method: 'password', identifier, password });

async function submitInBrowser(kind: 'login' | 'registration', body: Record<string, string>) {
  const browser = openBrowser(api);
  const flow = await browser.begin(kind);
  const fields = { ...body, csrf_token: inputValue(flow, 'csrf_token') };
  const path = `/self-service/${kind}?flow=${flow.id}`;
  return { browser, path, fields };
}

test('whoever has proved no address is not signed in, and sent a code; with the code proved, they are', async () => {
  await api.server.configureSelfService(VERIFIED);
  const { id, traits } = await newPerson();
  const refused = await login(traits.email);
  assertError(refused, 403);
  assert.equal(refused.body.error.id, 'session_verified_address_required');
  const [next] = refused.body.error.details.continue_with;
  assert.equal(next.action, 'show_verification_ui');
  assert.equal(next.flow.verifiable_address, traits.email);
  assert.deepEqual((await api.get(`/admin/identities/${id}/sessions`)).body, []);
  const code = await codeSentTo(api, traits.email);
  const verified = await codeFlows(api, 'verification').submit(next.flow.id, { code });
  assert.deepEqual(messagesOf(verified.body), [1080002]);
  assert.equal((await login(traits.email)).status, 200);
});

test('a wrong password is told nothing of it, and sends nothing', async () => {
  await api.server.configureSelfService(VERIFIED);
  const { traits } = await newPerson();
  const refused = await login(traits.email, 'wrong');
  assert.deepEqual([refused.status, messagesOf(refused.body)], [400, [4000006]]);
  assert.deepEqual(await messagesTo(api.server, traits.email), []);
});

test('a code that signs in proves the address it came to', async () => {
  await api.server.configureSelfService(VERIFIED);
  const { traits } = await newPerson();
  const client = nativeClient(api);
  const sent = await client.run('login', { method: 'code', identifier: traits.email });
  const code = await codeSentTo(api, traits.email);
  const body = { method: 'code', identifier: traits.email, code };
  assert.equal((await client.submit('login', sent.body.id, body)).status, 200);
});

test('who has no address to prove is not signed in either', async () => {
  await api.server.configureSelfService(VERIFIED);
  const credentials = { password: { config: { password: PASSWORD } } };
  await api.create({ traits: { username: 'without-address' }, credentials });
  const refused = await login('without-address');
  assertError(refused, 403);
  assert.equal(refused.body.error.details, undefined);
});

test('a page is sent on to verify, in a flow of its own browser', async () => {
  await api.server.configureSelfService(VERIFIED);
  const { traits } = await newPerson();
  const body = { method: 'password', identifier: traits.email, password: PASSWORD };
  const { browser, path, fields } = await submitInBrowser('login', body);
  const script = await browser.postJson(path, fields);
  assert.equal(script.status, 403);
  const [next] = script.body.error.details.continue_with;
  assert.equal(next.flow.url, `${api.server.url}/verification?flow=${next.flow.id}`);
  const page = await browser.postForm(path, fields);
  const place = new URL(page.headers.get('location') ?? '');
  assert.deepEqual([page.status, place.pathname], [303, '/verification']);
  const flows = `/self-service/verification/flows?id=${place.searchParams.get('flow')}`;
  const { body: shown } = await browser.get(flows, JSON_ONLY);
  assert.deepEqual([shown.state, messagesOf(shown)], ['sent_email', [4000010, 1080003]]);
  assert.ok(!browser.cookies.has('ory_kratos_session'));
});

test('the right password again and again does not fill a mailbox', async () => {
  await api.server.configureSelfService(VERIFIED);
  const { traits } = await newPerson();
  const statuses: number[] = [];
  for (let n = 1; n <= 12; n += 1) statuses.push((await login(traits.email)).status);
  assert.deepEqual(statuses, [...Array(10).fill(403), 429, 429]);
  assert.equal((await messagesTo(api.server, traits.email)).length, 10);
});

test('an address of somebody in a log, there is none', async () => {
  await api.server.configureSelfService(VERIFIED);
  const { traits } = await newPerson();
  await login(traits.email);
  assert.ok(!api.server.logs().includes(traits.email));
});

test('a browser that signed up goes on to verify, unless the pool says otherwise', async () => {
  const signUp = async () => {
    const { browser, path, fields } = await submitInBrowser('registration', {
      ...{ method: 'password', password: PASSWORD, 'traits.email': newEmail() },
    });
    return new URL((await browser.postForm(path, fields)).headers.get('location') ?? '').pathname;
  };
  assert.equal(await signUp(), '/verification');
  await api.server.configureSelfService({ hooks: { showVerification: false } });
  assert.equal(await signUp(), '/');
});

test('signing in ends all other sessions where the pool says so', async () => {
  const { traits } = await newPerson();
  const client = nativeClient(api);
  const first = await client.login(traits.email, PASSWORD);
  const second = await client.login(traits.email, PASSWORD);
  const statusOf = async ({ token }: Shown) => (await client.whoami(token)).status;
  assert.deepEqual([await statusOf(first), await statusOf(second)], [200, 200]);
  await api.server.configureSelfService({ hooks: { revokeOtherSessions: { login: true } } });
  const third = await client.login(traits.email, PASSWORD);
  assert.deepEqual(await Promise.all([first, second, third].map(statusOf)), [401, 401, 200]);
});

test('another password ends all other sessions, unless the pool says otherwise', async () => {
  const client = nativeClient(api);
  const change = async () => {
    const { traits } = await newPerson();
    const [one, other] = [
      await client.login(traits.email, PASSWORD),
      await client.login(traits.email, PASSWORD),
    ];
    const body = { method: 'password', password: `${PASSWORD} two` };
    const saved = await client.run('settings', body, { token: one.token });
    assert.equal(saved.status, 200, saved.text);
    return (await client.whoami(other.token)).status;
  };
  assert.equal(await change(), 401);
  await api.server.configureSelfService({ hooks: { revokeOtherSessions: { settings: false } } });
  assert.equal(await change(), 200);
});
