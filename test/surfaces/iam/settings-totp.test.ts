import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import {
  groupOf,
  messagesOf,
  methodsOf,
  type NativeClient,
  nativeClient,
  showSecond,
} from '../../harness/flows.ts';
import { assertError, type IamApi, type Shown, startIam } from '../../harness/iam.ts';
import {
  assertSaved,
  PASSWORD,
  type SettingsClient,
  type SignedInPerson,
  settingsOf,
  textOfNode,
} from '../../harness/settings.ts';
import { totpAt } from '../../harness/totp.ts';

let api: IamApi;
let client: NativeClient;
let settings: SettingsClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
  settings = settingsOf(api);
});
after(() => api[Symbol.asyncDispose]());

const STEP = 30;
const secretIn = (flow: Shown): string => textOfNode(flow, 'totp_secret_key').context.secret;
const codeOf = (secret: string) => totpAt(secret, api.clock.now());
const sessionOf = async (token: string) => (await client.whoami(token)).body;

/** Sets an app up. @returns Its secret. */
async function setUpTotp(person: SignedInPerson): Promise<string> {
  const flow = await settings.begin(person);
  const secret = secretIn(flow);
  assertSaved(await settings.submit(flow, { method: 'totp', totp_code: codeOf(secret) }, person));
  return secret;
}

test('the QR code, the secret beside it and the account say the same', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const image = flow.ui.nodes.find(({ attributes }: Shown) => attributes.id === 'totp_qr');
  assert.deepEqual([image.attributes.width, image.attributes.height], [256, 256]);
  const [, base64 = ''] = /^data:image\/png;base64,(.+)$/.exec(image.attributes.src) ?? [];
  const { data, width, height } = PNG.sync.read(Buffer.from(base64, 'base64'));
  const read = jsQR.default(new Uint8ClampedArray(data), width, height)?.data ?? '';
  const url = new URL(read);
  assert.equal(url.protocol, 'otpauth:');
  assert.match(secretIn(flow), /^[A-Z2-7]{32}$/);
  assert.equal(url.searchParams.get('secret'), secretIn(flow));
  assert.equal(url.searchParams.get('issuer'), new URL(api.server.url).hostname);
  assert.ok(decodeURIComponent(read).includes(jo.id), 'the id, where the schema names no account');
  const [digits, period, algorithm] = ['digits', 'period', 'algorithm'].map((name) =>
    url.searchParams.get(name),
  );
  assert.deepEqual([digits, period, algorithm], ['6', '30', 'SHA1']);
});

test('the account is what the schema says', async () => {
  const mark = { credentials: { totp: { account_name: true }, password: { identifier: true } } };
  await api.setSchema('named', { properties: { email: { type: 'string', 'ory.sh/kratos': mark } } });
  const jo = await settings.somebody({ schema: 'named' });
  await setUpTotp(jo);
  const { credentials } = await api.identity(jo.id, 'totp');
  const { pathname } = new URL(credentials.totp.config.totp_url);
  assert.ok(decodeURIComponent(pathname).endsWith(`:${jo.email}`), pathname);
});

test('iam 60 a code of it sets it up; the session has it at once, and another one shows it at its next sign-in', async () => {
  const jo = await settings.somebody();
  api.clock.advance(60);
  const secret = await setUpTotp(jo);
  const session = await sessionOf(jo.token);
  assert.equal(session.authenticator_assurance_level, 'aal2');
  assert.deepEqual(methodsOf(session), ['password aal1', 'totp aal2']);
  assert.equal(session.authenticated_at, api.clock.now().toISOString());
  const { token } = await client.login(jo.email, PASSWORD);
  assertError(await client.whoami(token), 403);
  api.clock.advance(STEP);
  const raised = await showSecond(client, token, { method: 'totp', totp_code: codeOf(secret) });
  assert.equal(raised.status, 200, raised.text);
  assert.equal(raised.body.session.authenticator_assurance_level, 'aal2');
  assert.deepEqual(methodsOf(raised.body.session), ['password aal1', 'totp aal2']);
  assert.equal((await client.whoami(token)).status, 200);
});

