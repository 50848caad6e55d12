import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TestClock } from '../../../../test/harness/clock.ts';
import { startCognito } from '../../../../test/harness/cognito.ts';
import type { OutsideProvider } from '../../../core/identify/provider-ports.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import { createGuardedClient } from '../../net/guarded-client.ts';
import { createOutsideProviders } from '../outside-providers.ts';
import { assertRefused, open, POOL, startStandIn } from '../testing/stand-in.ts';

const ANA = { email: 'Ana@Example.com', password: 'bID>idfsf23!' };
/** As a caller that keeps these. */
const holding = (...tokens: string[]) => ({ refreshTokensOf: async () => tokens });

async function start(t: TestContext, more: Partial<CognitoSettings> = {}) {
  const clock = new TestClock();
  const emulator = await startCognito(clock);
  t.after(() => emulator[Symbol.asyncDispose]());
  const settings = { kind: 'cognito', ...emulator.settings(), ...more } as CognitoSettings;
  const cognito = open(clock, settings) as Required<OutsideProvider>;
  return { clock, emulator, cognito, settings };
}

test('who registers logs in, in any letter case, and is told from the tokens', async (t) => {
  const { cognito, emulator } = await start(t);
  const attributes = { 'custom:terms_optin1': '1' };
  const made = await cognito.register({ ...ANA, nickname: 'ana', attributes });
  assert.equal(made.issuer, emulator.userPoolId);
  const { user, tokens } = await cognito.login({ ...ANA, email: 'ANA@example.com ' });
  assert.equal(user.subject, made.subject);
  assert.deepEqual([user.email, user.nickname, user.emailIsVerified], ['ana@example.com', 'ana', true]);
  assert.deepEqual(user.attributes, attributes);
  assert.ok(user.tokenId !== null && user.expiresAt !== null);
  assert.equal(new Set(Object.values(tokens)).size, 3);
  await assertRefused(cognito.register({ ...ANA, email: 'aNA@example.com' }), 'user_exists');
});

test('a password that breaks the policy goes nowhere', async (t) => {
  const { cognito, emulator } = await start(t);
  await assertRefused(cognito.register({ ...ANA, password: 'short' }), 'invalid_password');
  await assertRefused(cognito.register({ ...ANA, password: 'nouppercase1!' }), 'invalid_password');
  assert.deepEqual(emulator.commands, []);
});

test('a wrong password and an unknown user are refused alike', async (t) => {
  const { cognito } = await start(t);
  await cognito.register(ANA);
  await assertRefused(cognito.login({ ...ANA, password: 'wrong' }), 'invalid_credentials');
  await assertRefused(cognito.login({ ...ANA, email: 'bo@example.com' }), 'invalid_credentials');
});

test('who is not confirmed cannot log in', async (t) => {
  const { cognito } = await start(t, { autoConfirm: false });
  await cognito.register(ANA);
  await assertRefused(cognito.login(ANA), 'user_not_confirmed');
});

test('cognito is asked about a token once in a minute', async (t) => {
  const { clock, cognito, emulator } = await start(t);
  await cognito.register(ANA);
  const { tokens } = await cognito.login(ANA);
  const asks = () => emulator.commands.filter((name) => name === 'GetUser').length;
  await Promise.all([cognito.verify(tokens.access), cognito.verify(tokens.access)]);
  assert.equal(asks(), 1);
  clock.advance(61);
  await Promise.all([cognito.verify(tokens.access), cognito.verify(tokens.access)]);
  assert.equal(asks(), 2);
});

test('tokens of another kind, another client, another key, or past their time are refused', async (t) => {
  const { clock, cognito, settings } = await start(t);
  await cognito.register(ANA);
  const { tokens } = await cognito.login(ANA);
  await assertRefused(cognito.verify(tokens.profile), 'invalid_token');
  await assertRefused(cognito.verify('rubbish'), 'invalid_token');
  await assertRefused(cognito.verify(`${tokens.access.slice(0, -6)}AAAAAA`), 'invalid_token');
  await assertRefused(
    open(clock, { ...settings, clientId: 'another' }).verify(tokens.access),
    'invalid_token',
  );
  const elsewhere = { ...settings, userPoolId: 'eu-west-1_Another' };
  await assertRefused(open(clock, elsewhere).verify(tokens.access), 'invalid_token');
  clock.advance(24 * 3600 + 61);
  await assertRefused(cognito.verify(tokens.access), 'token_expired');
});

