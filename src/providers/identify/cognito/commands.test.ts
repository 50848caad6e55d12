import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { OutsideProvider, RefreshTokensOf } from '../../../core/identify/provider-ports.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import { createSigner } from '../testing/signer.ts';
import { assertRefused, json, MovedClock, open, refusalOf, startStandIn } from '../testing/stand-in.ts';
import { secretHashOf } from './secret-hash.ts';

// What the emulator does not do: answers in the shapes of the Cognito API reference.

const POOL = 'eu-west-1_AbCdEf123';
const NO_LOGINS = { refreshTokensOf: async () => [] };
const ANA = { email: 'ana@example.com', password: 'bID>idfsf23!' };
type Reply = { readonly status?: number; readonly body: object };
// biome-ignore lint/suspicious/noExplicitAny: requests are what these tests look into.
type Sent = any;

/** @param replies By the name of the command. */
async function start(
  t: TestContext,
  replies: { [command: string]: Reply },
  more: Partial<CognitoSettings> = {},
) {
  const clock = new MovedClock();
  const signer = await createSigner(clock);
  const sent: { command: string; body: Sent }[] = [];
  const standIn = await startStandIn(t, { [`/${POOL}/.well-known/jwks.json`]: json(signer.jwks) });
  standIn.answers['/'] = (asked, response) => {
    const command = String(asked.headers['x-amz-target']).split('.')[1] ?? '';
    sent.push({ command, body: JSON.parse(asked.body) });
    const { status = 200, body } = replies[command] ?? failure('ResourceNotFoundException');
    json(body, status, { 'content-type': 'application/x-amz-json-1.1' })(asked, response);
  };
  const settings: CognitoSettings = {
    ...{ kind: 'cognito', region: 'eu-west-1', endpoint: standIn.url, userPoolId: POOL, clientId: 'client' },
    ...more,
  };
  const cognito = open(clock, settings) as Required<OutsideProvider>;
  const claims = { iss: `${standIn.url}/${POOL}`, sub: 'sub-1', username: 'name-1', client_id: 'client' };
  const accessToken = (jti: string) => signer.sign({ ...claims, token_use: 'access', jti });
  return { cognito, sent, replies, accessToken };
}

const failure = (name: string, status = 400): Reply => ({
  status,
  body: { __type: name, message: 'theirs' },
});
const USER = { body: { Username: 'name-1', UserAttributes: [{ Name: 'email', Value: ANA.email }] } };
const tokens = (AccessToken: string, RefreshToken?: string): Reply => ({
  body: { AuthenticationResult: { AccessToken, IdToken: 'id', RefreshToken } },
});

test('a login by SRP sends no password, and answers the challenge', async (t) => {
  const challenge = {
    ...{
      USER_ID_FOR_SRP: 'name-1',
      SALT: 'a9'.repeat(16),
      SRP_B: '62'.repeat(384),
      SECRET_BLOCK: 'c2VjcmV0',
    },
  };
  const asks = {
    body: { ChallengeName: 'PASSWORD_VERIFIER', ChallengeParameters: challenge, Session: 's1' },
  };
  const { cognito, sent, replies, accessToken } = await start(
    t,
    { InitiateAuth: asks, GetUser: USER },
    { authFlow: 'USER_SRP_AUTH', clientSecret: 'client-secret' },
  );
  replies.RespondToAuthChallenge = tokens(await accessToken('j1'), 'refresh');
  assert.equal((await cognito.login(ANA)).user.subject, 'sub-1');
  const [initiated, responded] = sent;
  assert.match(initiated?.body.AuthParameters.SRP_A, /^[0-9a-f]{700,768}$/);
  assert.ok(!JSON.stringify(sent).includes(ANA.password));
  const answers = responded?.body.ChallengeResponses;
  assert.equal(answers.USERNAME, 'name-1');
  assert.equal(answers.SECRET_HASH, secretHashOf('client-secret', 'name-1', 'client'));
  assert.match(answers.PASSWORD_CLAIM_SIGNATURE, /^[\w+/]{43}=$/);
  assert.match(answers.TIMESTAMP, /^\w{3} \w{3} \d{1,2} [\d:]{8} UTC \d{4}$/);
  assert.equal(responded?.body.Session, 's1');
  replies.RespondToAuthChallenge = failure('NotAuthorizedException');
  await assertRefused(cognito.login(ANA), 'invalid_credentials');
  challenge.SRP_B = '0';
  await assertRefused(cognito.login(ANA), 'provider_error');
});

test('a challenge that a password does not answer is named', async (t) => {
  const { cognito } = await start(t, { InitiateAuth: { body: { ChallengeName: 'SOFTWARE_TOKEN_MFA' } } });
  const error = await refusalOf(cognito.login(ANA));
  assert.deepEqual(
    [error.problem, error.fields],
    ['user_not_confirmed', { challenge: 'SOFTWARE_TOKEN_MFA' }],
  );
});

test('a client with a secret shows it with Cognito’s own user name when it refreshes', async (t) => {
  const { cognito, sent, replies, accessToken } = await start(
    t,
    { GetUser: USER },
    { clientSecret: 'client-secret' },
  );
  replies.InitiateAuth = tokens(await accessToken('j2'));
  const fresh = await cognito.refresh({ access: await accessToken('j1'), refresh: 'r1' });
  assert.equal(fresh.tokens.refresh, 'r1');
  const parameters = sent[0]?.body.AuthParameters;
  assert.equal(parameters.SECRET_HASH, secretHashOf('client-secret', 'name-1', 'client'));
});

