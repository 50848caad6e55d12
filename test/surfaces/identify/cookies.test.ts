import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { TestClock } from '../../harness/clock.ts';
import { assertRefused, DEVICE, EMAIL, type IdentifyApi, startIdentify } from '../../harness/identify.ts';
import { CLIENT, type Provider, startProvider } from '../../harness/openid.ts';
import type { Reply } from '../../harness/server.ts';
import { json, type StandIn, startStandIn } from '../../harness/stand-in.ts';

// The cookie that carries a token of a project's own provider (contract identify 5, `cookies`).

const SITE = 'https://fans.example.com';
const COOKIE = 'nbaidentity';
const LEAGUE = { strategy: 'email', provider: 'nba' };
const CLUB = { strategy: 'email', provider: 'club' };
const PLACES = ['/v1/user/check', '/v1/user/check/nonstandard'] as const;
const GOOD = 'a-token-of-the-league';
const OTHER = 'another-token-of-the-league';

let api: IdentifyApi;
let openid: Provider;
let league: StandIn;
const clock = new TestClock();
const known = new Set<string>();

before(async () => {
  openid = await startProvider(clock);
  league = await startStandIn({
    '/me': (asked, response) => {
      const isGood = known.has(asked.headers.authorization?.replace('Bearer ', '') ?? '');
      json(isGood ? { sub: 'fan-7' } : {}, isGood ? 200 : 401)(asked, response);
    },
  });
  api = await startIdentify({ clock });
});
let timeoutMs = 1000;
beforeEach(async () => {
  for (const token of [GOOD, OTHER]) known.add(token);
  timeoutMs += 1;
  const jwt = { issuer: openid.issuer, audience: CLIENT.clientId };
  await api.server.configureIdentify({
    cors: { origins: [SITE] },
    cookies: { sameSite: 'none', domain: 'fans.example.com' },
    providers: {
      // Another bound each time: what was found out of tokens is forgotten.
      nba: {
        ...{ issuer: league.url, validation: 'endpoint', userinfoUrl: `${league.url}/me` },
        ...{ cookieName: COOKIE, timeoutMs },
      },
      club: { ...jwt, cookieName: 'club_session' },
      plain: jwt,
      authZero: { ...jwt, cookieName: 'auth0_session' },
    },
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await openid[Symbol.asyncDispose]();
  await league[Symbol.asyncDispose]();
});

interface Asking {
  readonly bearer?: string;
  readonly cookie?: string;
  /** Null: none is sent. */
  readonly origin?: string | null;
  readonly query?: object;
}

function headersOf({ cookie, origin = SITE }: Asking): Record<string, string> {
  return { ...(cookie === undefined ? {} : { cookie }), ...(origin === null ? {} : { origin }) };
}

/** With a nickname: else the provider is asked for one. */
const tokenOf = (claims: object = {}) => openid.idToken({ sub: 'fan', nickname: 'Fan', ...claims });

const check = (pair: object, place: string, asking: Asking = {}): Promise<Reply> =>
  api.get(
    place,
    { ...pair, deviceId: DEVICE, ...asking.query },
    { token: asking.bearer ?? 'placeholder', headers: headersOf(asking) },
  );

/** What a reply sets, which must be one cookie: its pair and its attributes. */
function cookieOf(reply: Reply): { pair: string; attributes: string[] } {
  const [sent = '', ...others] = reply.headers.getSetCookie();
  assert.deepEqual(others, []);
  const [pair = '', ...attributes] = sent.split('; ');
  return { pair, attributes: attributes.sort() };
}

function assertSetsNone(reply: Reply): void {
  assert.deepEqual(reply.headers.getSetCookie(), [], reply.text);
}

test('a check of a bearer gives a cookie, and by that the page goes on with a placeholder', async () => {
  for (const place of PLACES) {
    const reply = await check(LEAGUE, place, { bearer: GOOD });
    assert.equal(reply.status, 200, reply.text);
    const { pair, attributes } = cookieOf(reply);
    assert.equal(pair, `${COOKIE}=${GOOD}`);
    assert.deepEqual(attributes, [
      ...['Domain=fans.example.com', 'HttpOnly', 'Max-Age=3600', 'Path=/', 'SameSite=None', 'Secure'],
    ]);
    const next = await check(LEAGUE, '/v1/user/check/nonstandard', { cookie: pair });
    assert.equal(next.status, 200, next.text);
    assert.equal(next.body.data.userId, reply.body.data.userId);
    assert.equal(next.body.data.accessToken, GOOD);
    // The browser has it already.
    assertSetsNone(next);
  }
});

test('a token beside the bearer takes the place of one that is in the cookie', async () => {
  const asking = { cookie: `${COOKIE}=${GOOD}`, query: { accessToken: OTHER } };
  const reply = await check(LEAGUE, '/v1/user/check/nonstandard', asking);
  assert.equal(cookieOf(reply).pair, `${COOKIE}=${OTHER}`);
});

test('the cookie ends with its token', async () => {
  const seconds = () => Math.floor(clock.now().getTime() / 1000);
  for (const life of [90, 7200]) {
    const bearer = await tokenOf({ exp: seconds() + life });
    const { pair, attributes } = cookieOf(await check(CLUB, PLACES[0], { bearer }));
    assert.equal(pair, `club_session=${bearer}`);
    const age = Number(attributes.find((one) => one.startsWith('Max-Age='))?.slice('Max-Age='.length));
    assert.ok(age > life - 2 && age <= life, `${age}`);
  }
  // Within the tolerance of clocks it still counts, and would end at once.
  const late = await check(CLUB, PLACES[0], {
    bearer: await tokenOf({ exp: seconds() - 30 }),
  });
  assert.equal(late.status, 200, late.text);
  assertSetsNone(late);
});

test('a cookie is as the project says, and without a domain of this host alone', async () => {
  await api.server.configureIdentify({ cookies: { sameSite: 'strict' } });
  const { attributes } = cookieOf(await check(LEAGUE, PLACES[0], { bearer: GOOD }));
  assert.ok(attributes.includes('SameSite=Strict'));
  assert.ok(!attributes.some((one) => one.startsWith('Domain')));
});

test('only pages get one: where no site asks none is set', async () => {
  const reply = await check(LEAGUE, PLACES[1], { bearer: GOOD, origin: null });
  assert.equal(reply.status, 200, reply.text);
  assertSetsNone(reply);
  const unlisted = await check(LEAGUE, PLACES[1], { bearer: GOOD, origin: 'https://evil.example' });
  assertRefused(unlisted, 403, 'origin_not_allowed');
  assertSetsNone(unlisted);
});

test('a project that says nothing of cookies sets none, and takes back what it said', async () => {
  await api.server.configureIdentify({ cookies: null });
  assertSetsNone(await check(LEAGUE, PLACES[0], { bearer: GOOD }));
  known.delete(OTHER);
  const refused = await check(LEAGUE, PLACES[0], { cookie: `${COOKIE}=${OTHER}` });
  assertRefused(refused, 401, 'invalid_token');
  assertSetsNone(refused);
});

test('providers that are not the project’s own, or have no cookie, set none', async () => {
  const bearer = await tokenOf();
  for (const provider of ['authZero', 'plain']) {
    const reply = await check({ strategy: 'email', provider }, PLACES[0], { bearer });
    assert.equal(reply.status, 200, reply.text);
    assertSetsNone(reply);
  }
  const { accessToken } = await api.newcomer();
  const own = await check(EMAIL, PLACES[0], { bearer: accessToken });
  assert.equal(own.status, 200, own.text);
  assertSetsNone(own);
});

test('other calls set none', async () => {
  const sent = { token: GOOD, headers: headersOf({}) };
  for (const reply of [
    await api.get('/v1/user', LEAGUE, sent),
    await api.put('/v1/user', { ...LEAGUE, data: { username: 'fan' } }, sent),
  ]) {
    assert.equal(reply.status, 200, reply.text);
    assertSetsNone(reply);
  }
});

test('a long token is held, where name and all fit', async () => {
  const bearer = 'x'.repeat(3900);
  known.add(bearer);
  assert.equal(cookieOf(await check(LEAGUE, PLACES[1], { bearer })).pair, `${COOKIE}=${bearer}`);
});

test('a token that no cookie can hold is good all the same, and none is set', async () => {
  for (const bearer of ['x'.repeat(4096 - COOKIE.length), 'two;parts', 'a,b']) {
    known.add(bearer);
    const reply = await check(LEAGUE, PLACES[1], { bearer });
    assert.equal(reply.status, 200, reply.text);
    assertSetsNone(reply);
  }
});

test('a refused token that came from the cookie ends the cookie, whatever it is refused for', async () => {
  for (const place of PLACES) {
    const reply = await check(LEAGUE, place, { cookie: `${COOKIE}=stolen` });
    assertRefused(reply, 401, 'invalid_token');
    const { pair, attributes } = cookieOf(reply);
    assert.equal(pair, `${COOKIE}=`);
    for (const one of ['Max-Age=0', 'Domain=fans.example.com', 'Path=/', 'SameSite=None', 'Secure'])
      assert.ok(attributes.includes(one), `${attributes}`);
  }
  const exp = Math.floor(clock.now().getTime() / 1000) - 90;
  const over = await check(CLUB, PLACES[0], {
    cookie: `club_session=${await tokenOf({ exp })}`,
  });
  assertRefused(over, 401, 'token_expired');
  assert.equal(cookieOf(over).pair, 'club_session=');
});

test('what else is wrong leaves the cookie', async () => {
  const cookie = `${COOKIE}=${GOOD}`;
  assertSetsNone(await check(LEAGUE, PLACES[1], { cookie, query: { accessToken: 'stolen' } }));
  assertSetsNone(await check(LEAGUE, PLACES[0], { cookie, query: { deviceId: 'phone' } }));
  const bearerless = await api.get(
    PLACES[0],
    { ...LEAGUE, deviceId: DEVICE },
    { headers: headersOf({ cookie }) },
  );
  assertRefused(bearerless, 401, 'missing_token');
  assertSetsNone(bearerless);
  league.answers['/busy'] = json({}, 500);
  const userinfoUrl = `${league.url}/busy`;
  await api.server.configureIdentify({
    providers: { nba: { issuer: league.url, validation: 'endpoint', userinfoUrl, cookieName: COOKIE } },
  });
  const failed = await check(LEAGUE, PLACES[0], { cookie });
  assertRefused(failed, 502, 'provider_error');
  assertSetsNone(failed);
});

test('a change by a cookie must come from a page of a site that is listed', async () => {
  const put = (origin: string | null) =>
    api.put(
      '/v1/user',
      { ...LEAGUE, data: { username: `by ${origin}` } },
      { token: 'placeholder', headers: headersOf({ cookie: `${COOKIE}=${GOOD}`, origin }) },
    );
  for (const origin of [null, 'https://evil.example', `${SITE}.evil.example`, 'null'])
    assertRefused(await put(origin), 403, 'origin_not_allowed');
  assert.equal((await put(SITE)).status, 200);
  assert.equal((await api.profile(GOOD, LEAGUE)).username, `by ${SITE}`);
});

test('the settings are shown, and every mistake in them is told at once', async () => {
  const cookies = { sameSite: 'lax', domain: 'id.example.co.uk' };
  const set = await api.server.configureIdentify({ cookies });
  assert.deepEqual(set.cookies, cookies);
  assert.deepEqual((await api.server.configureIdentify({ timestampStep: 10 })).cookies, cookies);
  const problems = async (wrong: unknown): Promise<string[]> =>
    api.server.configureIdentify({ cookies: wrong, timestampStep: 0 }).then(
      () => assert.fail('was accepted'),
      (error) => error.problems.map(({ path }: { path: string[] }) => path.join('.')),
    );
  assert.deepEqual(await problems({ domain: '.Example.com', sameSite: 'None', secure: false }), [
    ...['cookies.secure', 'cookies.domain', 'cookies.sameSite', 'timestampStep'],
  ]);
  assert.deepEqual(await problems({ domain: 'example.com' }), ['cookies.sameSite', 'timestampStep']);
  for (const wrong of ['lax', [], true])
    assert.deepEqual(await problems(wrong), ['cookies', 'timestampStep']);
  for (const domain of [
    'localhost',
    '127.0.0.1',
    'a..b',
    '-a.com',
    'a.com;',
    'https://a.com',
    'a.com.',
    '',
    7,
  ])
    assert.deepEqual(await problems({ sameSite: 'lax', domain }), ['cookies.domain', 'timestampStep']);
});
