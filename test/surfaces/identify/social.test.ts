import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { TestClock } from '../../harness/clock.ts';
import {
  assertInvalid,
  assertRefused,
  DEVICE,
  type IdentifyApi,
  type Shown,
  startIdentify,
} from '../../harness/identify.ts';
import { CLIENT, type Provider, startProvider } from '../../harness/openid.ts';
import { json, type StandIn, startStandIn } from '../../harness/stand-in.ts';

let api: IdentifyApi;
let google: Provider;
let service: StandIn;
const clock = new TestClock();
const GOOD = { is_valid: true, app_id: '77', type: 'USER', expires_at: 0, user_id: '5' };

before(async () => {
  google = await startProvider(clock);
  service = await startStandIn({
    '/certs': (asked, response) => json({ keys: google.server.issuer.keys.toJSON() })(asked, response),
  });
  api = await startIdentify({ clock });
  const { url } = service;
  await api.server.configureIdentify({
    providers: {
      google: {
        ...{ clientIds: [CLIENT.clientId], jwksUri: `${url}/certs` },
        ...{ tokeninfoUrl: `${url}/tokeninfo`, userinfoUrl: `${url}/userinfo` },
      },
      facebook: { appId: '77', appSecret: 'app-secret', graphUrl: url },
      twitter: { apiUrl: url },
    },
  });
});
beforeEach(() => {
  service.answers['/2/users/me'] = json({ data: { id: '9', name: 'Ana', username: 'ana' } });
  service.answers['/v25.0/debug_token'] = json({ data: GOOD });
  service.answers['/v25.0/me'] = json({ id: '5', name: 'Ana', email: 'ana@example.com' });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await google[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const PLACEHOLDER = { token: 'not-a-token' };
let counter = 0;
const newToken = () => {
  counter += 1;
  return `opaque-${process.pid}-${counter}`;
};
const check = (provider: string, more: Shown, options: Shown = PLACEHOLDER) =>
  api.get('/v1/user/check/nonstandard', { strategy: 'email', provider, ...more }, options);

test('identify 51: the parameter is verified, whatever the bearer; without a header it is 401', async () => {
  const accessToken = newToken();
  const reply = await check('twitter', { userId: '9', accessToken, deviceId: DEVICE });
  assert.equal(reply.status, 200, reply.text);
  const { data } = reply.body;
  assert.equal(data.accessToken, accessToken);
  for (const name of ['updatedAt', 'devices', 'userId', 'externalId', 'signature', 'username'])
    assert.ok(data[name], name);
  assert.equal(service.asked.at(-1)?.headers.authorization, `Bearer ${accessToken}`);
  assertRefused(await check('twitter', { userId: '9', accessToken }, {}), 401, 'missing_token');
});

test('identify 52: without the parameter the bearer is the token', async () => {
  const token = newToken();
  const reply = await check('twitter', { userId: '9' }, { token });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(service.asked.at(-1)?.headers.authorization, `Bearer ${token}`);
  assert.equal(reply.body.data.signature, undefined, 'no device was named');
});

test('identify 53: X needs to be told whom, and it must be them', async () => {
  const accessToken = newToken();
  assertInvalid(await check('twitter', { accessToken }), 'userId');
  assertRefused(await check('twitter', { accessToken, userId: '10' }), 403, 'user_mismatch');
  service.answers['/2/users/me'] = json({}, 403);
  assertRefused(await check('twitter', { accessToken: newToken(), userId: '9' }), 401, 'invalid_token');
  const reset = Math.floor(clock.now().getTime() / 1000) + 42;
  service.answers['/2/users/me'] = json({}, 429, { 'x-rate-limit-reset': `${reset}` });
  const busy = await check('twitter', { accessToken: newToken(), userId: '9' });
  assertRefused(busy, 429, 'limit_exceeded');
  assert.equal(busy.headers.get('retry-after'), '42');
});

test('identify 54: Google tokens for another client are refused, those of a listed one pass', async () => {
  const claims = {
    iss: 'https://accounts.google.com',
    sub: '110',
    email: 'a@gmail.com',
    email_verified: true,
  };
  const accessToken = await google.idToken(claims);
  const reply = await check('google', { accessToken, userId: '110' });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.body.data.email, 'a@gmail.com');
  const foreign = await google.idToken({ ...claims, aud: 'foreign' });
  assertRefused(await check('google', { accessToken: foreign }), 401, 'invalid_token');
  const info = { aud: CLIENT.clientId, azp: CLIENT.clientId, sub: '110', expires_in: '100' };
  service.answers['/tokeninfo'] = json(info);
  service.answers['/userinfo'] = json({ sub: '110', name: 'Ana' });
  const opaque = await check('google', { accessToken: newToken() });
  assert.equal(opaque.body.data.userId, reply.body.data.userId);
  service.answers['/tokeninfo'] = json({ ...info, aud: 'foreign', azp: 'foreign' });
  assertRefused(await check('google', { accessToken: newToken() }), 401, 'invalid_token');
});

test('identify 55: Facebook’s word counts, and each call for the person carries proof', async () => {
  const accessToken = 'fb-token';
  const reply = await check('facebook', { accessToken, userId: '5' });
  assert.equal(reply.status, 200, reply.text);
  const proof = 'ab54e2c7f99e6afb54039fb42c36e9c3b2f1183ea60d146163d89d74eaf2154f';
  assert.equal(service.asked.at(-1)?.query.get('appsecret_proof'), proof);
  for (const wrong of [{ is_valid: false }, { app_id: '78' }]) {
    service.answers['/v25.0/debug_token'] = json({ data: { ...GOOD, ...wrong } });
    assertRefused(await check('facebook', { accessToken: newToken() }), 401, 'invalid_token');
  }
  const calls = service.asked.filter(({ path }) => path.startsWith('/v25.0/me'));
  assert.ok(calls.every(({ query }) => query.has('appsecret_proof')));
});

test('an e-mail that a provider did not prove is not taken for verified', async () => {
  service.answers['/v25.0/debug_token'] = json({ data: { ...GOOD, user_id: '6' } });
  service.answers['/v25.0/me'] = json({ id: '6', name: 'Bo', email: 'unproved@example.com' });
  const { userId } = (await check('facebook', { accessToken: newToken() })).body.data;
  const { status, body } = await api.server.call('GET', `/admin/identities/${userId}`);
  assert.equal(status, 200);
  assert.ok((body.verifiable_addresses ?? []).every((one: Shown) => !one.verified));
});

test('R4: an e-mail that a provider has proved is verified everywhere, also when it proves it later', async () => {
  const verifiedOf = async (userId: string) => {
    const { body } = await api.server.call('GET', `/admin/identities/${userId}`);
    return body.verifiable_addresses.map((one: Shown) => [one.value, one.verified]);
  };
  const claims = { iss: 'https://accounts.google.com', sub: '210', email: 'Proved@gmail.com' };
  const early = (
    await check('google', { accessToken: await google.idToken({ ...claims, email_verified: true }) })
  ).body.data;
  assert.deepEqual(await verifiedOf(early.userId), [['proved@gmail.com', true]]);

  const late = { ...claims, sub: '211', email: 'late@gmail.com' };
  const { userId } = (await check('google', { accessToken: await google.idToken(late) })).body.data;
  const own = { schema_id: 'default', state: 'active', traits: { email: 'late@gmail.com' } };
  assert.equal((await api.server.call('PUT', `/admin/identities/${userId}`, { body: own })).status, 200);
  assert.deepEqual(await verifiedOf(userId), [['late@gmail.com', false]]);
  const again = await check('google', {
    accessToken: await google.idToken({ ...late, email_verified: true }),
  });
  assert.equal(again.body.data.userId, userId);
  assert.deepEqual(await verifiedOf(userId), [['late@gmail.com', true]]);
});

test('a person of two providers is two users: linking takes a proof of both', async () => {
  const x = (await check('twitter', { accessToken: newToken(), userId: '9' })).body.data;
  const facebook = (await check('facebook', { accessToken: newToken() })).body.data;
  assert.notEqual(x.userId, facebook.userId);
  assert.notEqual(x.externalId, facebook.externalId);
});