test('what is changed is there at once, and an attribute that there is not changes nothing', async (t) => {
  const { cognito } = await start(t);
  await cognito.register({ ...ANA, nickname: 'ana' });
  const { tokens } = await cognito.login(ANA);
  await cognito.updateProfile(tokens.access, { nickname: 'anita' });
  assert.equal((await cognito.verify(tokens.access)).nickname, 'anita');
  const wrong = { nickname: 'other', attributes: { 'custom:nowhere': '1' } };
  await assertRefused(cognito.updateProfile(tokens.access, wrong), 'validation_error');
  assert.equal((await cognito.verify(tokens.access)).nickname, 'anita');
});

test('a changed password logs in, the old one and what was logged in with it do not', async (t) => {
  const { cognito } = await start(t);
  await cognito.register(ANA);
  const { tokens } = await cognito.login(ANA);
  const wrong = { previousPassword: 'wrong', password: 'New>pass9!', ...holding(tokens.refresh) };
  await assertRefused(cognito.changePassword(tokens.access, wrong), 'invalid_credentials');
  const right = { ...wrong, previousPassword: ANA.password };
  const fresh = await cognito.changePassword(tokens.access, right);
  await assertRefused(cognito.refresh(tokens), 'invalid_token');
  assert.ok((await cognito.refresh(fresh.tokens)).tokens.access !== fresh.tokens.access);
  await assertRefused(cognito.login(ANA), 'invalid_credentials');
  await cognito.login({ ...ANA, password: right.password });
});

test('a code sets a new password once, and nobody learns who is there', async (t) => {
  const { cognito, emulator } = await start(t);
  const made = await cognito.register(ANA);
  const { tokens } = await cognito.login(ANA);
  await cognito.forgot('nobody@example.com');
  await cognito.forgot(ANA.email);
  const code = emulator.codes.at(-1) ?? '';
  const input = { email: ANA.email, code, password: 'New>pass9!', ...holding(tokens.refresh) };
  await assertRefused(cognito.confirmForgot({ ...input, code: '000000' }), 'code_mismatch');
  await assertRefused(cognito.confirmForgot({ ...input, email: 'nobody@example.com' }), 'code_mismatch');
  assert.deepEqual(await cognito.confirmForgot(input), made);
  await assertRefused(cognito.refresh(tokens), 'invalid_token');
  await cognito.login({ ...ANA, password: input.password });
});

test('an expired access token refreshes; another person’s refresh token does not', async (t) => {
  const { clock, cognito } = await start(t);
  await cognito.register(ANA);
  const bo = { ...ANA, email: 'bo@example.com' };
  await cognito.register(bo);
  const { tokens, user } = await cognito.login(ANA);
  const others = await cognito.login(bo);
  clock.advance(24 * 3600 + 61);
  const fresh = await cognito.refresh(tokens);
  assert.equal(fresh.user.subject, user.subject);
  assert.equal(fresh.tokens.refresh, tokens.refresh);
  const mixed = { access: tokens.access, refresh: others.tokens.refresh };
  await assertRefused(cognito.refresh(mixed), 'invalid_token');
  await assertRefused(cognito.refresh({ ...tokens, refresh: 'made-up' }), 'invalid_token');
});

