import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertRefused, newEmail, PASSWORD, type Shown } from '../../harness/identify.ts';
import {
  COGNITO,
  COOKIE,
  GOOGLE,
  type LinkingApi,
  LOCAL,
  newSubject,
  OWN,
  SITE,
  startLinking,
  X,
} from '../../harness/linking.ts';

// What becomes of a record with several accounts (decision 0023; DESIGN R3, R4, R8).

let linking: LinkingApi;
let api: LinkingApi['api'];
before(async () => {
  linking = await startLinking();
  ({ api } = linking);
});
after(() => linking[Symbol.asyncDispose]());

const proved = (email: string) => linking.googleToken(newSubject(), { email, email_verified: true });
const addressesOf = async (userId: string) =>
  ((await linking.iam.identity(userId)).verifiable_addresses ?? []).map((one: Shown) => [
    one.value,
    one.verified,
  ]);
/** Somebody with a password, an account at Google and one at X. */
const withAccounts = async () => {
  const { accessToken, userId, email } = await linking.newcomer();
  const [google, id] = [await linking.googleToken(), newSubject()];
  await linking.linked(LOCAL, accessToken, { provider: 'google', accessToken: google });
  await linking.linked(LOCAL, accessToken, { provider: 'twitter', accessToken: `x-${id}`, userId: id });
  return { userId, email, accessToken, accounts: [[GOOGLE, google] as const, [X, `x-${id}`] as const] };
};

test('R4: an address of their own that the other provider has proved is verified everywhere', async () => {
  const { userId, email, accessToken } = await linking.newcomer();
  const unproved = await linking.auth0Token(newSubject(), { email });
  await linking.linked(LOCAL, accessToken, { provider: 'authZero', accessToken: unproved });
  assert.deepEqual(await addressesOf(userId), [[email, false]]);
  await linking.linked(LOCAL, accessToken, {
    provider: 'google',
    accessToken: await proved(email.toUpperCase()),
  });
  assert.deepEqual(await addressesOf(userId), [[email, true]]);
});

test('R4: a linked account goes on proving the address of its user, and no other', async () => {
  const { userId, email, accessToken } = await linking.newcomer();
  const sub = newSubject();
  const token = await linking.googleToken(sub);
  await linking.linked(LOCAL, accessToken, { provider: 'google', accessToken: token });
  const enter = async (claims: object) =>
    linking.userOf(GOOGLE, await linking.googleToken(sub, { ...claims, email_verified: true }));
  await enter({ email: newEmail() });
  assert.deepEqual(await addressesOf(userId), [[email, false]]);
  assert.equal(await enter({ email }), userId);
  assert.deepEqual(await addressesOf(userId), [[email, true]]);
});

test('R3: an address that another user has is neither taken over nor proved for them', async () => {
  const [own, other] = [await linking.newcomer(), await linking.newcomer()];
  const token = await proved(other.email);
  await linking.linked(LOCAL, own.accessToken, { provider: 'google', accessToken: token });
  assert.equal(await linking.userOf(GOOGLE, token), own.userId);
  assert.deepEqual(await addressesOf(own.userId), [[own.email, false]]);
  assert.deepEqual(await addressesOf(other.userId), [[other.email, false]]);
  assert.equal((await api.login(other.email, { pair: LOCAL })).userId, other.userId);
});

test('R3: somebody without an address is given none by a link', async () => {
  const id = newSubject();
  const { userId } = await linking.linked(X, `x-${id}`, {
    provider: 'google',
    accessToken: await proved(newEmail()),
  });
  assert.deepEqual(await addressesOf(userId), []);
});

test('who logs in with an address goes on with it, whatever an account at Cognito says', async () => {
  const { email, userId, accessToken } = await linking.newcomer();
  const there = newEmail();
  const data = { email: there, password: PASSWORD };
  const sandbox = api.server.quickstart.sandbox.app_id;
  // Registered by another project at the same user pool, so that this one does not know them.
  const made = await api.post('/v1/user', { ...COGNITO, data }, { projectId: sandbox });
  assert.equal(made.status, 201, made.text);
  const session = await api.put('/v1/user/login', { ...COGNITO, data }, { projectId: sandbox });
  const token = session.body.data.accessToken;
  await linking.linked(LOCAL, accessToken, { provider: 'awsCognito', accessToken: token });
  const shown = await api.profile(token, COGNITO);
  assert.deepEqual([shown.userId, shown.email], [userId, email]);
  assert.equal((await api.login(email, { pair: LOCAL })).userId, userId);
});

