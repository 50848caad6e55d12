import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { InvalidInput, NotFound } from '../../src/core/errors.ts';
import type { IdentityId } from '../../src/core/ports.ts';
import { DEFAULT_SESSION_CONFIG } from '../../src/core/sessions/config.ts';
import {
  deleteSessionsOf,
  type ManagedSessions,
  manageSessions,
  revokeOtherSessions,
  revokeOwnSession,
  revokeSession,
  revokeSessionsOf,
} from '../../src/core/sessions/end-sessions.ts';
import { extendSession } from '../../src/core/sessions/extend-session.ts';
import { findActiveSession, findSessionByToken, getSession } from '../../src/core/sessions/find-session.ts';
import type { SessionId } from '../../src/core/sessions/ports.ts';
import { DAY, HOUR, openSite, type Site } from './kit.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site[Symbol.asyncDispose]());
beforeEach(() => site.sql('delete from sessions returning id'));

const pool = () => site.own.principal.poolId;
const isActive = async (token: string) => (await findActiveSession(site.deps, pool(), token)) !== null;
const get = (id: SessionId) => getSession(site.deps, pool(), id);
const revoke = (id: SessionId) => revokeSession(site.deps, site.own, id);
const extend = (id: SessionId, config: Partial<typeof DEFAULT_SESSION_CONFIG> = {}) =>
  extendSession(site.deps, site.own, { id, config: { ...DEFAULT_SESSION_CONFIG, ...config } });
const manage = (action: 'disable' | 'delete', which: ManagedSessions) =>
  manageSessions(site.deps, site.own, { action, which });
const actions = async (id: IdentityId) => (await site.entries(id)).map(({ action }) => action);
const STARTED = 'identity.session_started';
const REVOKED = 'identity.session_revoked';

test('iam 53: a revoked session is inactive and stays to be read', async () => {
  const identityId = await site.createIdentity();
  const { session, token } = await site.login(identityId);
  const other = await site.login(identityId);
  site.clock.advance(5);
  await revoke(session.id);
  assert.equal(await isActive(token), false);
  assert.deepEqual(await get(session.id), {
    ...session,
    ...{ isActive: false, revokedAt: site.clock.now() },
  });
  assert.equal((await findSessionByToken(site.deps, pool(), token))?.id, session.id);
  assert.ok(await isActive(other.token));
  const revokedAt = site.clock.now();
  site.clock.advance(5);
  await revoke(session.id);
  assert.deepEqual((await get(session.id)).revokedAt, revokedAt, 'the first time counts');
  assert.deepEqual(await actions(identityId), [STARTED, STARTED, REVOKED]);
});

test('a missing session, and another pool’s, cannot be revoked', async () => {
  const { session, token } = await site.login(await site.createIdentity());
  await assert.rejects(revoke(site.deps.ids.next() as SessionId), NotFound);
  await assert.rejects(revokeSession(site.deps, site.other, session.id), NotFound);
  assert.ok(await isActive(token));
});

test('50 who revoke one session at once revoke it once', async () => {
  const identityId = await site.createIdentity();
  const { session } = await site.login(identityId);
  await Promise.all(Array.from({ length: 50 }, () => revoke(session.id)));
  assert.equal((await get(session.id)).isActive, false);
  assert.deepEqual(await actions(identityId), [STARTED, REVOKED]);
});

test('50 who end everything at once end each session once', async () => {
  const identityId = await site.createIdentity();
  for (let n = 0; n < 7; n += 1) await site.login(identityId);
  const counts = await Promise.all(
    Array.from({ length: 50 }, () => revokeSessionsOf(site.deps, site.own, identityId)),
  );
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    7,
  );
});

