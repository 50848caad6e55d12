import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createSigner } from './testing/signer.ts';
import {
  assertRefused,
  json,
  MovedClock,
  open,
  refusalOf,
  type StandIn,
  startStandIn,
} from './testing/stand-in.ts';

async function start(t: TestContext, given: StandIn['answers']) {
  const standIn = await startStandIn(t, given);
  return { clock: new MovedClock(), standIn, answers: standIn.answers, url: standIn.url };
}

async function startGoogle(t: TestContext, hostedDomain?: string) {
  const started = await start(t, {});
  const { clock, url, answers } = started;
  const signer = await createSigner(clock);
  answers['/certs'] = json(signer.jwks);
  const google = open(clock, {
    ...{ kind: 'google', clientIds: ['web', 'phone'], jwksUri: `${url}/certs` },
    ...{ tokeninfoUrl: `${url}/tokeninfo`, userinfoUrl: `${url}/userinfo` },
    ...(hostedDomain === undefined ? {} : { hostedDomain }),
  });
  return { ...started, signer, google };
}

const GOOGLE_CLAIMS = {
  ...{ iss: 'https://accounts.google.com', aud: 'web', sub: '110', name: 'Ana' },
  ...{ email: 'ana@gmail.com', email_verified: true },
};

test('a Google ID token is for one of our clients, by Google, and an e-mail counts when verified', async (t) => {
  const { signer, google } = await startGoogle(t);
  const user = await google.verify(await signer.sign(GOOGLE_CLAIMS));
  assert.deepEqual([user.issuer, user.subject, user.nickname], ['accounts.google.com', '110', 'Ana']);
  assert.deepEqual([user.email, user.emailIsVerified], ['ana@gmail.com', true]);
  const short = { ...GOOGLE_CLAIMS, iss: 'accounts.google.com', aud: 'phone', email_verified: false };
  assert.equal((await google.verify(await signer.sign(short))).email, undefined);
  for (const wrong of [{ aud: 'foreign' }, { iss: 'https://accounts.example.com' }])
    await assertRefused(google.verify(await signer.sign({ ...GOOGLE_CLAIMS, ...wrong })), 'invalid_token');
});

test('only accounts of the Workspace domain, where one is set', async (t) => {
  const { signer, google } = await startGoogle(t, 'example.com');
  await google.verify(await signer.sign({ ...GOOGLE_CLAIMS, hd: 'example.com' }));
  await assertRefused(google.verify(await signer.sign(GOOGLE_CLAIMS)), 'invalid_token');
});

test('of an access token Google says for whom it is', async (t) => {
  const { google, answers, standIn, clock } = await startGoogle(t);
  const info = { aud: 'web', azp: 'web', sub: '110', expires_in: '3599' };
  answers['/tokeninfo'] = json(info);
  answers['/userinfo'] = json({ sub: '110', name: 'Ana', email: 'a@gmail.com', email_verified: true });
  const user = await google.verify('ya29.token', { userId: '110' });
  assert.deepEqual([user.subject, user.email, user.nickname], ['110', 'a@gmail.com', 'Ana']);
  assert.equal(user.expiresAt?.getTime(), clock.now().getTime() + 3_599_000);
  assert.equal(standIn.asked[0]?.query.get('access_token'), 'ya29.token');
  assert.equal(standIn.asked[1]?.headers.authorization, 'Bearer ya29.token');
  await assertRefused(google.verify('ya29.token', { userId: '111' }), 'user_mismatch');
  answers['/tokeninfo'] = json({ ...info, aud: 'foreign', azp: 'foreign' });
  await assertRefused(google.verify('ya29.foreign'), 'invalid_token');
  answers['/tokeninfo'] = json({ ...info, expires_in: '0' });
  await assertRefused(google.verify('ya29.late'), 'token_expired');
  answers['/tokeninfo'] = json({ error: 'invalid_token' }, 400);
  await assertRefused(google.verify('ya29.none'), 'invalid_token');
  answers['/tokeninfo'] = json({ ...info, sub: '111' });
  await assertRefused(google.verify('ya29.mixed'), 'invalid_token');
});

const TOKEN = 'fb-token';

async function startFacebook(t: TestContext) {
  const started = await start(t, {
    '/v25.0/debug_token': json({
      data: { is_valid: true, app_id: '77', type: 'USER', expires_at: 0, user_id: '5' },
    }),
    '/v25.0/me': json({ id: '5', name: 'Ana', email: 'ana@example.com' }),
  });
  const { clock, url, answers } = started;
  const signer = await createSigner(clock);
  answers['/limited'] = json(signer.jwks);
  const facebook = open(clock, {
    ...{ kind: 'facebook', appId: '77', appSecret: 'app-secret', graphUrl: `${url}/` },
    limitedLogin: { jwksUri: `${url}/limited` },
  });
  return { ...started, signer, facebook };
}

