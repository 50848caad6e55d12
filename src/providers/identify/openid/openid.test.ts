import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { OpenIdSettings } from '../../../core/identify/provider-settings.ts';
import { createSigner, forge } from '../testing/signer.ts';
import {
  assertRefused,
  json,
  MovedClock,
  open,
  refusalOf,
  silence,
  startStandIn,
} from '../testing/stand-in.ts';

const KEYS = '/keys';
const USERINFO = '/userinfo';

async function start(t: TestContext, more: Partial<OpenIdSettings> = {}) {
  const clock = new MovedClock();
  const signer = await createSigner(clock);
  const standIn = await startStandIn(t, { [KEYS]: json(signer.jwks), [USERINFO]: json({}, 401) });
  const { url, answers, count: asks } = standIn;
  answers['/.well-known/openid-configuration'] = json({
    ...{ issuer: `${url}/`, jwks_uri: `${url}${KEYS}`, userinfo_endpoint: `${url}${USERINFO}` },
  });
  const settings: OpenIdSettings = { kind: 'openid', issuer: url, audience: 'app', ...more };
  const claims = { iss: `${url}/`, aud: 'app', sub: 'auth0|1', nickname: 'ana' };
  return { clock, signer, answers, settings, claims, asks, standIn, provider: open(clock, settings) };
}

test('a token is told by the provider’s keys, and its claims by the names that are set', async (t) => {
  const { clock, signer, settings, claims } = await start(t);
  const names = { countryCode: 'https://x.example/country', ageVerified: 'facts.adult' };
  const provider = open(clock, { ...settings, claims: names });
  const more = { email: 'ana@example.com', email_verified: true, jti: 'j1' };
  const token = await signer.sign({
    ...{ ...claims, ...more, 'https://x.example/country': 'pt', facts: { adult: true } },
  });
  const { expiresAt, ...user } = await provider.verify(token);
  assert.deepEqual(user, {
    ...{ issuer: settings.issuer, subject: 'auth0|1', nickname: 'ana', attributes: {}, tokenId: 'j1' },
    ...{ email: 'ana@example.com', emailIsVerified: true, countryCode: 'PT', ageVerified: true },
  });
  assert.ok(expiresAt !== null && expiresAt > clock.now());
});

test('audience, issuer, signature and times must be right; only a token that has run out is told so', async (t) => {
  const { clock, signer, claims, provider } = await start(t);
  const seconds = Math.floor(clock.now().getTime() / 1000);
  const stranger = await createSigner(clock);
  await provider.verify(await signer.sign({ ...claims, aud: ['other', 'app'] }));
  await provider.verify(await signer.sign({ ...claims, exp: seconds - 59, nbf: seconds + 59 }));
  for (const wrong of [
    { aud: 'other' },
    { iss: 'https://elsewhere.example/' },
    { nbf: seconds + 70 },
    { iat: seconds + 70 },
    { sub: '' },
    { exp: seconds - 70, aud: 'other' },
  ])
    await assertRefused(provider.verify(await signer.sign({ ...claims, ...wrong })), 'invalid_token');
  await assertRefused(provider.verify(await stranger.sign(claims)), 'invalid_token');
  await assertRefused(provider.verify(await signer.sign({ ...claims, exp: seconds - 70 })), 'token_expired');
});

test('nothing that is not signed with a private key passes', async (t) => {
  const { clock, signer, claims, provider, settings } = await start(t);
  const byKey = open(clock, { ...settings, validation: 'publicKey', publicKeyPem: signer.pem });
  for (const one of [provider, byKey]) {
    await one.verify(await signer.sign(claims));
    await assertRefused(one.verify(forge(clock, claims, { alg: 'none', kid: 'one' })), 'invalid_token');
    const confused = forge(clock, claims, { alg: 'HS256', kid: 'one' }, signer.pem);
    await assertRefused(one.verify(confused), 'invalid_token');
  }
});

test('a new key is found by one look, and made-up key ids cause one look in 30 s', async (t) => {
  const { clock, signer, claims, provider, answers, asks } = await start(t);
  await provider.verify(await signer.sign(claims));
  assert.equal(asks(KEYS), 1);
  clock.advance(31);
  const next = await createSigner(clock, 'two');
  answers[KEYS] = json(next.jwks);
  await provider.verify(await next.sign(claims));
  assert.equal(asks(KEYS), 2);
  const flood = await Promise.all(
    Array.from({ length: 50 }, (_, count) => next.sign(claims, { kid: `made-up-${count}` })),
  );
  await Promise.all(flood.map((token) => assertRefused(provider.verify(token), 'invalid_token')));
  assert.equal(asks(KEYS), 2);
  clock.advance(31);
  await Promise.all(flood.map((token) => assertRefused(provider.verify(token), 'invalid_token')));
  assert.equal(asks(KEYS), 3);
});