test('the code that set it up signs nobody in', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const totp_code = codeOf(secretIn(flow));
  assertSaved(await settings.submit(flow, { method: 'totp', totp_code }, jo));
  const { token } = await client.login(jo.email, PASSWORD);
  const again = await showSecond(client, token, { method: 'totp', totp_code });
  assert.equal(again.status, 400);
  assert.deepEqual(messagesOf(again.body), [4000008]);
});

test('a wrong code sets nothing up, and the secret stays for the next try', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const secret = secretIn(flow);
  const old = totpAt(secret, new Date(api.clock.now().getTime() - 5 * 60_000));
  for (const totp_code of [old, '12345', 'abcdef', `${codeOf(secret)}0`]) {
    const reply = await settings.submit(flow, { method: 'totp', totp_code }, jo);
    assert.equal(reply.status, 400);
    assert.deepEqual(messagesOf(reply.body), [4000008]);
    assert.equal(secretIn(reply.body), secret);
  }
  assert.deepEqual(messagesOf((await settings.submit(flow, { method: 'totp' }, jo)).body), [4000002]);
  assert.equal((await api.identity(jo.id, 'totp')).credentials.totp, undefined);
  assertSaved(await settings.submit(flow, { method: 'totp', totp_code: codeOf(secret) }, jo));
});

test('the secret stays while something else is saved', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const traits = { email: jo.email, name: { first: 'Jo' } };
  const saved = await settings.submit(flow, { method: 'profile', traits }, jo);
  assert.equal(secretIn(saved.body), secretIn(flow));
  assertSaved(await settings.submit(flow, { method: 'totp', totp_code: codeOf(secretIn(flow)) }, jo));
});

test('ten wrong codes lock the setting up, and not the sign-in', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  for (let count = 0; count < 10; count += 1)
    await settings.submit(flow, { method: 'totp', totp_code: 'wrong' }, jo);
  const right = { method: 'totp', totp_code: codeOf(secretIn(flow)) };
  assertError(await settings.submit(flow, right, jo), 429);
  await client.login(jo.email, PASSWORD);
  api.clock.advance(15 * 60);
  const later = { method: 'totp', totp_code: codeOf(secretIn(flow)) };
  assertSaved(await settings.submit(flow, later, jo));
});

test('once it is set up it can only be removed, by its button alone', async () => {
  const jo = await settings.somebody();
  const secret = await setUpTotp(jo);
  const flow = await settings.begin(jo);
  assert.deepEqual(groupOf(flow, 'totp'), ['totp totp_unlink(submit)']);
  api.clock.advance(STEP);
  const twice = await settings.submit(flow, { method: 'totp', totp_code: codeOf(secret) }, jo);
  assert.deepEqual([twice.status, messagesOf(twice.body)], [400, [4010004]]);
  const removed = await settings.submit(flow, { totp_unlink: true }, jo);
  assertSaved(removed);
  assert.notEqual(secretIn(removed.body), secret);
  assert.equal((await api.identity(jo.id, 'totp')).credentials.totp, undefined);
  const { token } = await client.login(jo.email, PASSWORD);
  assert.equal((await client.whoami(token)).status, 200);
  const again = await settings.submit(flow, { method: 'totp', totp_unlink: true }, jo);
  assert.deepEqual([again.status, messagesOf(again.body)], [400, [4010004]]);
});

test('fifty submits of one code at once set one app up', async () => {
  const jo = await settings.somebody();
  const flow = await settings.begin(jo);
  const body = { method: 'totp', totp_code: codeOf(secretIn(flow)) };
  const replies = await Promise.all(Array.from({ length: 50 }, () => settings.submit(flow, body, jo)));
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  // The others have shown no second factor, or come to an app that is there.
  for (const { status, text } of replies.filter((one) => one.status !== 200))
    assert.ok([400, 403].includes(status), text);
  const { credentials } = await api.identity(jo.id, 'totp');
  assert.ok(credentials.totp.config.totp_url.includes(secretIn(flow)));
  assert.deepEqual(methodsOf(await sessionOf(jo.token)), ['password aal1', 'totp aal2']);
  assert.deepEqual(groupOf((await settings.read(flow, jo)).body, 'totp'), ['totp totp_unlink(submit)']);
});
