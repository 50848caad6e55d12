import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InvalidInput } from '../../src/core/errors.ts';
import type { IdentityId } from '../../src/core/ports.ts';
import { revokeSession } from '../../src/core/sessions/end-sessions.ts';
import { getSession } from '../../src/core/sessions/find-session.ts';
import { listOtherSessions, listSessions, listSessionsOf } from '../../src/core/sessions/list-sessions.ts';
import type { SessionId } from '../../src/core/sessions/ports.ts';
import type { SessionView } from '../../src/core/sessions/view.ts';
import { HOUR, openSite, type Site } from './kit.ts';

let site: Site;
/** Has an active session, one that was revoked, one that is over, and another active one: in this order. */
let person: IdentityId;
let ids: SessionId[];
before(async () => {
  site = await openSite();
  person = await site.createIdentity();
  const blocked = await site.createIdentity();
  const closed = await site.createIdentity();
  const first = await site.login(person);
  const revoked = await site.login(person);
  const over = await site.login(person, { lifespanMs: HOUR * 1000 });
  const last = await site.login(person);
  const others = [await site.login(blocked), await site.login(closed)];
  await revokeSession(site.deps, site.own, revoked.session.id);
  site.clock.advance(HOUR);
  await site.revise(blocked, { action: 'identity.blocked', fields: [], standing: { blocked: true } });
  await site.revise(closed, { action: 'identity.deleted', fields: [], status: 'deleted' });
  ids = [first, revoked, over, last, ...others].map(({ session }) => session.id);
});
after(() => site[Symbol.asyncDispose]());

const pool = () => site.own.principal.poolId;
const idsOf = (items: readonly SessionView[]) => items.map(({ id }) => id);
/** By their places in the order of their beginning, newest first. */
const at = (...places: number[]) => places.map((place) => ids[place]);
const ofPerson = (input: Partial<Parameters<typeof listSessionsOf>[2]> = {}) =>
  listSessionsOf(site.deps, pool(), {
    ...{ identityId: person, isActive: null, offset: 0, limit: 250 },
    ...input,
  });
const all = (input: Partial<Parameters<typeof listSessions>[2]> = {}) =>
  listSessions(site.deps, pool(), { ...{ isActive: null, pageSize: 250, pageToken: null }, ...input });

test('sessions of an identity are listed newest first, all of them or by whether they are active', async () => {
  const everything = await ofPerson();
  assert.deepEqual(idsOf(everything.items), at(3, 2, 1, 0));
  assert.equal(everything.total, 4);
  const active = await ofPerson({ isActive: true });
  assert.deepEqual([idsOf(active.items), active.total], [at(3, 0), 2]);
  const inactive = await ofPerson({ isActive: false });
  assert.deepEqual([idsOf(inactive.items), inactive.total], [at(2, 1), 2]);
  assert.deepEqual(
    everything.items[0],
    await getSession(site.deps, pool(), everything.items[0]?.id as SessionId),
  );
});

test('a listing by offset has each session once, and its total beyond the end too', async () => {
  const pages = await Promise.all([0, 2, 4].map((offset) => ofPerson({ offset, limit: 2 })));
  assert.deepEqual(
    pages.map(({ items }) => idsOf(items)),
    [at(3, 2), at(1, 0), []],
  );
  assert.deepEqual(
    pages.map(({ total }) => total),
    [4, 4, 4],
  );
});

test('an unknown identity has no sessions, and neither has one in another pool', async () => {
  const unknown = { items: [], total: 0 };
  assert.deepEqual(await ofPerson({ identityId: site.deps.ids.next() as IdentityId }), unknown);
  const { poolId } = site.other.principal;
  const query = { identityId: person, isActive: null, offset: 0, limit: 250 };
  assert.deepEqual(await listSessionsOf(site.deps, poolId, query), unknown);
});

test('iam 54: who asks for their sessions gets the other active ones', async () => {
  const current = await getSession(site.deps, pool(), ids[3] as SessionId);
  const window = { offset: 0, limit: 250 };
  const { items, total } = await listOtherSessions(site.deps, current, window);
  assert.deepEqual([idsOf(items), total], [at(0), 1]);
});

test('a pool’s sessions are listed newest first; those of blocked and closed identities are not active', async () => {
  assert.deepEqual(idsOf((await all()).items), at(5, 4, 3, 2, 1, 0));
  assert.deepEqual(idsOf((await all({ isActive: true })).items), at(3, 0));
  assert.deepEqual(idsOf((await all({ isActive: false })).items), at(5, 4, 2, 1));
  assert.deepEqual(
    (
      await listSessions(site.deps, site.other.principal.poolId, {
        ...{ isActive: null, pageSize: 250, pageToken: null },
      })
    ).items,
    [],
  );
});

test('the filters of lists and what is said of each session agree', async () => {
  for (const isActive of [true, false]) {
    for (const { items } of [await all({ isActive }), await ofPerson({ isActive })]) {
      assert.ok(items.length > 0);
      for (const session of items) assert.equal(session.isActive, isActive);
    }
  }
});

test('a listing by pages has each session once, whoever logs in meanwhile', async () => {
  const seen: SessionId[] = [];
  let pageToken: string | null = null;
  do {
    const page = await all({ pageSize: 2, pageToken });
    seen.push(...idsOf(page.items));
    pageToken = page.nextPageToken;
    await site.login(await site.createIdentity());
  } while (pageToken !== null);
  assert.deepEqual(seen, at(5, 4, 3, 2, 1, 0));
});

test('a page token that was not given is refused, another pool’s too', async () => {
  const { nextPageToken } = await all({ pageSize: 1 });
  assert.ok(nextPageToken !== null);
  for (const pageToken of [
    '',
    '1',
    'AAAA',
    `${nextPageToken.slice(0, -2)}${nextPageToken.endsWith('AA') ? 'BB' : 'AA'}`,
  ]) {
    await assert.rejects(all({ pageToken }), InvalidInput);
  }
  const elsewhere = { isActive: null, pageSize: 1, pageToken: nextPageToken };
  await assert.rejects(listSessions(site.deps, site.other.principal.poolId, elsewhere), InvalidInput);
});
