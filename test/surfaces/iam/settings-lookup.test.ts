import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  groupOf,
  messagesOf,
  methodsOf,
  type NativeClient,
  nativeClient,
  showSecond,
} from '../../harness/flows.ts';
import { type IamApi, type Shown, startIam } from '../../harness/iam.ts';
import {
  assertSaved,
  PASSWORD,
  type SettingsClient,
  type SignedInPerson,
  settingsOf,
  textOfNode,
} from '../../harness/settings.ts';

let api: IamApi;
let client: NativeClient;
let settings: SettingsClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
  settings = settingsOf(api);
});
after(() => api[Symbol.asyncDispose]());

const sessionOf = async (token: string) => (await client.whoami(token)).body;
/** The codes that a flow shows. */
const codesIn = (flow: Shown): string[] =>
  textOfNode(flow, 'lookup_secret_codes').context.secrets.map((one: Shown) => one.context.secret);
const lookup = (flow: Shown, what: string, person: SignedInPerson) =>
  settings.submit(flow, { method: 'lookup_secret', [`lookup_secret_${what}`]: true }, person);

test('twelve codes are made, shown, and count only once they were confirmed', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const made = await lookup(flow, 'regenerate', jo);
  assert.equal(made.status, 200, made.text);
  assert.equal(made.body.state, 'show_form');
  const codes = codesIn(made.body);
  assert.equal(new Set(codes).size, 12);
  for (const code of codes) assert.match(code, /^[a-z0-9]{8}$/);
  assert.deepEqual(groupOf(made.body, 'lookup_secret'), [
    'lookup_secret lookup_secret_codes(text)',
    'lookup_secret lookup_secret_confirm(submit)',
  ]);
  assert.equal((await api.identity(jo.id, 'lookup_secret')).credentials.lookup_secret, undefined);
  assert.equal((await sessionOf(jo.token)).authenticator_assurance_level, 'aal1');
  const confirmed = await lookup(flow, 'confirm', jo);
  assertSaved(confirmed);
  assert.deepEqual(groupOf(confirmed.body, 'lookup_secret'), [
    'lookup_secret lookup_secret_reveal(submit)',
    'lookup_secret lookup_secret_disable(submit)',
  ]);
  const { credentials } = await api.identity(jo.id, 'lookup_secret');
  assert.deepEqual(
    credentials.lookup_secret.config.recovery_codes.map(({ code }: Shown) => code),
    codes,
  );
  assert.deepEqual(methodsOf(await sessionOf(jo.token)), ['password aal1', 'lookup_secret aal2']);
});

test('iam 61 each of them raises a session once', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const [code = ''] = codesIn((await lookup(flow, 'regenerate', jo)).body);
  assertSaved(await lookup(flow, 'confirm', jo));
  const body = { method: 'lookup_secret', lookup_secret: code };
  const first = await client.login(jo.email, PASSWORD);
  assert.equal((await showSecond(client, first.token, body)).status, 200);
  const second = await client.login(jo.email, PASSWORD);
  const used = await showSecond(client, second.token, body);
  assert.deepEqual([used.status, messagesOf(used.body)], [400, [4000012]]);
});

test('they can be looked at again, those that were used as used', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const [code = '', ...others] = codesIn((await lookup(flow, 'regenerate', jo)).body);
  assertSaved(await lookup(flow, 'confirm', jo));
  const { token } = await client.login(jo.email, PASSWORD);
  await showSecond(client, token, { method: 'lookup_secret', lookup_secret: code });
  const shown = await lookup(flow, 'reveal', jo);
  assert.equal(shown.status, 200, shown.text);
  const { text, context } = textOfNode(shown.body, 'lookup_secret_codes');
  assert.equal(text, ['used', ...others].join(', '));
  assert.deepEqual(
    context.secrets.map(({ id }: Shown) => id),
    [1050014, ...others.map(() => 1050009)],
  );
  assert.equal(context.secrets[0].context.used_at, api.clock.now().toISOString());
  assert.deepEqual(groupOf(shown.body, 'lookup_secret'), [
    'lookup_secret lookup_secret_regenerate(submit)',
    'lookup_secret lookup_secret_codes(text)',
    'lookup_secret lookup_secret_disable(submit)',
  ]);
});

test('made again, the old ones count until the new ones were confirmed', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const [old = '', other = ''] = codesIn((await lookup(flow, 'regenerate', jo)).body);
  assertSaved(await lookup(flow, 'confirm', jo));
  const [next = ''] = codesIn((await lookup(flow, 'regenerate', jo)).body);
  const first = await client.login(jo.email, PASSWORD);
  const by = (token: string, code: string) =>
    showSecond(client, token, { method: 'lookup_secret', lookup_secret: code });
  assert.deepEqual(messagesOf((await by(first.token, next)).body), [4000016]);
  assert.equal((await by(first.token, old)).status, 200);
  assertSaved(await lookup(flow, 'confirm', jo));
  const second = await client.login(jo.email, PASSWORD);
  assert.deepEqual(messagesOf((await by(second.token, other)).body), [4000016]);
  assert.equal((await by(second.token, next)).status, 200);
});

test('done away with they count no more, and nothing asks for them', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  await lookup(flow, 'regenerate', jo);
  assertSaved(await lookup(flow, 'confirm', jo));
  const removed = await settings.submit(flow, { lookup_secret_disable: true }, jo);
  assertSaved(removed);
  assert.deepEqual(groupOf(removed.body, 'lookup_secret'), [
    'lookup_secret lookup_secret_regenerate(submit)',
  ]);
  assert.equal((await api.identity(jo.id, 'lookup_secret')).credentials.lookup_secret, undefined);
  const { token } = await client.login(jo.email, PASSWORD);
  assert.equal((await client.whoami(token)).status, 200);
});

test('what there is nothing of is neither confirmed nor shown nor removed', async () => {
  const jo = await settings.somebody();
  const cases = [
    ['confirm', 4000001],
    ['reveal', 4000014],
    ['disable', 4010004],
  ] as const;
  for (const [what, message] of cases) {
    const reply = await lookup(await settings.begin(jo), what, jo);
    assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [message]], what);
  }
});

test('fifty confirmations at once save the codes that were shown', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const codes = codesIn((await lookup(flow, 'regenerate', jo)).body);
  const replies = await Promise.all(Array.from({ length: 50 }, () => lookup(flow, 'confirm', jo)));
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  for (const { status, text } of replies.filter((one) => one.status !== 200))
    assert.ok([400, 403].includes(status), text);
  const { credentials } = await api.identity(jo.id, 'lookup_secret');
  assert.deepEqual(
    credentials.lookup_secret.config.recovery_codes.map(({ code }: Shown) => code),
    codes,
  );
  assert.deepEqual(methodsOf(await sessionOf(jo.token)), ['password aal1', 'lookup_secret aal2']);
});

test('nothing of a secret is readable in what is stored or logged', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const made = await lookup(flow, 'regenerate', jo);
  const secrets = [textOfNode(flow, 'totp_secret_key').context.secret, ...codesIn(made.body)];
  const rows = await api.server.sql<{ row: string }>(
    `select (f.*)::text as row from flows f where f.id = $1::uuid`,
    [flow.id],
  );
  assert.equal(rows.length, 1);
  for (const secret of secrets) {
    assert.ok(!rows[0]?.row.includes(Buffer.from(secret).toString('hex')));
    assert.ok(!api.server.logs().includes(secret));
  }
});
