import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { TestClock } from '../../harness/clock.ts';
import { type IdentifyApi, SECRET, type Shown, startIdentify } from '../../harness/identify.ts';
import { CLIENT, type Provider, startProvider } from '../../harness/openid.ts';
import { json, type StandIn, startStandIn } from '../../harness/stand-in.ts';

/*
 * The requests of two web clients that are known to call this interface, in their order and spelling (contract identify
 * 6). What a step uses of the reply before it is what the client uses.
 */

const SITE = 'https://fans.example.com';
const DEVICE = '16713b2d-3848-42c7-aeb0-f9714beac892';
const SESSION = 'the-real-session-of-a-fan';

let api: IdentifyApi;
let auth0: Provider;
let league: StandIn;
const clock = new TestClock();

before(async () => {
  auth0 = await startProvider(clock);
  league = await startStandIn({
    '/me': (asked, response) => {
      const isGood = asked.headers.authorization === `Bearer ${SESSION}`;
      json(isGood ? { sub: 'fan-7', country: 'US', adult: true } : {}, isGood ? 200 : 401)(asked, response);
    },
  });
  api = await startIdentify({ clock });
  await api.server.configureIdentify({
    cors: { origins: [SITE] },
    defaults: { email: 'nba' },
    providers: {
      nba: {
        ...{ issuer: league.url, validation: 'endpoint', userinfoUrl: `${league.url}/me` },
        ...{ cookieName: 'nbaidentity', claims: { countryCode: 'country', ageVerified: 'adult' } },
      },
      authZero: { issuer: auth0.issuer, audience: CLIENT.clientId },
    },
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await auth0[Symbol.asyncDispose]();
  await league[Symbol.asyncDispose]();
});

/** A request as a page sends it, after the browser has asked whether it may. */
async function fromPage(
  method: string,
  path: string,
  { bearer, cookie, body }: { bearer?: string; cookie?: string; body?: object } = {},
): Promise<Shown> {
  const asks = await api.server.call('OPTIONS', path, {
    key: null,
    headers: {
      ...{ origin: SITE, 'access-control-request-method': method },
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  assert.equal(asks.status, 204, asks.text);
  assert.match(asks.headers.get('access-control-allow-headers') ?? '', /authorization.*content-type/i);
  const reply = await api.server.call(method, path, {
    key: null,
    headers: {
      origin: SITE,
      ...(bearer === undefined ? {} : { authorization: `bearer ${bearer}` }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(body === undefined ? {} : { body }),
  });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.headers.get('access-control-allow-origin'), SITE);
  assert.equal(reply.headers.get('access-control-allow-credentials'), 'true');
  assert.equal(reply.body.result, 1);
  return reply.body.data;
}

const queryOf = (parameters: Record<string, string>): string => `${new URLSearchParams(parameters)}`;

/** What the real-time platform does with the three values that it is handed. */
function assertPlatformLetsIn({ userId, timeStamp, signature }: Shown): void {
  assert.ok(userId && timeStamp && signature, 'else the client skips the login without a word');
  const expected = createHmac('sha1', SECRET).update(`${userId}:${timeStamp}`).digest('hex').toUpperCase();
  assert.equal(signature, expected);
}

test('FanKit: a fan signed in at the league enters, chooses a name and comes back', async () => {
  const { projectId } = api;
  const cookie = `consent=1; nbaidentity=${SESSION}`;
  const named = { strategy: 'email', provider: 'nba', projectId };
  const check = `/v1/user/check/nonstandard?${queryOf({ ...named, deviceId: DEVICE })}`;
  const entered = await fromPage('GET', check, { bearer: 'nba', cookie });
  assert.ok(!entered.username, 'a fan without a name is asked for one');
  assert.deepEqual([entered.countryCode, entered.ageVerified], ['US', true]);
  assertPlatformLetsIn(entered);

  const body = { ...named, data: { username: 'Number Seven' } };
  const chosen = await fromPage('PUT', '/v1/user', { bearer: 'nba', cookie, body });
  assert.equal(chosen.username, 'Number Seven');

  // By now without a provider, and with the token of the check.
  const read = `/v1/user?${queryOf({ projectId, strategy: 'email' })}`;
  const profile = await fromPage('GET', read, { bearer: entered.accessToken });
  assert.equal(profile.username, 'Number Seven');
  assert.deepEqual([profile.userId, profile.externalId], [entered.userId, entered.externalId]);

  clock.advance(120);
  const back = await fromPage('GET', check, { bearer: 'nba', cookie });
  assert.deepEqual([back.userId, back.username], [entered.userId, 'Number Seven']);
  assertPlatformLetsIn(back);
});

test('FanKit: a fan without an account is kept by a capability', async () => {
  const { projectId } = api;
  const named = { strategy: 'simplified', provider: 'noLogin', projectId };
  const { externalId } = await fromPage('POST', '/v1/user', { body: named });
  const place = `/v1/user?${queryOf({ projectId, strategy: 'simplified', externalId })}`;
  assert.deepEqual((await fromPage('GET', place)).appProfile, {});
  await fromPage('PUT', place, { body: { data: { appProfile: { team: 'red' } } } });
  assert.deepEqual((await fromPage('GET', place)).appProfile, { team: 'red' });
});

test('FanKit: its strategy anonymous', async () => {
  const body = { strategy: 'anonymous', projectId: api.projectId };
  const first = await fromPage('PUT', '/v1/user/login', { body });
  assertPlatformLetsIn(first);
  const again = { ...body, data: { deviceId: first.deviceId } };
  assert.equal((await fromPage('PUT', '/v1/user/login', { body: again })).userId, first.userId);
});

test('profile demo: who signed in at Auth0 is checked, and keeps a profile', async () => {
  const { projectId } = api;
  const token = await auth0.idToken({ sub: 'auth0|demo', nickname: 'demo' });
  const named = { projectId, strategy: 'email', provider: 'authZero' };
  const check = `/v1/user/check?${queryOf({ ...named, deviceId: DEVICE })}`;
  const { userId, accessToken } = await fromPage('GET', check, { bearer: token });
  assert.ok(userId);

  // It puts to the address that it gets from.
  const place = `/v1/user?${queryOf(named)}`;
  const appProfile = { data: 'customUserObjectGoesHere' };
  const put = await fromPage('PUT', place, { bearer: accessToken, body: { data: { appProfile } } });
  assert.deepEqual([put.accessToken, put.appProfile], [accessToken, appProfile]);
  const profile = await fromPage('GET', place, { bearer: accessToken });
  assert.deepEqual([profile.userId, profile.appProfile], [userId, appProfile]);
});
