import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CatchUpLimits, catchUpProviders } from '../../src/core/kyc/catch-up.ts';
import { type KycApi, kycOf, newEmail, person, type Shown } from '../harness/kyc.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { openWorkshop } from './cases-kit.ts';

// Who was there before a provider was switched on (contract kyc 4.2).

const ACME = { slug: 'acme', url: 'http://127.0.0.1:9/cases' };

interface Stage {
  readonly api: KycApi;
  /** Another server on the same data. */
  readonly other: TestServer;
  /** Ids of so many persons. */
  people(count: number, key?: string): Promise<string[]>;
  /** Providers of the entries of `kycStatus`. */
  providersOf(id: string, key?: string): Promise<string[]>;
  /** How many of them have an entry at the provider. */
  asked(ids: readonly string[], provider?: string): Promise<number>;
  /** A run that ends early. @returns What went wrong. */
  runUpTo(limits: Partial<CatchUpLimits>): Promise<unknown[]>;
  /** A run, with something happening once it has read who is next. */
  runWhile(happens: () => Promise<unknown>): Promise<void>;
  /** The way that is left, as rows. */
  underWay(): Promise<unknown[]>;
}

async function prepare(t: TestContext): Promise<Stage> {
  const api = await kycOf(await startServer());
  const other = await startServer({ clock: api.clock, database: api.server.database });
  const workshop = await openWorkshop(api.server);
  t.after(async () => {
    await workshop[Symbol.asyncDispose]();
    await other.close();
    await api[Symbol.asyncDispose]();
  });
  const stage: Stage = {
    ...{ api, other },
    people: async (count, key = api.server.quickstart.live.api_key) => {
      const ids: string[] = [];
      while (ids.length < count) ids.push((await api.create(person(), { key })).id);
      return ids;
    },
    async providersOf(id, key = api.server.quickstart.live.api_key) {
      const { body } = await api.get(`/identities/${id}`, { key });
      return body.data.kycStatus.map(({ provider }: Shown) => provider);
    },
    async asked(ids, provider = 'acme') {
      const lists = await Promise.all(ids.map((id) => stage.providersOf(id)));
      return lists.filter((list) => list.includes(provider)).length;
    },
    runUpTo: (limits) =>
      catchUpProviders(workshop.deps, { batch: 3, looked: 100, opened: 100, unsent: 100, ...limits }),
    async runWhile(happens) {
      const { cases } = workshop.deps;
      const listNext: typeof cases.listNext = async (...place) => {
        const next = await cases.listNext(...place);
        await happens();
        return next;
      };
      assert.deepEqual(await catchUpProviders({ ...workshop.deps, cases: { ...cases, listNext } }), []);
    },
    underWay: () => api.server.sql('select * from kyc_catch_ups'),
  };
  return stage;
}

test('whoever is there gets a pending entry at a provider that is set later, and it is told as any other', async (t) => {
  const { api, people, underWay } = await prepare(t);
  const [id = ''] = await people(1);
  const before = await api.identity(id);
  api.clock.advance(60);
  await api.server.setKycProvider(ACME);
  assert.deepEqual((await api.identity(id)).kycStatus, before.kycStatus);
  await api.server.runJob('kyc-sweep');
  const after = await api.identity(id);
  const [entry] = after.kycStatus;
  assert.deepEqual([entry.provider, entry.status, entry.exceptions], ['acme', 'pending', []]);
  assert.deepEqual(after.kycStatus.slice(1), before.kycStatus);
  assert.ok(after.updatedAt > before.updatedAt);
  const verification = await api.call('GET', `/verifications/${entry.verificationId}`);
  assert.equal(verification.body.data.identityId, id);
  const events = await api.server.sql<{ type: string }>(
    'select type from outbox where subject_id = $1::uuid',
    [entry.verificationId],
  );
  assert.deepEqual(
    events.map(({ type }) => type),
    ['session.created'],
  );
  assert.deepEqual(await underWay(), []);
});