test('where refresh tokens rotate, the command for that is used', async (t) => {
  const { cognito, sent, replies, accessToken } = await start(
    t,
    { GetUser: USER },
    { rotatesRefreshTokens: true },
  );
  replies.GetTokensFromRefreshToken = tokens(await accessToken('j2'), 'r2');
  const fresh = await cognito.refresh({ access: await accessToken('j1'), refresh: 'r1' });
  assert.equal(fresh.tokens.refresh, 'r2');
  assert.equal(sent[0]?.command, 'GetTokensFromRefreshToken');
});

test('a Cognito that ends all logins at once is told of none', async (t) => {
  const { cognito, sent, accessToken } = await start(t, { GetUser: USER, GlobalSignOut: { body: {} } });
  const refreshTokensOf = () => assert.fail('they are not needed');
  await cognito.logout({ access: await accessToken('j1'), refreshTokensOf });
  assert.equal(sent.at(-1)?.command, 'GlobalSignOut');
});

test('a logout that fails at revoking fails as a whole, and the next one goes through', async (t) => {
  const { cognito, sent, replies, accessToken } = await start(
    t,
    { GetUser: USER, GlobalSignOut: failure('Unsupported', 500) },
    { clientSecret: 'client-secret' },
  );
  const logout = async () => {
    const refreshTokensOf: RefreshTokensOf = async ({ issuer, subject }) => {
      assert.deepEqual([issuer, subject], [POOL, 'sub-1']);
      return ['r1', 'r2'];
    };
    return cognito.logout({ access: await accessToken('j1'), refreshTokensOf });
  };
  for (const [name, status, problem] of [
    ['InternalErrorException', 500, 'provider_error'],
    ['TooManyRequestsException', 400, 'limit_exceeded'],
  ] as const) {
    replies.RevokeToken = failure(name, status);
    sent.length = 0;
    await assertRefused(logout(), problem);
    const told = sent.filter(({ command }) => command === 'RevokeToken');
    assert.deepEqual(
      told.map(({ body }) => body.Token),
      ['r1'],
    );
  }
  for (const reply of [failure('UnauthorizedException'), failure('UnsupportedTokenTypeException')]) {
    replies.RevokeToken = reply;
    await logout();
  }
  replies.RevokeToken = { body: {} };
  await logout();
  const parts = { ClientId: 'client', ClientSecret: 'client-secret' };
  assert.deepEqual(
    sent.slice(-2).map(({ body }) => body),
    [
      { Token: 'r1', ...parts },
      { Token: 'r2', ...parts },
    ],
  );
});

test('Cognito’s errors are ours, by the step that they come from', async (t) => {
  const { cognito, replies, accessToken } = await start(t, { GetUser: USER });
  const access = await accessToken('j1');
  for (const [name, problem] of [
    ['UserNotConfirmedException', 'user_not_confirmed'],
    ['PasswordResetRequiredException', 'user_not_confirmed'],
    ['UserNotFoundException', 'invalid_credentials'],
    ['TooManyRequestsException', 'limit_exceeded'],
    ['LimitExceededException', 'limit_exceeded'],
    ['InvalidParameterException', 'validation_error'],
    ['ResourceNotFoundException', 'provider_error'],
    ['UserLambdaValidationException', 'provider_error'],
  ] as const) {
    replies.InitiateAuth = failure(name);
    await assertRefused(cognito.login(ANA), problem);
  }
  replies.SignUp = failure('AliasExistsException');
  await assertRefused(cognito.register(ANA), 'user_exists');
  replies.SignUp = failure('InvalidPasswordException');
  await assertRefused(cognito.register(ANA), 'invalid_password');
  const code = { ...{ email: ANA.email, code: '123456', password: ANA.password }, ...NO_LOGINS };
  for (const [name, problem] of [
    ['ExpiredCodeException', 'code_expired'],
    ['CodeMismatchException', 'code_mismatch'],
    ['TooManyFailedAttemptsException', 'limit_exceeded'],
  ] as const) {
    replies.ConfirmForgotPassword = failure(name);
    await assertRefused(cognito.confirmForgot(code), problem);
  }
  replies.ForgotPassword = failure('UserNotFoundException');
  await cognito.forgot(ANA.email);
  replies.UpdateUserAttributes = failure('AliasExistsException');
  await assertRefused(cognito.updateProfile(access, { email: 'b@example.com' }), 'user_exists');
  replies.GetUser = failure('NotAuthorizedException');
  await assertRefused(cognito.verify(await accessToken('j2')), 'invalid_token');
});

test('a read that fails is sent once more, a write is not', async (t) => {
  const { cognito, sent, accessToken } = await start(t, {
    GetUser: failure('InternalErrorException', 500),
    SignUp: failure('InternalErrorException', 500),
  });
  await assertRefused(cognito.verify(await accessToken('j1')), 'provider_error');
  assert.deepEqual(
    sent.map(({ command }) => command),
    ['GetUser', 'GetUser'],
  );
  await assertRefused(cognito.register(ANA), 'provider_error');
  assert.equal(sent.length, 3);
});
