import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertInvalid, assertRefused, DEVICE, OTHER_DEVICE, type Shown } from '../../harness/identify.ts';
import {
  AUTH_ZERO,
  COGNITO,
  GOOGLE,
  type LinkingApi,
  LOCAL,
  newSubject,
  OWN,
  startLinking,
  X,
} from '../../harness/linking.ts';

// Accounts of one person at several providers, as one user (decision 0023).

let linking: LinkingApi;
let api: LinkingApi['api'];
before(async () => {
  linking = await startLinking();
  ({ api } = linking);
});
after(() => linking[Symbol.asyncDispose]());

const toGoogle = (accessToken: string) => ({ provider: 'google', accessToken });

test('whoever has proved both is one user by either, with one history, one profile and the same devices', async () => {
  const own = await api.newcomer({ pair: LOCAL, deviceId: DEVICE });
  const sub = newSubject();
  const token = await linking.googleToken(sub);
  const reply = await linking.link(LOCAL, own.accessToken, toGoogle(token));
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.body.message, 'User is Correctly Linked');
  assert.deepEqual(reply.body.data, await api.profile(own.accessToken, LOCAL));
  assert.equal(await linking.userOf(GOOGLE, token), own.userId);
  api.clock.advance(120);
  const again = await linking.googleToken(sub);
  const query = { ...GOOGLE, deviceId: OTHER_DEVICE };
  const checked = await api.get('/v1/user/check/nonstandard', query, { token: again });
  assert.equal(checked.body.data.userId, own.userId, checked.text);
  await api.put('/v1/user', { ...GOOGLE, data: { appProfile: { team: 'red' } } }, { token: again });
  const shown = await api.profile(own.accessToken, LOCAL);
  assert.deepEqual(shown.appProfile, { team: 'red' });
  assert.deepEqual(
    shown.devices.map(({ deviceId }: Shown) => deviceId),
    [DEVICE, OTHER_DEVICE],
  );
  assert.equal(shown.loginHistory.length, 2);
});

test('each account keeps its external id, which is that of other projects', async () => {
  const { userId, accessToken, externalId } = await linking.newcomer();
  const token = await linking.googleToken();
  await linking.linked(LOCAL, accessToken, toGoogle(token));
  const elsewhere = { token, projectId: api.server.quickstart.sandbox.app_id };
  const there = (await api.get('/v1/user', GOOGLE, elsewhere)).body.data;
  const here = await api.profile(token, GOOGLE);
  assert.equal(here.externalId, there.externalId);
  assert.equal((await api.profile(accessToken, LOCAL)).externalId, externalId);
  assert.notEqual(there.userId, userId, 'another project knows nothing of it');
});

test('every provider with users that prove themselves may be the one or the other', async () => {
  const session = await api.newcomer({ pair: COGNITO });
  const x = newSubject();
  const bearers: [object, string][] = [
    [COGNITO, session.accessToken],
    [AUTH_ZERO, await linking.auth0Token()],
    [GOOGLE, await linking.googleToken()],
    [X, `x-${x}`],
    [OWN, `own-${newSubject()}`],
  ];
  const ids: string[] = [];
  for (const [pair, token] of bearers) {
    const other = newSubject();
    await linking.linked(pair, token, { provider: 'twitter', accessToken: `x-${other}`, userId: other });
    assert.equal(await linking.userOf(X, `x-${other}`), await linking.userOf(pair, token));
    ids.push(await linking.userOf(pair, token));
  }
  assert.equal(new Set(ids).size, bearers.length);
  const { userId, accessToken } = await linking.newcomer();
  const others: [object, string][] = [
    [COGNITO, (await api.newcomer({ pair: COGNITO })).accessToken],
    [AUTH_ZERO, await linking.auth0Token()],
    [OWN, `own-${newSubject()}`],
  ];
  // Whom Cognito registered is here already.
  for (const [index, [pair, token]] of others.entries()) {
    const reply = await linking.link(LOCAL, accessToken, { ...pair, accessToken: token });
    if (index === 0) assertRefused(reply, 409, 'user_exists');
    else assert.equal(await linking.userOf(pair, token), userId, reply.text);
  }
});

test('what is linked already is linked, and nothing changes', async () => {
  const { userId, accessToken } = await linking.newcomer();
  const token = await linking.googleToken();
  await linking.linked(LOCAL, accessToken, toGoogle(token));
  const before = await api.server.sql('select version from identities where id = $1::uuid', [userId]);
  api.clock.advance(60);
  assert.equal((await linking.linked(LOCAL, accessToken, toGoogle(token))).userId, userId);
  assert.equal((await linking.linked(GOOGLE, token, { provider: 'local', accessToken })).userId, userId);
  assert.equal((await linking.linked(GOOGLE, token, toGoogle(token))).userId, userId);
  const now = await api.server.sql('select version from identities where id = $1::uuid', [userId]);
  assert.deepEqual(now, before);
});