test('after a logout refresh tokens are refused, though the emulator knows no global sign-out', async (t) => {
  const { cognito, emulator } = await start(t);
  await cognito.register(ANA);
  const { tokens, user } = await cognito.login(ANA);
  const { tokens: others } = await cognito.login(ANA);
  const ended = await cognito.logout({ ...tokens, ...holding(tokens.refresh, others.refresh) });
  assert.equal(ended.tokenId, user.tokenId);
  assert.deepEqual(emulator.commands.slice(-3), ['GlobalSignOut', 'RevokeToken', 'RevokeToken']);
  for (const one of [tokens, others]) await assertRefused(cognito.refresh(one), 'invalid_token');
  for (let count = 0; count < 6; count += 1) {
    const { tokens: next } = await cognito.login(ANA);
    await cognito.logout({ ...next, ...holding(next.refresh) });
  }
  assert.equal(emulator.commands.filter((name) => name === 'GlobalSignOut').length, 1);
});

test('a login that is over already keeps nobody from logging out', async (t) => {
  const { cognito } = await start(t);
  await cognito.register(ANA);
  const { tokens } = await cognito.login(ANA);
  const kept = holding('of another client', tokens.refresh);
  await cognito.logout({ ...tokens, ...kept });
  await assertRefused(cognito.refresh(tokens), 'invalid_token');
  await cognito.logout({ ...tokens, ...kept });
});

test('nothing is revoked, nor asked for, where the setting says so', async (t) => {
  const { cognito, emulator } = await start(t, { revokeOnLogout: false });
  await cognito.register(ANA);
  const { tokens } = await cognito.login(ANA);
  await cognito.logout({ ...tokens, refreshTokensOf: () => assert.fail('they are not needed') });
  assert.equal(emulator.commands.at(-1), 'GlobalSignOut');
  await cognito.refresh(tokens);
});

test('an administrator’s login works with the credentials that are set, and with no others', async (t) => {
  const { clock, cognito, emulator, settings } = await start(t, { authFlow: 'ADMIN_USER_PASSWORD_AUTH' });
  await cognito.register(ANA);
  await cognito.login(ANA);
  assert.ok(emulator.commands.includes('AdminInitiateAuth'));
  const { credentials: _, ...without } = settings;
  const bare = open(clock, without) as Required<OutsideProvider>;
  emulator.commands.length = 0;
  await assertRefused(bare.login(ANA), 'provider_error');
  assert.deepEqual(emulator.commands, []);
});

test('a command that hangs is given up in time, and five of them open the circuit', async (t) => {
  const { clock, cognito, emulator } = await start(t, { timeoutMs: 100 });
  emulator.hangs = true;
  for (let count = 0; count < 5; count += 1) await assertRefused(cognito.login(ANA), 'provider_timeout');
  await assertRefused(cognito.login(ANA), 'provider_error');
  emulator.hangs = false;
  clock.advance(11);
  await assertRefused(cognito.login(ANA), 'invalid_credentials');
});

test('nothing of the environment leads the SDK elsewhere', async (t) => {
  const elsewhere = await startStandIn(t);
  const given = { AWS_ENDPOINT_URL: elsewhere.url, AWS_REGION: 'us-east-1', AWS_PROFILE: 'another' };
  const before = { ...process.env };
  Object.assign(process.env, { ...given, AWS_ACCESS_KEY_ID: 'theirs', AWS_SECRET_ACCESS_KEY: 'theirs' });
  t.after(() => {
    for (const name of Object.keys(process.env).filter((one) => one.startsWith('AWS_')))
      if (before[name] === undefined) delete process.env[name];
  });
  const hosts: string[] = [];
  const client = createGuardedClient({
    ...{ allowPrivate: false, timeoutMs: 1000, maxResponseBytes: 1000 },
    async lookup(host) {
      hosts.push(host);
      return [];
    },
  });
  const settings = { region: 'eu-west-1', userPoolId: 'eu-west-1_AbCdEf123', clientId: 'client' };
  const cognito = createOutsideProviders({ client, clock: new TestClock() }).of(POOL, 'awsCognito', {
    ...{ kind: 'cognito', ...settings },
  }) as Required<OutsideProvider>;
  await assertRefused(cognito.login(ANA), 'provider_error');
  assert.deepEqual(hosts, ['cognito-idp.eu-west-1.amazonaws.com']);
  assert.deepEqual(elsewhere.asked, []);
});