test('iam 54: who ends all others keeps the session that asks', async () => {
  const identityId = await site.createIdentity();
  const [mine, second, third] = [
    await site.login(identityId),
    await site.login(identityId),
    await site.login(identityId),
  ];
  const stranger = await site.login(await site.createIdentity());
  assert.equal(await revokeOtherSessions(site.deps, site.own, mine.session), 2);
  assert.deepEqual(await Promise.all([mine, second, third, stranger].map(({ token }) => isActive(token))), [
    true,
    false,
    false,
    true,
  ]);
  assert.equal(await revokeOtherSessions(site.deps, site.own, mine.session), 0);
});

test('who ends one of their own cannot end the one that asks, nor another person’s', async () => {
  const identityId = await site.createIdentity();
  const [mine, second] = [await site.login(identityId), await site.login(identityId)];
  const stranger = await site.login(await site.createIdentity());
  const revokeOwn = (id: SessionId) => revokeOwnSession(site.deps, site.own, { current: mine.session, id });
  await assert.rejects(revokeOwn(mine.session.id), InvalidInput);
  await revokeOwn(stranger.session.id);
  await revokeOwn(site.deps.ids.next() as SessionId);
  await revokeOwn(second.session.id);
  assert.deepEqual(await Promise.all([mine, second, stranger].map(({ token }) => isActive(token))), [
    true,
    false,
    true,
  ]);
});

test('deleting the sessions of an identity removes them, revoked ones too; twice finds none', async () => {
  const identityId = await site.createIdentity();
  const [one, two] = [await site.login(identityId), await site.login(identityId)];
  const stranger = await site.login(await site.createIdentity());
  await revoke(one.session.id);
  await assert.rejects(deleteSessionsOf(site.deps, site.other, identityId), NotFound);
  await deleteSessionsOf(site.deps, site.own, identityId);
  for (const { session } of [one, two]) await assert.rejects(get(session.id), NotFound);
  assert.ok(await isActive(stranger.token));
  await assert.rejects(deleteSessionsOf(site.deps, site.own, identityId), NotFound);
  assert.deepEqual(await actions(identityId), [STARTED, STARTED, REVOKED, REVOKED]);
});

test('many are ended by their ids or by their identities; unknown ones are passed over', async () => {
  const [one, two] = [await site.createIdentity(), await site.createIdentity()];
  const [first, second, third] = [await site.login(one), await site.login(one), await site.login(two)];
  const unknown = site.deps.ids.next();
  const sessions = [first.session.id, third.session.id, unknown as SessionId];
  assert.deepEqual(await manage('disable', { sessions }), { processed: 2, more: false });
  assert.deepEqual(await manage('disable', { sessions }), { processed: 0, more: false });
  const identities = [one, unknown as IdentityId];
  assert.deepEqual(await manage('delete', { identities }), { processed: 2, more: false });
  await assert.rejects(get(second.session.id), NotFound);
  assert.equal((await get(third.session.id)).isActive, false);
  assert.deepEqual(await manage('delete', { sessions: [] }), { processed: 0, more: false });
  assert.deepEqual(await actions(one), [STARTED, STARTED, REVOKED, REVOKED]);
  assert.deepEqual(await actions(two), [STARTED, REVOKED]);
});

test('more than 500 ids are refused', async () => {
  const ids = Array.from({ length: 501 }, () => site.deps.ids.next());
  await assert.rejects(manage('disable', { sessions: ids as SessionId[] }), InvalidInput);
  await assert.rejects(manage('delete', { identities: ids as IdentityId[] }), InvalidInput);
  const sessions = ids.slice(1) as SessionId[];
  assert.deepEqual(await manage('delete', { sessions }), { processed: 0, more: false });
});

