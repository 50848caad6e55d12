import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NotFound, WrongState } from '../../src/core/errors.ts';
import { together } from '../../src/core/records.ts';
import { isPrivileged } from '../../src/core/sessions/active.ts';
import { DEFAULT_SESSION_CONFIG } from '../../src/core/sessions/config.ts';
import {
  findActiveSession,
  findSessionByLogoutToken,
  findSessionByToken,
  getSession,
  getSessionOfIdentity,
} from '../../src/core/sessions/find-session.ts';
import { startSession } from '../../src/core/sessions/start-session.ts';
import { ADDRESS, DAY, HOUR, openSite, type Site, USER_AGENT } from './kit.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site[Symbol.asyncDispose]());

const pool = () => site.own.principal.poolId;
const whoami = (token: string) => findActiveSession(site.deps, pool(), token);

test('a login gives a session, and the two tokens that find it', async () => {
  const identityId = await site.createIdentity();
  const { session, token, logoutToken } = await site.login(identityId);
  assert.match(token, /^ory_st_[0-9A-Za-z]{32}$/);
  assert.match(logoutToken, /^ory_lo_[0-9A-Za-z]{32}$/);
  const now = site.clock.now();
  assert.deepEqual(session, {
    ...{ poolId: pool(), id: session.id, identityId, aal: 'aal1', isActive: true, revokedAt: null },
    ...{ issuedAt: now, authenticatedAt: now, expiresAt: new Date(now.getTime() + DAY * 1000) },
    methods: [{ method: 'password', aal: 'aal1', completedAt: now }],
    devices: [
      {
        id: session.devices[0]?.id,
        ipAddress: ADDRESS,
        userAgent: USER_AGENT,
        location: 'Melbourne, AU',
      },
    ],
  });
  const found = await whoami(token);
  assert.deepEqual(found?.session, session);
  assert.equal(found?.identity.stored.id, identityId);
  assert.deepEqual(found?.identity.profile?.attributes, {});
  assert.deepEqual(await findSessionByToken(site.deps, pool(), token), session);
  assert.deepEqual(await findSessionByLogoutToken(site.deps, pool(), logoutToken), session);
  assert.deepEqual(await getSession(site.deps, pool(), session.id), session);
  assert.equal((await getSessionOfIdentity(site.deps, pool(), session.id)).identity.stored.id, identityId);
  assert.deepEqual(
    (await site.entries(identityId)).map((entry) => ({ ...entry })),
    [{ action: 'identity.session_started', fields: [], key_id: null }],
  );
});

test('the one token does not do for the other, and what is no token finds nothing', async () => {
  const { token, logoutToken } = await site.login(await site.createIdentity());
  assert.equal(await whoami(logoutToken), null);
  assert.equal(await findSessionByLogoutToken(site.deps, pool(), token), null);
  const swapped = [token.replace('_st_', '_lo_'), logoutToken.replace('_lo_', '_st_')] as const;
  assert.equal(await findSessionByLogoutToken(site.deps, pool(), swapped[0]), null);
  assert.equal(await whoami(swapped[1]), null);
  for (const text of ['', 'ory_st_', `${token}A`, token.slice(0, -1), ` ${token}`, token.toUpperCase()]) {
    assert.equal(await whoami(text), null, text);
  }
});

test('nothing of a session is readable in its row, its tokens least of all', async () => {
  const { session, token, logoutToken } = await site.login(await site.createIdentity());
  const [row] = await site.sql<{ row: string }>(
    `select (t.*)::text as row from sessions t where t.id = '${session.id}'`,
  );
  for (const plain of [token, logoutToken, token.slice(7), 'Shelley', ADDRESS, 'Melbourne', 'password']) {
    assert.ok(!row?.row.includes(plain), plain);
    assert.ok(!row?.row.includes(Buffer.from(plain).toString('hex')), plain);
  }
});