test('R8: erasing a user frees every account', async () => {
  const { userId, accounts } = await withAccounts();
  await linking.erase(userId);
  const anew = await Promise.all(accounts.map(([pair, token]) => linking.userOf(pair, token)));
  assert.equal(new Set([userId, ...anew]).size, 3);
  // They may be linked again, by whoever has both.
  const [[, google] = [GOOGLE, '']] = accounts;
  const fresh = await linking.newcomer();
  const again = await linking.googleToken();
  assertRefused(
    await linking.link(LOCAL, fresh.accessToken, { provider: 'google', accessToken: google }),
    409,
    'user_exists',
  );
  await linking.linked(LOCAL, fresh.accessToken, { provider: 'google', accessToken: again });
});

test('R8: deleting a user frees every account', async () => {
  const { userId, accounts } = await withAccounts();
  await linking.iam.delete(`/admin/identities/${userId}`);
  for (const [pair, token] of accounts) assert.notEqual(await linking.userOf(pair, token), userId);
});

test('a merge carries every account, and so does the next one', async () => {
  const { userId, accounts } = await withAccounts();
  const [primary, last] = [await withAccounts(), await linking.newcomer()];
  const externalIds = async () =>
    Promise.all(accounts.map(async ([pair, token]) => (await api.profile(token, pair)).externalId));
  const before = await externalIds();
  const all = [...accounts, ...primary.accounts];
  await linking.merge(primary.userId, userId);
  for (const [pair, token] of all) assert.equal(await linking.userOf(pair, token), primary.userId);
  await linking.merge(last.userId, primary.userId);
  for (const [pair, token] of all) assert.equal(await linking.userOf(pair, token), last.userId);
  assert.deepEqual(await externalIds(), before);
  const [[, google] = [GOOGLE, '']] = accounts;
  const same = await linking.linked(LOCAL, last.accessToken, { provider: 'google', accessToken: google });
  assert.equal(same.userId, last.userId);
});

test('R8: erasing whom others were merged into frees their accounts, too', async () => {
  const [primary, secondary] = [await withAccounts(), await withAccounts()];
  await linking.merge(primary.userId, secondary.userId);
  await linking.erase(primary.userId);
  for (const [pair, token] of [...primary.accounts, ...secondary.accounts])
    assert.ok(![primary.userId, secondary.userId].includes(await linking.userOf(pair, token)));
});

test('a user has a bounded number of accounts', async () => {
  const { accessToken } = await linking.newcomer();
  const ids = Array.from({ length: 21 }, newSubject);
  const statuses: number[] = [];
  for (const id of ids) {
    const data = { provider: 'nba', accessToken: `own-${id}` };
    statuses.push((await linking.link(LOCAL, accessToken, data)).status);
  }
  assert.deepEqual(statuses, [...Array(20).fill(200), 409]);
  const [first = '', last = ''] = [ids[0], ids.at(-1)];
  const again = { provider: 'nba', accessToken: `own-${first}` };
  assert.equal((await linking.link(LOCAL, accessToken, again)).status, 200);
  const more = await linking.link(LOCAL, accessToken, { ...again, accessToken: `own-${last}` });
  assertRefused(more, 409, 'conflict');
});

test('a token in a cookie links by a page of a listed site only', async () => {
  const headers = { cookie: `${COOKIE}=own-${newSubject()}` };
  const id = newSubject();
  const data = { provider: 'twitter', accessToken: `x-${id}`, userId: id };
  const send = (more: object) =>
    linking.link(OWN, 'constant', data, { headers: { ...headers, ...more }, token: 'constant' });
  assertRefused(await send({}), 403, 'origin_not_allowed');
  assertRefused(await send({ origin: 'https://evil.example' }), 403, 'origin_not_allowed');
  const reply = await send({ origin: SITE });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.headers.get('access-control-allow-origin'), SITE);
  assert.equal(await linking.userOf(X, `x-${id}`), reply.body.data.userId);
});

test('a browser gets leave to link, at both addresses', async () => {
  for (const path of ['/user/link', '/v1/user/link']) {
    const reply = await fetch(`${api.server.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        ...{ origin: SITE, 'access-control-request-method': 'POST' },
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    assert.equal(reply.status, 204);
    assert.equal(reply.headers.get('access-control-allow-origin'), SITE);
    assertRefused(await api.post(path, LOCAL), 401, 'missing_token');
    assertRefused(await api.put(path, LOCAL), 405, 'method_not_allowed');
  }
});