test('everything of a pool is ended 500 at a time, and nothing of another pool', async () => {
  const identityId = await site.createIdentity();
  const { session } = await site.login(identityId);
  // Copies of one: what they hold is never opened here.
  await site.sql(
    `insert into sessions (pool_id, id, identity_id, token_digest, logout_digest, aal, issued_at, authenticated_at,
       expires_at, box)
     select t.pool_id, gen_random_uuid(), t.identity_id, sha256(n::text::bytea), sha256(n::text::bytea), t.aal,
       t.issued_at, t.authenticated_at, t.expires_at, t.box
     from sessions t, generate_series(1, 700) n where t.id = '${session.id}' returning id`,
  );
  const elsewhere = await manageSessions(site.deps, site.other, {
    ...{ action: 'disable', which: { identities: '*' } },
  });
  assert.deepEqual(elsewhere, { processed: 0, more: false });
  assert.deepEqual(await manage('disable', { identities: '*' }), { processed: 500, more: true });
  assert.deepEqual(await manage('disable', { identities: [identityId] }), { processed: 201, more: false });
  assert.deepEqual(await manage('disable', { identities: '*' }), { processed: 0, more: false });
  assert.deepEqual(await manage('delete', { identities: '*' }), { processed: 500, more: true });
  assert.deepEqual(await manage('delete', { identities: '*' }), { processed: 201, more: false });
  assert.deepEqual(await site.sql('select id from sessions'), []);
});

test('iam 52: an extended session has its whole lifespan again', async () => {
  const identityId = await site.createIdentity();
  const { session, token } = await site.login(identityId);
  site.clock.advance(HOUR);
  const extended = await extend(session.id);
  assert.deepEqual(extended.expiresAt, new Date(site.clock.now().getTime() + DAY * 1000));
  assert.deepEqual((await findActiveSession(site.deps, pool(), token))?.session, extended);
  assert.deepEqual(await actions(identityId), [STARTED, 'identity.session_extended']);
});

test('a session is extended in the part of its life that the configuration says, and never made shorter', async () => {
  const { session } = await site.login(await site.createIdentity());
  const config = { earliestExtendMs: 2 * HOUR * 1000 };
  site.clock.advance(DAY - 2 * HOUR);
  assert.deepEqual((await extend(session.id, config)).expiresAt, session.expiresAt);
  site.clock.advance(1);
  assert.deepEqual((await extend(session.id, { lifespanMs: HOUR * 1000 })).expiresAt, session.expiresAt);
  const end = site.clock.now().getTime() + DAY * 1000;
  assert.deepEqual((await extend(session.id, config)).expiresAt, new Date(end));
});

test('a revoked session cannot be extended, and a missing one is not found', async () => {
  const { session } = await site.login(await site.createIdentity());
  await revoke(session.id);
  site.clock.advance(HOUR);
  const left = await extend(session.id);
  assert.deepEqual([left.expiresAt, left.isActive], [session.expiresAt, false]);
  await assert.rejects(extend(site.deps.ids.next() as SessionId), NotFound);
  await assert.rejects(
    extendSession(site.deps, site.other, { id: session.id, config: DEFAULT_SESSION_CONFIG }),
    NotFound,
  );
});

test('50 who extend one session at once extend it once', async () => {
  const identityId = await site.createIdentity();
  const { session } = await site.login(identityId);
  site.clock.advance(HOUR);
  const extended = await Promise.all(Array.from({ length: 50 }, () => extend(session.id)));
  const end = new Date(site.clock.now().getTime() + DAY * 1000);
  for (const { expiresAt } of extended) assert.deepEqual(expiresAt, end);
  assert.deepEqual(await actions(identityId), [STARTED, 'identity.session_extended']);
});

test('sessions that ended 30 days ago are removed, others are not', async () => {
  const identityId = await site.createIdentity();
  const old = await site.login(identityId);
  const revoked = await site.login(identityId);
  await revoke(revoked.session.id);
  site.clock.advance(1);
  const young = await site.login(identityId);
  site.clock.advance(31 * DAY - 1);
  await site.cleanUp();
  for (const { session } of [old, revoked]) await assert.rejects(get(session.id), NotFound);
  assert.equal((await get(young.session.id)).isActive, false);
});
