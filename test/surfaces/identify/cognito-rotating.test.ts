import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { TestClock } from '../../harness/clock.ts';
import {
  EMAIL,
  type IdentifyApi,
  newEmail,
  PASSWORD,
  type Shown,
  startIdentify,
} from '../../harness/identify.ts';
import { type Provider, startProvider } from '../../harness/openid.ts';
import { type Answer, json, type StandIn, startStandIn } from '../../harness/stand-in.ts';

// A user pool whose client rotates refresh tokens, which the emulator does not: answers in the shapes of the Cognito API
// reference. It knows no global sign-out either.

const POOL = 'eu-west-1_AbCdEf123';
const CLIENT_ID = 'client';

let api: IdentifyApi;
let keys: Provider;
let cognito: StandIn;
const clock = new TestClock();
/** Refresh tokens that it gave, the newest last. */
const given: string[] = [];
/** What it was told to revoke. */
const revoked: string[] = [];
let subject = '';

before(async () => {
  keys = await startProvider(clock);
  cognito = await startStandIn({
    [`/${POOL}/.well-known/jwks.json`]: (asked, response) =>
      json({ keys: keys.server.issuer.keys.toJSON() })(asked, response),
    '/': (asked, response) => void answer(asked, response),
  });
  api = await startIdentify({ clock });
  const settings = { region: 'eu-west-1', endpoint: cognito.url, userPoolId: POOL, clientId: CLIENT_ID };
  const awsCognito = { backend: 'aws', ...settings, rotatesRefreshTokens: true };
  await api.server.configureIdentify({ providers: { awsCognito } });
});
beforeEach(() => {
  subject = `sub-${newEmail()}`;
  given.length = 0;
  revoked.length = 0;
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await keys[Symbol.asyncDispose]();
  await cognito[Symbol.asyncDispose]();
});

const answer: (...input: Parameters<Answer>) => Promise<void> = async (asked, response) => {
  const reply = await replyTo(asked.headers['x-amz-target'], JSON.parse(asked.body));
  const status = reply === null ? 500 : 200;
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  json(reply ?? { __type: 'Unsupported' }, status, headers)(asked, response);
};

async function replyTo(target: unknown, body: Shown): Promise<object | null> {
  switch (String(target).split('.')[1]) {
    case 'InitiateAuth':
    case 'GetTokensFromRefreshToken':
      return { AuthenticationResult: await tokens() };
    case 'GetUser':
      return { Username: subject, UserAttributes: [] };
    case 'RevokeToken':
      assert.equal(body.ClientId, CLIENT_ID);
      revoked.push(body.Token);
      return {};
    default:
      return null;
  }
}

async function tokens(): Promise<object> {
  const RefreshToken = `refresh token ${given.push('')} of ${subject}`;
  given[given.length - 1] = RefreshToken;
  const claims = { iss: `${cognito.url}/${POOL}`, sub: subject, username: subject, client_id: CLIENT_ID };
  const AccessToken = await keys.idToken({ ...claims, token_use: 'access', jti: RefreshToken });
  return { AccessToken, IdToken: 'id', RefreshToken };
}

const login = async () => {
  const data = { email: 'ana@example.com', password: PASSWORD };
  const reply = await api.put('/v1/user/login', { ...EMAIL, data });
  assert.equal(reply.status, 200, reply.text);
  return reply.body.data;
};
const refresh = async ({ accessToken: token, refreshToken }: Shown) => {
  const reply = await api.post('/v1/user/refresh', { ...EMAIL, refreshToken }, { token });
  assert.equal(reply.status, 200, reply.text);
  return reply.body.data;
};
const boxes = async (userId: string) =>
  (
    await api.server.sql<{ is_open: boolean }>(
      `/* scatter: a test */ select box is not null as is_open from identify_outside_refresh
       where identity_id = $1::uuid order by expires_at`,
      [userId],
    )
  ).map((row) => row.is_open);

test('of a token that another one took the place of nothing is left to open', async () => {
  const first = await login();
  assert.deepEqual(await boxes(first.userId), [true]);
  clock.advance(10);
  const second = await refresh(first);
  assert.notEqual(second.refreshToken, first.refreshToken);
  assert.deepEqual(await boxes(first.userId), [false, true]);
  // Whether it still works, where the reply was lost, is the provider's to say.
  clock.advance(10);
  await refresh(first);
});

test('a logout has revoked what a refresh gave, in the order of the newest first, and not what it took', async () => {
  const first = await login();
  clock.advance(10);
  const other = await login();
  clock.advance(10);
  const second = await refresh(first);
  const reply = await api.post('/v1/user/logout', EMAIL, { token: second.accessToken });
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(revoked, [second.refreshToken, other.refreshToken]);
  assert.deepEqual(await boxes(first.userId), [false, false, false]);
});