test('an account that is another user’s stays theirs', async () => {
  const [one, two] = [await linking.newcomer(), await linking.newcomer()];
  const token = await linking.googleToken();
  await linking.linked(LOCAL, one.accessToken, toGoogle(token));
  assertRefused(await linking.link(LOCAL, two.accessToken, toGoogle(token)), 409, 'user_exists');
  const password = { provider: 'local', accessToken: two.accessToken };
  assertRefused(await linking.link(GOOGLE, token, password), 409, 'user_exists');
  assert.equal(await linking.userOf(GOOGLE, token), one.userId);
  assert.equal(await linking.userOf(LOCAL, two.accessToken), two.userId);
});

test('nobody is made for a link that fails', async () => {
  const { userId, accessToken } = await linking.newcomer();
  const token = await linking.googleToken();
  const local = { provider: 'local', accessToken };
  assertRefused(await linking.link(GOOGLE, token, local), 409, 'user_exists');
  assertRefused(await linking.link(GOOGLE, token, { ...local, accessToken: 'junk' }), 401, 'invalid_token');
  await linking.linked(LOCAL, accessToken, toGoogle(token));
  assert.equal(await linking.userOf(GOOGLE, token), userId);
});

test('what is wrong is told in the order of other calls', async () => {
  const { accessToken: token } = await linking.newcomer();
  const good = { provider: 'google', accessToken: await linking.googleToken() };
  const text = { headers: { 'content-type': 'text/plain' } };
  assertRefused(await api.post('/v1/user/link', '{', text), 415, 'unsupported_media_type');
  assertInvalid(await api.post('/v1/user/link', LOCAL, { projectId: null }), 'projectId');
  for (const pair of [
    { strategy: 'simplified', provider: 'noLogin' },
    { strategy: 'simplified', provider: 'anonymous' },
  ])
    assertRefused(await linking.link(pair, token, good), 400, 'operation_not_supported');
  assertRefused(await api.post('/v1/user/link', LOCAL), 401, 'missing_token');
  assertInvalid(await api.post('/v1/user/link', LOCAL, { token }), 'provider', 'accessToken');
  assertInvalid(await linking.link(LOCAL, token, { provider: 'google' }), 'accessToken');
  for (const odd of [7, '', {}, 'x'.repeat(9000)])
    assertInvalid(await linking.link(LOCAL, token, { ...good, accessToken: odd }), 'accessToken');
  assertInvalid(await linking.link(LOCAL, token, { provider: 'twitter', accessToken: 'x-1' }), 'userId');
  for (const provider of ['nobody', 'Google', '__proto__', 'constructor'])
    assertRefused(await linking.link(LOCAL, token, { ...good, provider }), 400, 'unsupported_provider');
  for (const provider of ['facebook'])
    assertRefused(await linking.link(LOCAL, token, { ...good, provider }), 400, 'provider_not_enabled');
  for (const provider of ['anonymous', 'noLogin'])
    assertRefused(await linking.link(LOCAL, token, { ...good, provider }), 400, 'operation_not_supported');
  assertRefused(await linking.link(LOCAL, 'junk', good), 401, 'invalid_token');
});

test('the other token is looked at as closely as a bearer is', async () => {
  const { userId, accessToken: token, email } = await linking.newcomer();
  const sub = newSubject();
  const now = Math.floor(api.clock.now().getTime() / 1000);
  const wrong = [
    await linking.googleToken(sub, { aud: 'foreign' }),
    await linking.googleToken(sub, { iss: 'https://elsewhere.example' }),
    `${(await linking.googleToken(sub)).slice(0, -8)}AAAAAAAA`,
    token,
  ];
  for (const one of wrong)
    assertRefused(await linking.link(LOCAL, token, toGoogle(one)), 401, 'invalid_token');
  const over = await linking.googleToken(sub, { exp: now - 90 });
  assertRefused(await linking.link(LOCAL, token, toGoogle(over)), 401, 'token_expired');
  const another = newSubject();
  for (const data of [
    { provider: 'twitter', accessToken: `x-${sub}`, userId: another },
    { provider: 'authZero', accessToken: await linking.auth0Token(sub), userId: another },
    { provider: 'google', accessToken: await linking.googleToken(sub), userId: another },
    { provider: 'local', accessToken: token, userId: another },
  ])
    assertRefused(await linking.link(LOCAL, token, data), 403, 'user_mismatch');
  assert.notEqual(await linking.userOf(GOOGLE, await linking.googleToken(sub)), userId);
  // Whoever logged out proves nothing, on either side.
  const { accessToken } = await api.newcomer({ pair: COGNITO });
  await api.post('/v1/user/logout', COGNITO, { token: accessToken });
  assertRefused(
    await linking.link(LOCAL, token, { provider: 'awsCognito', accessToken }),
    401,
    'invalid_token',
  );
  const later = (await api.login(email, { pair: LOCAL })).accessToken;
  await api.post('/v1/user/logout', LOCAL, { token: later });
  const local = { provider: 'local', accessToken: later };
  assertRefused(await linking.link(GOOGLE, await linking.googleToken(), local), 401, 'invalid_token');
  assertRefused(
    await linking.link(LOCAL, later, toGoogle(await linking.googleToken())),
    401,
    'invalid_token',
  );
});