test('made-up key ids cause no traffic either while keys cannot be fetched', async (t) => {
  const { clock, signer, claims, provider, answers, asks } = await start(t);
  await provider.verify(await signer.sign(claims));
  clock.advance(31);
  answers[KEYS] = json({}, 404);
  const flood = await signer.sign(claims, { kid: 'made-up' });
  await assertRefused(provider.verify(flood), 'provider_error');
  for (let count = 0; count < 3; count += 1) await assertRefused(provider.verify(flood), 'invalid_token');
  assert.equal(asks(KEYS), 2);
  await provider.verify(await signer.sign(claims));
});

test('what a token does not say of somebody, userinfo does, asked once in five minutes', async (t) => {
  const { clock, signer, claims, provider, answers, asks } = await start(t);
  const { nickname: _, ...bare } = claims;
  const token = await signer.sign(bare);
  answers[USERINFO] = json({ sub: 'auth0|1', nickname: 'ana' });
  assert.equal((await provider.verify(token)).nickname, 'ana');
  clock.advance(299);
  await provider.verify(token);
  assert.equal(asks(USERINFO), 1);
  clock.advance(2);
  answers[USERINFO] = json({}, 429, { 'retry-after': '7' });
  assert.equal((await provider.verify(token)).nickname, 'ana');
  const error = await refusalOf(provider.verify(await signer.sign({ ...bare, jti: 'new' })));
  assert.deepEqual([error.problem, error.retryAfterSeconds], ['limit_exceeded', 7]);
  answers[USERINFO] = json({ sub: 'somebody else', nickname: 'bo' });
  await assertRefused(provider.verify(await signer.sign({ ...bare, jti: 'newer' })), 'invalid_token');
});

test('a token that only the provider can read is shown to it', async (t) => {
  const { provider, answers, asks, standIn } = await start(t);
  await assertRefused(provider.verify('opaque'), 'invalid_token');
  await assertRefused(provider.verify('opaque'), 'invalid_token');
  assert.equal(asks(USERINFO), 2);
  answers[USERINFO] = json({ sub: 'auth0|2' });
  assert.equal((await provider.verify('opaque')).subject, 'auth0|2');
  assert.equal(standIn.asked.at(-1)?.headers.authorization, 'Bearer opaque');
  await assertRefused(provider.verify('opaque', { userId: 'auth0|3' }), 'user_mismatch');
  answers[USERINFO] = json({ name: 'of nobody' });
  await assertRefused(provider.verify('another'), 'invalid_token');
});

test('a provider that hangs, fails or talks rubbish is told apart from a bad token', async (t) => {
  const timeoutMs = 1000;
  const { signer, claims, answers, asks, provider } = await start(t, { timeoutMs });
  const token = await signer.sign(claims);
  answers[KEYS] = json({}, 500);
  await assertRefused(provider.verify(token), 'provider_error');
  assert.equal(asks(KEYS), 2, 'a read is sent once more');
  for (const rubbish of ['no JSON', '[]', '{"keys":1}']) {
    answers[KEYS] = (_asked, response) => void response.end(rubbish);
    await assertRefused(provider.verify(token), 'provider_error');
  }
  answers[KEYS] = (_asked, response) => void response.destroy();
  await assertRefused(provider.verify(token), 'provider_error');
  answers[KEYS] = json(signer.jwks);
  await provider.verify(token);
  answers[USERINFO] = silence;
  const startedAt = performance.now();
  await assertRefused(provider.verify('opaque'), 'provider_timeout');
  assert.ok(performance.now() - startedAt < timeoutMs + 500);
});

test('a discovery document of another issuer is not believed', async (t) => {
  const { signer, claims, answers, provider, standIn } = await start(t);
  const document = { issuer: 'https://elsewhere.example', jwks_uri: `${standIn.url}${KEYS}` };
  answers['/.well-known/openid-configuration'] = json(document);
  await assertRefused(provider.verify(await signer.sign(claims)), 'provider_error');
});

test('what we keep is copied to the management interface, with one token for many copies', async (t) => {
  const management = { clientId: 'm', clientSecret: 's' };
  const { signer, claims, answers, asks, provider, clock, settings, standIn } = await start(t, {
    management,
  });
  answers['/oauth/token'] = json({ access_token: 'mt', expires_in: 3600 });
  const place = '/api/v2/users/auth0%7C1';
  answers[place] = json({});
  const token = await signer.sign(claims);
  const change = { username: 'ana', appProfile: { team: 'red' }, nickname: 'not copied' };
  await provider.updateProfile?.(token, change);
  await provider.updateProfile?.(token, change);
  const sent = standIn.asked.at(-1);
  assert.deepEqual([sent?.method, sent?.path, sent?.headers.authorization], ['PATCH', place, 'Bearer mt']);
  const metadata = { username: 'ana', appProfile: { team: 'red' } };
  assert.deepEqual(JSON.parse(sent?.body ?? ''), { user_metadata: metadata });
  assert.equal(asks('/oauth/token'), 1);
  answers[place] = json({}, 500);
  await provider.updateProfile?.(token, change);
  const strict = open(clock, { ...settings, management: { ...management, required: true } });
  await assertRefused(strict.updateProfile?.(token, change) ?? Promise.resolve(), 'provider_error');
});