test('who is asked for by a token costs one statement, and writes nothing', async () => {
  const { token } = await site.login(await site.createIdentity());
  await whoami(token);
  const before = site.statements.length;
  assert.ok((await whoami(token)) !== null);
  const sent = site.statements.slice(before);
  assert.equal(sent.length, 1);
  assert.match(sent[0] ?? '', /^\s*select/);
});

test('many who ask at once are each told of their own session', async () => {
  const started = await Promise.all(
    Array.from({ length: 20 }, async () => site.login(await site.createIdentity())),
  );
  const asked = [...started, ...started];
  const found = await Promise.all(asked.map(({ token }) => whoami(token)));
  assert.deepEqual(
    found.map((one) => one?.session.id),
    asked.map(({ session }) => session.id),
  );
});

test('another pool finds nothing, by whatever name', async () => {
  const { session, token, logoutToken } = await site.login(await site.createIdentity());
  const { poolId } = site.other.principal;
  assert.equal(await findActiveSession(site.deps, poolId, token), null);
  assert.equal(await findSessionByToken(site.deps, poolId, token), null);
  assert.equal(await findSessionByLogoutToken(site.deps, poolId, logoutToken), null);
  await assert.rejects(getSession(site.deps, poolId, session.id), NotFound);
});

test('a session is over when its time is', async () => {
  const { token } = await site.login(await site.createIdentity());
  site.clock.advance(DAY - 1);
  assert.ok((await whoami(token)) !== null);
  site.clock.advance(1);
  assert.equal(await whoami(token), null);
  assert.equal((await findSessionByToken(site.deps, pool(), token))?.isActive, false);
});

test('the sessions of a blocked identity stop at once, and go on when it is free (R2)', async () => {
  const identityId = await site.createIdentity();
  const { token, session } = await site.login(identityId);
  await site.revise(identityId, {
    ...{ action: 'identity.blocked', fields: ['blocked'], standing: { blocked: true } },
  });
  assert.equal(await whoami(token), null);
  assert.equal((await getSession(site.deps, pool(), session.id)).isActive, false);
  await assert.rejects(site.login(identityId), WrongState);
  await assert.rejects(site.add(session.id, site.method('totp', 'aal2')), NotFound);
  await site.revise(identityId, { action: 'identity.unblocked', fields: ['blocked'], standing: {} });
  assert.equal((await whoami(token))?.session.id, session.id);
});

test('an archived identity stays logged in; a closed one does not (R8)', async () => {
  const identityId = await site.createIdentity();
  const { token } = await site.login(identityId);
  await site.revise(identityId, { action: 'identity.archived', fields: [], status: 'archived' });
  assert.ok((await whoami(token)) !== null);
  await site.revise(identityId, { action: 'identity.deleted', fields: ['status'], status: 'deleted' });
  assert.equal(await whoami(token), null);
  await assert.rejects(site.login(identityId), WrongState);
});

test('erasing an identity removes its sessions', async () => {
  const identityId = await site.createIdentity();
  const { token, session } = await site.login(identityId);
  const spared = await site.login(await site.createIdentity());
  await site.revise(identityId, { action: 'identity.erased', fields: ['status'], status: 'erased' });
  assert.equal(await whoami(token), null);
  assert.equal(await findSessionByToken(site.deps, pool(), token), null);
  assert.deepEqual(await site.sql(`select id from sessions where id = '${session.id}'`), []);
  assert.ok((await whoami(spared.token)) !== null);
});

test('logins while an identity is erased leave no session behind', async () => {
  const identityId = await site.createIdentity();
  const logins = Array.from({ length: 10 }, () => site.login(identityId));
  const erasing = site.revise(identityId, { action: 'identity.erased', fields: [], status: 'erased' });
  await Promise.allSettled([...logins, erasing]);
  await erasing;
  assert.deepEqual(await site.sql(`select id from sessions where identity_id = '${identityId}'`), []);
});

