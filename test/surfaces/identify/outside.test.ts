import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { TestClock } from '../../harness/clock.ts';
import {
  assertInvalid,
  assertRefused,
  DEVICE,
  type IdentifyApi,
  OTHER_DEVICE,
  startIdentify,
} from '../../harness/identify.ts';
import { inTime } from '../../harness/in-time.ts';
import { CLIENT, type Provider, startProvider } from '../../harness/openid.ts';
import { json, type StandIn, silence, startStandIn } from '../../harness/stand-in.ts';

const KEYS = '/keys';
const USERINFO = '/userinfo';
const COOKIE = 'fan_session';
const SITE = 'https://fans.example.com';
const AUTH_ZERO = { strategy: 'email', provider: 'authZero' };
const CUSTOM = { strategy: 'email', provider: 'nba' };

let api: IdentifyApi;
let auth0: Provider;
let service: StandIn;
const clock = new TestClock();

before(async () => {
  auth0 = await startProvider(clock);
  service = await startStandIn({ [USERINFO]: json({}, 401) });
  service.answers[KEYS] = (asked, response) =>
    json({ keys: auth0.server.issuer.keys.toJSON() })(asked, response);
  api = await startIdentify({ clock });
});
// What providers were found to be is forgotten, circuits included, since their settings change.
beforeEach(async () => {
  timeoutMs += 1;
  await api.server.configureIdentify({
    cors: { origins: [SITE] },
    providers: {
      authZero: {
        ...{ issuer: auth0.issuer, audience: CLIENT.clientId, jwksUri: `${service.url}${KEYS}`, timeoutMs },
      },
      nba: {
        ...{ issuer: service.url, validation: 'endpoint', userinfoUrl: `${service.url}${USERINFO}` },
        ...{ cookieName: COOKIE, claims: { countryCode: 'country', ageVerified: 'adult' }, timeoutMs },
      },
    },
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await auth0[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

let timeoutMs = 400;
let counter = 0;
const newSubject = () => {
  counter += 1;
  return `auth0|${process.pid}.${counter}`;
};
const tokenOf = (sub: string, claims = {}) => auth0.idToken({ sub, ...claims });
const check = (token: string, more: object = {}, pair = AUTH_ZERO) =>
  api.get('/v1/user/check', { ...pair, deviceId: DEVICE, ...more }, { token });
const faults = () => api.server.logs().split('identity_provider_failed').length - 1;
const seconds = () => Math.floor(clock.now().getTime() / 1000);

test('identify 46: a check has all that a client goes on with at one level', async () => {
  const token = await tokenOf(newSubject(), { nickname: 'ada', preferred_username: 'ada.l' });
  const { status, text, body } = await check(token);
  assert.equal(status, 200, text);
  const { data } = body;
  for (const name of ['userId', 'timeStamp', 'signature', 'externalId', 'accessToken', 'username'])
    assert.ok(data[name], name);
  assert.deepEqual([data.accessToken, data.username, data.nickname], [token, 'ada.l', 'ada']);
  assert.deepEqual([data.profileToken, data.refreshToken], [undefined, undefined]);
  const again = (await check(await tokenOf('somebody else'))).body.data;
  assert.notEqual(again.userId, data.userId);
});

test('identify 47: a check without a device, or with something else, is refused', async () => {
  const token = await tokenOf(newSubject());
  assertInvalid(await api.get('/v1/user/check', AUTH_ZERO, { token }), 'deviceId');
  assertInvalid(await check(token, { deviceId: 'phone' }), 'deviceId');
});

test('identify 32: what is put comes back with the token, and is there afterwards', async () => {
  const token = await tokenOf(newSubject());
  const data = { username: 'testUserAuthZero', appProfile: { data: 'customUserObjectGoesHere' } };
  const reply = await api.put('/v1/user', { ...AUTH_ZERO, data }, { token });
  assert.equal(reply.status, 200, reply.text);
  const { externalId, ...rest } = reply.body.data;
  assert.match(externalId, /^[0-9a-f]{64}$/);
  const { appProfile, username } = data;
  assert.deepEqual(rest, { projectId: api.projectId, accessToken: token, appProfile });
  const shown = await api.profile(token, AUTH_ZERO);
  assert.deepEqual([shown.username, shown.appProfile], [username, appProfile]);
  await api.put('/v1/user', { ...AUTH_ZERO, data: { appProfile: { other: 1 } } }, { token });
  assert.deepEqual((await api.profile(token, AUTH_ZERO)).appProfile, { other: 1 });
});

test('identify 48: audience, issuer, signature and times must be right', async () => {
  const sub = newSubject();
  for (const wrong of [{ aud: 'another' }, { iss: 'https://elsewhere.example' }, { nbf: seconds() + 90 }])
    assertRefused(await check(await tokenOf(sub, wrong)), 401, 'invalid_token');
  assertRefused(await check(`${(await tokenOf(sub)).slice(0, -8)}AAAAAAAA`), 401, 'invalid_token');
  assertRefused(await check(await tokenOf(sub, { exp: seconds() - 90 })), 401, 'token_expired');
  assert.equal((await check(await tokenOf(sub, { exp: seconds() - 30 }))).status, 200);
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const [, body = ''] = (await tokenOf(sub)).split('.');
  assertRefused(await check(`${none}.${body}.`), 401, 'invalid_token');
});

test('identify 49: a new key passes after one look, and made-up ones cause one in 30 s', async () => {
  const sub = newSubject();
  assert.equal((await check(await tokenOf(sub))).status, 200);
  const looks = service.count(KEYS);
  clock.advance(31);
  const { kid } = await auth0.server.issuer.keys.generate('RS256');
  const scopesOrTransform = (_: unknown, payload: object) =>
    Object.assign(payload, {
      aud: CLIENT.clientId,
      sub,
      iat: seconds(),
      nbf: seconds(),
      exp: seconds() + 600,
    });
  const rotated = await auth0.server.issuer.buildToken({ kid, scopesOrTransform });
  assert.equal((await check(rotated)).status, 200);
  assert.equal(service.count(KEYS), looks + 1);
  const [, body = '', signature = ''] = rotated.split('.');
  const madeUp = (id: number) =>
    Buffer.from(JSON.stringify({ alg: 'RS256', kid: `made-up-${id}` })).toString('base64url');
  const flood = () =>
    Promise.all(Array.from({ length: 20 }, (_, id) => check(`${madeUp(id)}.${body}.${signature}`)));
  for (const reply of await flood()) assertRefused(reply, 401, 'invalid_token');
  assert.equal(service.count(KEYS), looks + 1);
  clock.advance(31);
  await flood();
  assert.equal(service.count(KEYS), looks + 2);
});

test('identify 50: checks within a minute are one login', async () => {
  const sub = newSubject();
  await check(await tokenOf(sub));
  clock.advance(59);
  assert.equal((await check(await tokenOf(sub))).body.data.loginHistory.length, 1);
  clock.advance(2);
  assert.equal((await check(await tokenOf(sub))).body.data.loginHistory.length, 2);
});

test('identify 67: twenty first checks at once make one user', async () => {
  const token = await tokenOf(newSubject());
  const replies = await Promise.all(Array.from({ length: 20 }, () => check(token)));
  assert.equal(new Set(replies.map(({ body }) => body.data.userId)).size, 1);
});

test('identify 56: the token is in the cookie, and the bearer may be anything', async () => {
  service.answers[USERINFO] = (asked, response) => {
    const isGood = asked.headers.authorization === 'Bearer of-the-cookie';
    json(isGood ? { sub: 'fan-1', country: 'us', adult: true } : {}, isGood ? 200 : 401)(asked, response);
  };
  const headers = { cookie: `other=1; ${COOKIE}=of-the-cookie` };
  const query = { ...CUSTOM, deviceId: OTHER_DEVICE };
  const place = '/v1/user/check/nonstandard';
  const reply = await api.get(place, query, { token: 'constant', headers });
  assert.equal(reply.status, 200, reply.text);
  const { data } = reply.body;
  assert.deepEqual([data.countryCode, data.ageVerified, data.accessToken], ['US', true, 'of-the-cookie']);
  assertRefused(await api.get(place, query, { headers }), 401, 'missing_token');
  assertRefused(await api.get(place, query, { token: 'constant' }), 401, 'invalid_token');
  const change = { ...CUSTOM, data: { username: 'fan' } };
  assertRefused(await api.put('/v1/user', change, { token: 'x', headers }), 403, 'origin_not_allowed');
  const fromSite = { token: 'x', headers: { ...headers, origin: SITE } };
  assert.equal((await api.put('/v1/user', change, fromSite)).status, 200);
});

test('identify 57: a provider that hangs is 504 in time, one that fails 502, and never is it 500', async () => {
  service.answers[USERINFO] = silence;
  const hanging = await inTime(timeoutMs + 500, () => check('opaque-1', {}, CUSTOM));
  assertRefused(hanging, 504, 'provider_timeout');
  for (const answer of [
    json({}, 500),
    json([]),
    json({}, 302, { location: 'http://169.254.169.254/' }),
    json({}, 418),
  ]) {
    service.answers[USERINFO] = answer;
    assertRefused(await check('opaque-2', {}, CUSTOM), 502, 'provider_error');
  }
  service.answers[USERINFO] = json({}, 429, { 'retry-after': '17' });
  const busy = await check('opaque-3', {}, CUSTOM);
  assertRefused(busy, 429, 'limit_exceeded');
  assert.equal(busy.headers.get('retry-after'), '17');
});

test('a provider that hangs with a thousand calls does not hold up another', async () => {
  service.answers[USERINFO] = silence;
  const token = await tokenOf(newSubject());
  const before = service.count(USERINFO);
  const hanging = Array.from({ length: 1000 }, (_, id) => check(`hanging-${id}`, {}, CUSTOM));
  assert.equal((await check(token)).status, 200);
  const statuses = (await Promise.all(hanging)).map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)].sort(), [502, 504]);
  assert.ok(service.count(USERINFO) - before <= 64 + 5);
  const asked = service.count(USERINFO);
  assertRefused(await check('one-more', {}, CUSTOM), 502, 'provider_error');
  assert.equal(service.count(USERINFO), asked);
});

test('nothing that a provider is shown or answers is in a log, and made-up tokens fill none', async () => {
  const token = await tokenOf(newSubject(), { email: 'marked.person@example.com' });
  await check(token);
  const before = faults();
  assertRefused(await check('a.b.c'), 401, 'invalid_token');
  assert.equal(faults(), before);
  service.answers[USERINFO] = json({}, 500);
  await check('opaque-4', {}, CUSTOM);
  assert.ok(faults() > before);
  const logs = api.server.logs();
  for (const secret of [token, 'of-the-cookie', 'marked.person']) assert.ok(!logs.includes(secret));
});