test('R2: who is blocked links nothing, and is linked to nothing', async () => {
  const [own, other] = [await linking.newcomer(), await linking.newcomer()];
  const token = await linking.googleToken();
  await linking.linked(LOCAL, other.accessToken, toGoogle(token));
  await linking.setState(other.userId, 'inactive');
  assertRefused(await linking.link(LOCAL, own.accessToken, toGoogle(token)), 401, 'invalid_token');
  const x = { provider: 'twitter', accessToken: 'x-r2', userId: 'r2' };
  assertRefused(await linking.link(GOOGLE, token, x), 401, 'invalid_token');
  assertRefused(await linking.link(LOCAL, other.accessToken, x), 401, 'invalid_token');
  assertRefused(await api.get('/v1/user', GOOGLE, { token }), 401, 'invalid_token');
  await linking.setState(other.userId, 'active');
  await linking.linked(GOOGLE, token, x);
  assert.equal(await linking.userOf(X, 'x-r2'), other.userId);
});

test('of two users who want one account twenty times at once one gets it', async () => {
  const users = [await linking.newcomer(), await linking.newcomer()];
  const token = await linking.googleToken();
  const wanted = Array.from({ length: 20 }, (_, index) => users[index % 2] as Shown);
  const replies = await Promise.all(
    wanted.map(async ({ accessToken, userId }) => {
      const { status } = await linking.link(LOCAL, accessToken, toGoogle(token));
      return { userId, status };
    }),
  );
  const holder = await linking.userOf(GOOGLE, token);
  assert.ok(users.some(({ userId }) => userId === holder));
  for (const { userId, status } of replies) assert.equal(status, userId === holder ? 200 : 409);
});

test('one user who links twenty times at once has one account more', async () => {
  const { accessToken, userId } = await linking.newcomer();
  const token = await linking.googleToken();
  const many = Array.from({ length: 20 }, () => linking.link(LOCAL, accessToken, toGoogle(token)));
  for (const { status, text } of await Promise.all(many)) assert.equal(status, 200, text);
  const entries = await api.server.sql(
    `select 1 from audit_entries where subject_id = $1::uuid and 'identify.account' = any(fields)`,
    [userId],
  );
  const claims = await api.server.sql(
    `select 1 from identifiers where identity_id = $1::uuid and space like 'identify%'`,
    [userId],
  );
  assert.deepEqual([entries.length, claims.length], [1, 2]);
});

test('a link is in the audit log and told by an event, and neither says whose account it is', async () => {
  const { accessToken, userId } = await linking.newcomer();
  const sub = `marked-${newSubject()}`;
  const token = await linking.googleToken(sub);
  const read = (table: string, action: string) =>
    api.server.sql<{ id: string; action: string; row: string }>(
      `select id, ${action} as action, row_to_json(t)::text as row from ${table} t
       where subject_id = $1::uuid order by id`,
      [userId],
    );
  const both = () => Promise.all([read('audit_entries', 'action'), read('outbox', 'type')]);
  const before = (await both()).map((rows) => rows.length);
  await linking.linked(LOCAL, accessToken, toGoogle(token));
  for (const [index, rows] of (await both()).entries()) {
    const [row, ...more] = rows.slice(before[index]);
    assert.deepEqual([row?.action, more.length], ['identity.updated', 0]);
    assert.match(row?.row ?? '', /identify\.account/);
    assert.ok(!row?.row.includes(sub));
  }
  for (const secret of [sub, token, accessToken]) assert.ok(!api.server.logs().includes(secret));
});

test('a project knows nothing of tokens and users of another', async () => {
  const projectId = api.server.quickstart.sandbox.app_id;
  const { accessToken } = await linking.newcomer();
  const token = await linking.googleToken();
  await linking.linked(LOCAL, accessToken, toGoogle(token));
  const local = { provider: 'local', accessToken };
  assertRefused(await linking.link(GOOGLE, token, local, { projectId }), 401, 'invalid_token');
  const there = { provider: 'twitter', accessToken: 'x-there', userId: 'there' };
  const reply = await linking.link(GOOGLE, token, there, { projectId });
  assert.equal(reply.status, 200, reply.text);
  assert.notEqual(await linking.userOf(X, 'x-there'), reply.body.data.userId);
});