test('a login that fails leaves no session', async () => {
  const identityId = await site.createIdentity();
  await assert.rejects(
    together(site.deps, async (tx) => {
      const { identity } = await getSessionOfIdentity(
        site.deps,
        pool(),
        (await site.login(identityId)).session.id,
      );
      await startSession(tx, site.deps, site.own, {
        ...{ identity, methods: [], config: DEFAULT_SESSION_CONFIG },
        origin: { ipAddress: null, userAgent: null },
      });
      throw new RangeError('the rest of the login');
    }),
    RangeError,
  );
  const [row] = await site.sql<{ n: number }>(
    `select count(*)::integer as n from sessions where identity_id = '${identityId}'`,
  );
  assert.equal(row?.n, 1);
});

test('a user agent is cut at 512 bytes, between two characters; what is not said is null', async () => {
  const identityId = await site.createIdentity();
  const device = async (ipAddress: string | null, userAgent: string | null) =>
    (await site.login(identityId, { origin: { ipAddress, userAgent } })).session.devices[0];
  assert.equal((await device(ADDRESS, 'x'.repeat(600)))?.userAgent, 'x'.repeat(512));
  assert.equal((await device(ADDRESS, `x${'é'.repeat(300)}`))?.userAgent, `x${'é'.repeat(255)}`);
  assert.equal((await device(ADDRESS, 'a\r\nb'))?.userAgent, 'ab');
  const { id: _, ...silent } = (await device(null, null)) ?? {};
  assert.deepEqual(silent, { ipAddress: null, userAgent: null, location: null });
  assert.equal((await device('10.0.0.1', null))?.location, null);
});

test('a second factor raises the level; a login that is refreshed keeps id, tokens and end', async () => {
  const identityId = await site.createIdentity();
  const { session, token } = await site.login(identityId);
  site.clock.advance(HOUR);
  assert.ok(isPrivileged(session, site.clock.now(), DEFAULT_SESSION_CONFIG));
  site.clock.advance(1);
  assert.ok(!isPrivileged(session, site.clock.now(), DEFAULT_SESSION_CONFIG));
  const raised = await site.add(session.id, site.method('totp', 'aal2'));
  assert.deepEqual((await whoami(token))?.session, raised);
  assert.deepEqual(
    [raised.id, raised.aal, raised.methods.map(({ method }) => method), raised.authenticatedAt],
    [session.id, 'aal2', ['password', 'totp'], site.clock.now()],
  );
  assert.deepEqual([raised.expiresAt, raised.devices], [session.expiresAt, session.devices]);
  site.clock.advance(60);
  const refreshed = await site.add(session.id, site.method('password'));
  assert.deepEqual(
    refreshed.methods.map(({ method, completedAt }) => [method, completedAt]),
    [
      ['totp', raised.authenticatedAt],
      ['password', site.clock.now()],
    ],
  );
  assert.equal(refreshed.aal, 'aal2');
  assert.deepEqual(
    (await site.entries(identityId)).map(({ action }) => action),
    ['identity.session_started', ...Array(2).fill('identity.session_authenticated')],
  );
});

test('a second factor alone is one thing that was shown', async () => {
  const identityId = await site.createIdentity();
  const { session } = await site.login(identityId, { methods: [site.method('totp', 'aal2')] });
  assert.equal(session.aal, 'aal1');
  assert.equal((await site.add(session.id, site.method('code'))).aal, 'aal2');
  assert.equal((await site.login(identityId, { methods: [] })).session.aal, 'aal0');
});

test('of methods that are added at once none is lost', async () => {
  const { session, token } = await site.login(await site.createIdentity());
  const names = Array.from({ length: 8 }, (_, n) => `method_${n}`);
  await Promise.all(names.map((name) => site.add(session.id, site.method(name))));
  const methods = (await whoami(token))?.session.methods.map(({ method }) => method) ?? [];
  assert.deepEqual(methods.sort(), [...names, 'password']);
});