test('a Facebook token is asked about with the app’s own, and used with proof of the app’s secret', async (t) => {
  const { facebook, standIn } = await startFacebook(t);
  const user = await facebook.verify(TOKEN, { userId: '5' });
  assert.deepEqual([user.issuer, user.subject, user.nickname], ['77', '5', 'Ana']);
  assert.deepEqual([user.email, user.emailIsVerified], ['ana@example.com', false]);
  const [inspected, me] = standIn.asked;
  assert.equal(inspected?.query.get('input_token'), TOKEN);
  assert.equal(inspected?.query.get('access_token'), '77|app-secret');
  assert.equal(me?.query.get('access_token'), TOKEN);
  // Contract identify 4.5.
  const proof = 'ab54e2c7f99e6afb54039fb42c36e9c3b2f1183ea60d146163d89d74eaf2154f';
  assert.equal(me?.query.get('appsecret_proof'), proof);
});

test('a Facebook token that is not valid, not a person’s, another app’s or over is refused', async (t) => {
  const { clock, facebook, answers } = await startFacebook(t);
  const good = { is_valid: true, app_id: '77', type: 'USER', expires_at: 0, user_id: '5' };
  const seconds = Math.floor(clock.now().getTime() / 1000);
  for (const [wrong, problem] of [
    [{ is_valid: false }, 'invalid_token'],
    [{ app_id: '78' }, 'invalid_token'],
    [{ type: 'APP' }, 'invalid_token'],
    [{ user_id: '6' }, 'invalid_token'],
    [{ expires_at: seconds - 1 }, 'token_expired'],
  ] as const) {
    answers['/v25.0/debug_token'] = json({ data: { ...good, ...wrong } });
    await assertRefused(facebook.verify(TOKEN), problem);
  }
  answers['/v25.0/debug_token'] = json({ data: { ...good, expires_at: seconds + 60 } });
  await facebook.verify(TOKEN);
});

test('errors of the Graph interface by their codes', async (t) => {
  const { facebook, answers } = await startFacebook(t);
  for (const [code, problem] of [
    [190, 'invalid_token'],
    [4, 'limit_exceeded'],
    [17, 'limit_exceeded'],
    [32, 'limit_exceeded'],
    [613, 'limit_exceeded'],
    [2, 'provider_error'],
  ] as const) {
    answers['/v25.0/me'] = json({ error: { code, message: 'words of theirs' } }, 400);
    const error = await refusalOf(facebook.verify(TOKEN));
    assert.equal(error.problem, problem);
    assert.ok(!JSON.stringify(error).includes('words of theirs'));
  }
});

test('a token of Limited Login is an ID token for our app', async (t) => {
  const { facebook, signer } = await startFacebook(t);
  const claims = { iss: 'https://www.facebook.com', aud: '77', sub: '5', name: 'Ana' };
  assert.equal((await facebook.verify(await signer.sign(claims))).subject, '5');
  await assertRefused(facebook.verify(await signer.sign({ ...claims, aud: '78' })), 'invalid_token');
});

test('X says who bears a token, and when to come back', async (t) => {
  const me = { id: '9', name: 'Ana', username: 'ana', confirmed_email: 'ana@example.com' };
  const { clock, url, answers, standIn } = await start(t, { '/2/users/me': json({ data: me }) });
  const twitter = open(clock, { kind: 'twitter', apiUrl: url });
  const user = await twitter.verify('user-token', { userId: '9' });
  assert.deepEqual([user.issuer, user.subject, user.username], ['x', '9', 'ana']);
  assert.deepEqual([user.email, user.emailIsVerified], ['ana@example.com', true]);
  const [asked] = standIn.asked;
  const fields = 'id,name,username,profile_image_url,confirmed_email';
  assert.equal(asked?.query.get('user.fields'), fields);
  assert.equal(asked?.headers.authorization, 'Bearer user-token');
  await assertRefused(twitter.verify('user-token', { userId: '10' }), 'user_mismatch');
  for (const status of [401, 403]) {
    answers['/2/users/me'] = json({}, status);
    await assertRefused(twitter.verify('app-only'), 'invalid_token');
  }
  const reset = Math.floor(clock.now().getTime() / 1000) + 90;
  answers['/2/users/me'] = json({}, 429, { 'x-rate-limit-reset': String(reset) });
  const error = await refusalOf(twitter.verify('busy'));
  assert.deepEqual([error.problem, error.retryAfterSeconds], ['limit_exceeded', 90]);
});

test('a token of OAuth 1 comes with its secret, and the request is signed', async (t) => {
  const me = { id_str: '9', name: 'Ana', screen_name: 'ana', email: 'ana@example.com' };
  const place = '/1.1/account/verify_credentials.json';
  const { clock, url, standIn } = await start(t, { [place]: json(me) });
  const keys = { consumerKey: 'ck', consumerSecret: 'cs' };
  const twitter = open(clock, { kind: 'twitter', mode: 'oauth1', apiUrl: url, ...keys });
  assert.equal((await twitter.verify('token:secret')).subject, '9');
  const authorization = standIn.asked[0]?.headers.authorization ?? '';
  assert.match(authorization, /^OAuth oauth_consumer_key="ck".*oauth_token="token".*oauth_signature="/);
  assert.ok(!authorization.includes('secret'));
  for (const wrong of ['token', 'token:', ':secret', 'a:b:c'])
    await assertRefused(twitter.verify(wrong), 'invalid_token');
});
