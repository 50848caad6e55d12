import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  newEmail,
  startIdentify,
} from '../../harness/identify.ts';

let api: IdentifyApi;
before(async () => {
  api = await startIdentify();
});
after(() => api[Symbol.asyncDispose]());

const update = (token: string, data: object) => api.put('/v1/user', { ...EMAIL, data }, { token });

test('identify 28: a profile has its history, devices and the time of its last change', async () => {
  const { accessToken, userId, externalId, email } = await api.newcomer({ deviceId: DEVICE });
  const profile = await api.profile(accessToken);
  assert.deepEqual(profile.data.loginHistory, profile.loginHistory);
  assert.equal(profile.loginHistory.length, 1);
  assert.equal(profile.devices.length, 1);
  assert.match(profile.updatedAt, /^\d{10}$/);
  assert.deepEqual([profile.userId, profile.externalId, profile.data.userId], [userId, externalId, userId]);
  assert.deepEqual([profile.email, profile.data.email, profile.appProfile], [email, email, {}]);
  assert.deepEqual(profile.username, email.split('@')[0]);
});

test('identify 29: opt-ins come back as texts, in the data and in the data within', async () => {
  const data = { 'custom:terms_optin1': '1', 'custom:terms_optin2': true, 'custom:rank': 0 };
  const { accessToken } = await api.newcomer({ data });
  const profile = await api.profile(accessToken);
  for (const place of [profile, profile.data]) {
    assert.equal(place['custom:terms_optin1'], '1');
    assert.equal(place['custom:terms_optin2'], '1');
    assert.equal(place['custom:rank'], '0');
  }
});

test('identify 30: a change of the nickname leaves the rest, and moves the time', async () => {
  const { accessToken, email } = await api.newcomer({ data: { 'custom:a': 'x', username: 'ada.lovelace' } });
  const before = await api.profile(accessToken);
  api.clock.advance(7);
  const reply = await update(accessToken, { nickname: 'Ada' });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.body.message, 'User is Correctly Updated');
  assert.deepEqual(reply.body.data, {
    ...{ email, username: 'ada.lovelace' },
    ...{ externalId: before.externalId, projectId: api.projectId },
  });
  const after = await api.profile(accessToken);
  assert.equal(after.nickname, 'Ada');
  assert.deepEqual([after.email, after['custom:a'], after.username], [email, 'x', 'ada.lovelace']);
  assert.equal(Number(after.updatedAt), Number(before.updatedAt) + 7);
});

test('identify 31: an attribute that there is not is refused, and nothing changes', async () => {
  const { accessToken } = await api.newcomer();
  const before = await api.profile(accessToken);
  assertInvalid(await update(accessToken, { nickname: 'Ada', shoeSize: '38' }), 'shoeSize');
  assertInvalid(await update(accessToken, { 'custom:name-with-dash': 'x' }), 'custom:name-with-dash');
  assertInvalid(await update(accessToken, {}), 'data');
  assert.deepEqual(await api.profile(accessToken), before);
});

test('identify 33: a second app profile takes the place of the first', async () => {
  const { accessToken } = await api.newcomer({ data: { appProfile: { a: 1, deep: { b: [1, 2] } } } });
  assert.deepEqual((await api.profile(accessToken)).appProfile, { a: 1, deep: { b: [1, 2] } });
  await update(accessToken, { appProfile: { c: null } });
  assert.deepEqual((await api.profile(accessToken)).appProfile, { c: null });
});

test('identify 34: an app profile over the limit is refused, and the one before stays', async () => {
  const { accessToken } = await api.newcomer({ data: { appProfile: { kept: true } } });
  const text = (bytes: number) => ({ appProfile: { text: 'x'.repeat(bytes) } });
  assertInvalid(await update(accessToken, text(32 * 1024)), 'appProfile');
  assertRefused(await update(accessToken, text(101 * 1024)), 413, 'payload_too_large');
  assertInvalid(await update(accessToken, { appProfile: ['no', 'object'] }), 'appProfile');
  assert.deepEqual((await api.profile(accessToken)).appProfile, { kept: true });
  assert.equal((await update(accessToken, text(32 * 1024 - 11))).status, 200);
});

test('an e-mail changes to one that is free, and the person logs in by it', async () => {
  const { accessToken } = await api.newcomer();
  const taken = await api.register();
  assertRefused(await update(accessToken, { email: taken.toUpperCase() }), 409, 'user_exists');
  const email = newEmail();
  assert.equal((await update(accessToken, { email })).body.data.email, email);
  assert.ok(await api.login(email));
});

test('a username is one person’s of a project', async () => {
  const first = await api.newcomer({ data: { username: 'grace' } });
  const second = await api.newcomer();
  assertRefused(await update(second.accessToken, { username: 'GRACE' }), 409, 'user_exists');
  assert.equal((await update(first.accessToken, { username: 'grace' })).status, 200);
});

test('two changes at once are both made', async () => {
  const { accessToken } = await api.newcomer();
  const names = Array.from({ length: 8 }, (_, index) => `custom:at_once_${index}`);
  const replies = await Promise.all(names.map((name) => update(accessToken, { [name]: '1' })));
  assert.deepEqual(
    replies.map(({ status }) => status),
    Array(8).fill(200),
  );
  const profile = await api.profile(accessToken);
  for (const name of names) assert.equal(profile[name], '1');
});
