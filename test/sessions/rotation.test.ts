import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findActiveSession } from '../../src/core/sessions/find-session.ts';
import { openSite, type Site, USER_AGENT } from './kit.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site[Symbol.asyncDispose]());

const whoami = (token: string) => findActiveSession(site.deps, site.own.principal.poolId, token);
const boxOf = async (id: string) =>
  (await site.sql<{ box: string }>(`select encode(box, 'hex') as box from sessions where id = '${id}'`))[0]
    ?.box;

test('sessions open as they were, whichever keys are rotated', async () => {
  const { session, token } = await site.login(await site.createIdentity());
  const closed = await site.createIdentity();
  await site.login(closed);
  await site.revise(closed, { action: 'identity.deleted', fields: ['status'], status: 'deleted' });
  for (const kind of ['data', 'pool', 'data'] as const) {
    const before = await boxOf(session.id);
    await site.rotate(kind);
    assert.equal((await boxOf(session.id)) === before, kind === 'pool');
    assert.deepEqual((await whoami(token))?.session, session);
  }
});

test('a login under a key that is no longer there is made again under the new one', async () => {
  const identityId = await site.createIdentity();
  let tries = 0;
  const { token } = await site.login(identityId, {
    async within() {
      tries += 1;
      if (tries === 1) await site.rotate('data');
    },
  });
  assert.equal(tries, 2);
  assert.equal((await whoami(token))?.session.devices[0]?.userAgent, USER_AGENT);
  assert.equal((await site.entries(identityId)).length, 1);
});

test('sessions that start, and change, while data keys are rotated all open afterwards', async () => {
  const identityId = await site.createIdentity();
  const tokens: string[] = [];
  const loggingIn = async () => {
    for (let n = 0; n < 40; n += 1) {
      const { session, token } = await site.login(identityId);
      await site.add(session.id, site.method('totp', 'aal2'));
      tokens.push(token);
    }
  };
  await Promise.all([loggingIn(), site.rotate('data').then(() => site.rotate('data'))]);
  assert.equal(tokens.length, 40);
  for (const token of tokens) {
    const found = await whoami(token);
    assert.deepEqual([found?.session.aal, found?.session.devices[0]?.userAgent], ['aal2', USER_AGENT]);
  }
});

test('a box moved to another session, or to another identity, does not open', async () => {
  const [one, two] = [await site.createIdentity(), await site.createIdentity()];
  const [from, to, elsewhere] = [await site.login(one), await site.login(one), await site.login(two)];
  for (const { session, token } of [to, elsewhere]) {
    await site.sql(
      `update sessions t set box = f.box from sessions f
       where f.id = '${from.session.id}' and t.id = '${session.id}' returning t.id`,
    );
    await assert.rejects(whoami(token), { name: 'SealBroken' });
  }
  assert.equal((await whoami(from.token))?.session.id, from.session.id);
});

test('a box that does not open keeps no rotation from its end', async () => {
  const { session } = await site.login(await site.createIdentity());
  const good = await site.login(await site.createIdentity());
  await site.sql(`update sessions set box = '\\x00' where id = '${session.id}' returning id`);
  await site.rotate('data');
  assert.equal(await boxOf(session.id), '00');
  assert.equal((await whoami(good.token))?.session.id, good.session.id);
});