test('who is asked already, is gone or lacks what providers are told of is passed over', async (t) => {
  const { api, people, providersOf, asked } = await prepare(t);
  const [kept = '', gone = '', early = ''] = await people(3);
  await api.delete(gone);
  const stub = await api.server.call('POST', '/admin/identities', {
    body: { traits: { email: newEmail() } },
  });
  await api.server.setKycProvider(ACME);
  assert.equal((await api.patch(early, { name: 'Ana Costa' })).status, 200);
  const [fresh = ''] = await people(1);
  const entries = async () =>
    (await Promise.all([early, fresh].map(api.identity))).map((one) => one.kycStatus);
  const before = await entries();
  await api.server.runJob('kyc-sweep');
  assert.deepEqual(await entries(), before);
  assert.equal(await asked([kept]), 1);
  assert.deepEqual(await providersOf(stub.body.id), []);
  assert.deepEqual(
    await api.server.sql(`select 1 from kyc_cases where identity_id = $1::uuid and provider = 'acme'`, [
      gone,
    ]),
    [],
  );
});

test('a run opens so many at most, and the next goes on where it stopped', async (t) => {
  const { api, other, people, asked, runUpTo, underWay } = await prepare(t);
  const ids = await people(8);
  await api.server.setKycProvider(ACME);
  const counts: number[] = [];
  for (const opened of [2, 3]) {
    assert.deepEqual(await runUpTo({ opened }), []);
    counts.push(await asked(ids));
  }
  assert.deepEqual(counts, [2, 5]);
  await runUpTo({ looked: 1 });
  assert.equal(await asked(ids), 8);
  assert.equal((await underWay()).length, 1);
  await other.runJob('kyc-sweep');
  assert.deepEqual(await underWay(), []);
});

test('none is opened while enough cases wait to be sent', async (t) => {
  const { api, people, asked, runUpTo } = await prepare(t);
  await api.server.setKycProvider({ slug: 'builtin', isEnabled: false });
  const ids = await people(6);
  await api.server.setKycProvider({ slug: 'builtin', isEnabled: true });
  for (let run = 0; run < 2; run += 1) {
    await runUpTo({ unsent: 4 });
    assert.equal(await asked(ids, 'builtin'), 4);
  }
  await api.server.runJob('kyc');
  await runUpTo({ unsent: 4 });
  assert.equal(await asked(ids, 'builtin'), 6);
});

test('a provider that does not answer is sent no more; who is blocked is in nobody’s way', async (t) => {
  const { api, people, asked, runUpTo } = await prepare(t);
  const ids = await people(4);
  await api.server.setKycProvider(ACME);
  for (let run = 0; run < 2; run += 1) {
    await runUpTo({ unsent: 2 });
    await api.server.runJob('kyc');
    assert.equal(await asked(ids), 2);
  }
  for (const id of ids) await api.setStanding(id, { blocked: true });
  api.clock.advance(3600);
  await api.server.runJob('kyc');
  await runUpTo({ unsent: 2 });
  assert.equal(await asked(ids), 4);
});

test('two servers that go on at once open one case for each, and leave nobody out', async (t) => {
  const { api, other, people, asked, underWay } = await prepare(t);
  const ids = await people(30);
  await api.server.setKycProvider(ACME);
  await Promise.all([api.server, other, api.server, other].map((server) => server.runJob('kyc-sweep')));
  await api.server.runJob('kyc-sweep');
  assert.equal(await asked(ids), ids.length);
  const [row] = await api.server.sql(
    `select count(*)::integer as verifications from verifications where facts ->> 'provider' = 'acme'`,
  );
  assert.deepEqual(row, { verifications: ids.length });
  assert.deepEqual(await underWay(), []);
});

