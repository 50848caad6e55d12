import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  codeSentTo,
  inputValue,
  messagesOf,
  type NativeClient,
  nativeClient,
  nodesOf,
  openBrowser,
} from '../../harness/flows.ts';
import { type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { PASSWORD, type SettingsClient, settingsOf } from '../../harness/settings.ts';

let api: IamApi;
let client: NativeClient;
let settings: SettingsClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
  settings = settingsOf(api);
  await api.server.configureIam({ selfService: { loginStyle: 'identifier_first' } });
});
after(() => api[Symbol.asyncDispose]());

const METHOD = 'identifier_first';
const withoutKeys = (flow: Shown) => nodesOf(flow).filter((node) => !/^(passkey|webauthn) /.test(node));
const byName = ({ ui }: Shown, name: string) =>
  ui.nodes.find(({ attributes }: Shown) => attributes.name === name);

test('the first step asks for the identifier alone', async () => {
  const { body: flow } = await client.begin('login');
  assert.deepEqual(withoutKeys(flow), [
    'default csrf_token(hidden)',
    ...['identifier_first identifier(text)', 'identifier_first method(submit)'],
  ]);
  assert.equal(byName(flow, 'identifier').meta.label.id, 1070004);
  assert.equal(byName(flow, 'method').meta.label.id, 1070009);
});

test('the second asks for what shows that it is them, with the identifier kept', async () => {
  const jo = await settings.somebody();
  const { body: flow } = await client.begin('login');
  const named = await client.submit('login', flow.id, { method: METHOD, identifier: jo.email });
  assert.equal(named.status, 400, named.text);
  assert.equal(named.body.active, METHOD);
  assert.deepEqual(messagesOf(named.body), []);
  assert.deepEqual(withoutKeys(named.body), [
    ...['default csrf_token(hidden)', 'default identifier(hidden)', 'code method(submit)'],
    ...['password password(password)', 'password method(submit)'],
  ]);
  assert.equal(inputValue(named.body, 'identifier'), jo.email);
  const wrong = await client.submit('login', flow.id, {
    method: 'password',
    identifier: jo.email,
    password: 'x',
  });
  assert.deepEqual(messagesOf(wrong.body), [4000006]);
  assert.equal(inputValue(wrong.body, 'identifier'), jo.email);
  const body = { method: 'password', identifier: jo.email, password: PASSWORD };
  assert.equal((await client.submit('login', flow.id, body)).status, 200);
});

test('nobody learns whether there is such a person', async () => {
  const jo = await settings.somebody();
  const shownFor = async (identifier: string) => {
    const { body: flow } = await client.begin('login');
    const { status, body } = await client.submit('login', flow.id, { method: METHOD, identifier });
    const nodes = body.ui.nodes.map((one: Shown) =>
      ['passkey_challenge', 'identifier'].includes(one.attributes.name) ? one.attributes.name : one,
    );
    return { status, nodes, messages: body.ui.messages };
  };
  assert.deepEqual(await shownFor(newEmail()), await shownFor(jo.email));
});

test('without an identifier, or with one that nobody has room for, the node says so', async () => {
  for (const [identifier, message] of [
    [undefined, 4000002],
    ['', 4000002],
    ['x'.repeat(1025), 4000017],
  ] as const) {
    const reply = await client.run('login', { method: METHOD, identifier });
    assert.equal(reply.status, 400);
    assert.deepEqual(
      byName(reply.body, 'identifier').messages.map(({ id }: Shown) => id),
      [message],
    );
  }
});

test('by a code, too', async () => {
  const jo = await settings.somebody();
  const { body: flow } = await client.begin('login');
  await client.submit('login', flow.id, { method: METHOD, identifier: jo.email });
  const sent = await client.submit('login', flow.id, { method: 'code', identifier: jo.email });
  assert.equal(sent.body.state, 'sent_email', sent.text);
  const code = await codeSentTo(api, jo.email);
  const body = { method: 'code', identifier: jo.email, code };
  assert.equal((await client.submit('login', flow.id, body)).status, 200);
});

test('who knows what they want needs no first step', async () => {
  const jo = await settings.somebody();
  const body = { method: 'password', identifier: jo.email, password: PASSWORD };
  assert.equal((await client.run('login', body)).status, 200);
});

test('whoever confirms that it is them is not asked who they are', async () => {
  const jo = await settings.somebody();
  const { body: flow } = await client.begin('login', '?refresh=true', { token: jo.token });
  assert.equal(byName(flow, 'identifier').attributes.type, 'hidden');
  assert.ok(nodesOf(flow).includes('password password(password)'));
});

test('a page goes through both steps', async () => {
  const browser = openBrowser(api);
  const jo = await settings.somebody();
  const flow = await browser.begin('login');
  const path = `/self-service/login?flow=${flow.id}`;
  const csrf_token = inputValue(flow, 'csrf_token');
  const named = await browser.postForm(path, { method: METHOD, identifier: jo.email, csrf_token });
  assert.equal(named.headers.get('location'), `${api.server.url}/login?flow=${flow.id}`);
  const fields = { method: 'password', identifier: jo.email, password: PASSWORD, csrf_token };
  assert.equal((await browser.postForm(path, fields)).headers.get('location'), `${api.server.url}/`);
});

test('where signing in asks for everything at once the first step is no method', async () => {
  await api.server.configureIam({ selfService: {} });
  try {
    const reply = await client.run('login', { method: METHOD, identifier: newEmail() });
    assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4010002]]);
  } finally {
    await api.server.configureIam({ selfService: { loginStyle: 'identifier_first' } });
  }
});