test('a provider that is switched off in between asks nobody else; switched on again, it asks the rest', async (t) => {
  const { api, people, asked, runUpTo, underWay } = await prepare(t);
  const ids = await people(5);
  await api.server.setKycProvider(ACME);
  await runUpTo({ opened: 2 });
  await api.server.setKycProvider({ slug: 'acme', isEnabled: false });
  assert.deepEqual(await underWay(), []);
  await api.server.runJob('kyc-sweep');
  const rows = () => api.server.sql(`select 1 from kyc_cases where provider = 'acme'`);
  assert.equal((await rows()).length, 2);
  await api.server.setKycProvider({ slug: 'acme', isEnabled: true });
  await api.server.runJob('kyc-sweep');
  assert.equal((await rows()).length, 5);
  assert.equal(await asked(ids), 5);
});

test('switched off while a run is under way, it asks not one more', async (t) => {
  const { api, people, runWhile } = await prepare(t);
  const [id = ''] = await people(2);
  const before = await api.identity(id);
  api.clock.advance(60);
  await api.server.setKycProvider(ACME);
  await runWhile(() => api.server.setKycProvider({ slug: 'acme', isEnabled: false }));
  assert.deepEqual(await api.server.sql(`select 1 from kyc_cases where provider = 'acme'`), []);
  assert.equal((await api.identity(id)).updatedAt, before.updatedAt);
});

test('a run that another one overtook leaves the rest to that one', async (t) => {
  const { api, other, people, asked, runWhile } = await prepare(t);
  const ids = await people(4);
  await api.server.setKycProvider(ACME);
  let entries: Shown[] = [];
  await runWhile(async () => {
    await other.runJob('kyc-sweep');
    entries = await Promise.all(ids.map(api.identity));
  });
  assert.equal(await asked(ids), 4);
  assert.deepEqual(await Promise.all(ids.map(api.identity)), entries);
});

test('the built-in provider, too, when it is switched on again; a change of something else begins nothing', async (t) => {
  const { api, people, asked, underWay } = await prepare(t);
  const set = (isEnabled: boolean) => api.server.setKycProvider({ slug: 'builtin', isEnabled });
  await set(false);
  const ids = await people(2);
  assert.equal(await asked(ids, 'builtin'), 0);
  await set(true);
  await api.server.runJob('kyc-sweep');
  assert.equal(await asked(ids, 'builtin'), 2);
  await api.server.setKycProvider({ slug: 'builtin', approvesAutomatically: true });
  await api.server.setKycProvider({ ...ACME, isEnabled: false });
  assert.deepEqual(await underWay(), []);
});

test('in a sandbox the entries wait for a simulation', async (t) => {
  const { api, people, providersOf } = await prepare(t);
  const { api_key: key, app_id: poolId } = api.server.quickstart.sandbox;
  const [id = ''] = await people(1, key);
  await api.server.setKycProvider({ ...ACME, poolId });
  await api.server.runJob('kyc-sweep');
  assert.deepEqual(await providersOf(id, key), ['acme', 'builtin']);
  assert.deepEqual(await api.server.sql('select 1 from kyc_cases where task is not null'), []);
});

test('a record that cannot be opened is told of, and keeps nobody else from being asked', async (t) => {
  const { api, people, asked, underWay } = await prepare(t);
  const [first = '', broken = '', last = ''] = await people(3);
  await api.server.setKycProvider(ACME);
  await api.server.sql(`update identities set profile = '\\x00' where id = $1::uuid`, [broken]);
  await assert.rejects(api.server.runJob('kyc-sweep'), { name: 'SealBroken' });
  assert.equal(await asked([first, last]), 2);
  assert.deepEqual(await underWay(), []);
});

test('a provider that is removed takes the way that was left with it', async (t) => {
  const { api, people, underWay } = await prepare(t);
  await people(1);
  await api.server.setKycProvider(ACME);
  assert.equal((await underWay()).length, 1);
  await api.server.sql(`delete from kyc_providers where slug = 'acme'`);
  assert.deepEqual(await underWay(), []);
});
