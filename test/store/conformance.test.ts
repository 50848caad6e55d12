import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DEFAULT_IAM } from '../../src/core/iam/config.ts';
import { DEFAULT_IDENTIFY } from '../../src/core/identify/config.ts';
import { DEFAULT_KYC } from '../../src/core/kyc/config.ts';
import { DEFAULT_OIDC } from '../../src/core/oidc/config.ts';
import type { FactorDefinition } from '../../src/core/pools/ruleset.ts';
import type { IdentityId, KeyId, PoolId, StoredApiKey } from '../../src/core/ports.ts';
import { DEFAULT_VERIFICATION } from '../../src/core/verification/config.ts';
import {
  AT,
  changeOf,
  claim,
  countRows,
  type Ground,
  getStored,
  insertOf,
  insertPool,
  layGround,
  newId,
  openStores,
  reachOf,
  stampFor,
} from './stores.ts';

const later = (seconds: number) => new Date(AT.getTime() + seconds * 1000);

test('IdentityStore: what was inserted is found, in its own pool only', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const beside = await insertPool(stores, ground);
  const insert = insertOf(ground.poolId, { claims: [claim('a')] });
  assert.equal(await stores.identities.insertIdentity(insert), 'done');
  const { poolId, id, profile, wrappedKey } = insert;
  assert.deepEqual(await stores.identities.findIdentity(poolId, id), {
    ...{ poolId, id, profile, wrappedKey, status: 'extant', schemaId: 'default', version: 1 },
    ...{ seen: null, credentials: null, lastSeenAt: null, configVersion: 1, standing: {} },
    ...{ createdAt: insert.stamp.at, updatedAt: insert.stamp.at },
  });
  assert.equal(await stores.identities.findIdentity(beside, id), null);
  assert.equal(await stores.identities.findIdentityPool([beside, poolId], id), poolId);
  assert.equal(await stores.identities.findIdentityPool([beside], id), null);
  assert.equal(await stores.identities.findIdentityPool([], id), null);
});

test('IdentityStore: a taken claim leaves nothing of an insert, in the same pool and space only', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const beside = await insertPool(stores, ground);
  const first = insertOf(ground.poolId, { claims: [claim('a')] });
  assert.equal(await stores.identities.insertIdentity(first), 'done');
  const tables = [
    'identities',
    'identity_keys',
    'identifiers',
    'audit_entries',
    'outbox',
    'idempotent_replies',
  ];
  const before = await Promise.all(tables.map((table) => countRows(stores, table)));
  const reply = replyOf(ground.poolId);
  for (const again of [{}, { reply }]) {
    const second = insertOf(ground.poolId, { claims: [claim('b'), claim('a')], ...again });
    assert.equal(await stores.identities.insertIdentity(second), 'taken');
  }
  assert.deepEqual(await Promise.all(tables.map((table) => countRows(stores, table))), before);
  assert.deepEqual(await stores.identities.totals(ground.poolId), {
    ...{ extant: 1, closed: 0, seenExtant: 0, seenClosed: 0 },
  });
  for (const free of [
    insertOf(beside, { claims: [claim('a')] }),
    insertOf(ground.poolId, { claims: [claim('a', 'factor:other')] }),
  ]) {
    assert.equal(await stores.identities.insertIdentity(free), 'done');
  }
  assert.deepEqual(await stores.identities.findHolders(ground.poolId, [claim('a'), claim('z')]), [
    { ...claim('a'), identityId: first.id },
  ]);
  assert.deepEqual(await stores.identities.findHolders(ground.poolId, []), []);
});

function replyOf(poolId: PoolId, changes: { digest?: Buffer; expiresAt?: Date } = {}) {
  return {
    ...{ poolId, digest: randomBytes(32), requestDigest: randomBytes(32), sealedFor: null },
    ...{ reply: randomBytes(20), expiresAt: later(60), ...changes },
  };
}

test('IdentityStore: a write that relies on an old configuration is stale and changes nothing', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const insert = insertOf(poolId);
  await stores.identities.insertIdentity(insert);
  await stores.organisation.raiseConfigVersion(poolId);
  const before = await countRows(stores, 'audit_entries');
  const reply = replyOf(poolId);
  assert.equal(await stores.identities.insertIdentity(insertOf(poolId)), 'stale');
  assert.equal(await stores.identities.insertIdentity(insertOf(poolId, { reply })), 'stale');
  const stored = await getStored(stores, poolId, insert.id);
  assert.equal(stored.configVersion, 2);
  for (const changes of [{}, { claimed: [claim('a')] }]) {
    const old = changeOf(stored, { configVersion: 1, ...changes });
    assert.equal(await stores.identities.changeIdentity(old), 'stale');
  }
  assert.equal(await countRows(stores, 'audit_entries'), before);
  assert.equal(await stores.organisation.findReply(poolId, reply.digest, AT), null);
  assert.deepEqual(await getStored(stores, poolId, insert.id), stored);
  assert.equal(await stores.identities.changeIdentity(changeOf(stored)), 'done');
});

test('IdentityStore: of two changes of one version the second is stale', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const insert = insertOf(poolId, { claims: [claim('a')] });
  await stores.identities.insertIdentity(insert);
  const stored = await getStored(stores, poolId, insert.id);
  const profile = randomBytes(30);
  assert.equal(await stores.identities.changeIdentity(changeOf(stored, { profile })), 'done');
  const late = changeOf(stored, { released: 'all', tallies: new Map([['closed', 1]]), status: 'deleted' });
  assert.equal(await stores.identities.changeIdentity(late), 'stale');
  const now = await getStored(stores, poolId, insert.id);
  assert.deepEqual(now, { ...stored, profile, version: 2 });
  assert.equal((await stores.identities.findHolders(poolId, [claim('a')])).length, 1);
  assert.equal((await stores.identities.totals(poolId)).closed, 0);
});

test('IdentityStore: a change moves claims, and a taken one leaves everything as it was', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const [one, other] = [
    insertOf(poolId, { claims: [claim('a')] }),
    insertOf(poolId, { claims: [claim('b')] }),
  ];
  for (const insert of [one, other]) await stores.identities.insertIdentity(insert);
  const stored = await getStored(stores, poolId, one.id);
  const grab = changeOf(stored, { released: [claim('a')], claimed: [claim('b')], profile: randomBytes(9) });
  assert.equal(await stores.identities.changeIdentity(grab), 'taken');
  assert.deepEqual(await getStored(stores, poolId, one.id), stored);
  const move = changeOf(stored, { released: [claim('a')], claimed: [claim('c')] });
  assert.equal(await stores.identities.changeIdentity(move), 'done');
  const holders = await stores.identities.findHolders(
    poolId,
    ['a', 'b', 'c'].map((value) => claim(value)),
  );
  assert.deepEqual(
    new Map(holders.map(({ digest, identityId }) => [digest.toString()[0], identityId])),
    new Map([
      ['b', other.id],
      ['c', one.id],
    ]),
  );
  // Releasing what another one holds releases nothing.
  const now = await getStored(stores, poolId, one.id);
  assert.equal(await stores.identities.changeIdentity(changeOf(now, { released: [claim('b')] })), 'done');
  assert.equal((await stores.identities.findHolders(poolId, [claim('b')]))[0]?.identityId, other.id);
});

test('IdentityStore: every write has one audit entry and one event of the same content', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const insert = insertOf(poolId);
  await stores.identities.insertIdentity(insert);
  const stored = await getStored(stores, poolId, insert.id);
  await stores.identities.changeIdentity(changeOf(stored, { claimed: [claim('a')] }));
  await stores.identities.changeIdentity(changeOf({ ...stored, version: 2 }));
  const read = async (table: string, action: string) => {
    const text = `select ${action} as action, subject_id, fields, at from ${table} where pool_id = $1 order by id`;
    return (await stores.behind.query({ text, parameters: [poolId] })).rows;
  };
  const entries = await read('audit_entries', 'action');
  assert.deepEqual(entries, await read('outbox', 'type'));
  assert.deepEqual(
    entries.map((entry) => (entry as { action: string }).action),
    ['identity.created', 'identity.updated', 'identity.updated'],
  );
});

test('IdentityStore: one idempotency key makes one identity, and an expired one may be used anew', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const reply = replyOf(poolId);
  assert.equal(await stores.identities.insertIdentity(insertOf(poolId, { reply })), 'done');
  assert.equal(await stores.identities.insertIdentity(insertOf(poolId, { reply })), 'replied');
  assert.deepEqual(await stores.organisation.findReply(poolId, reply.digest, AT), reply);
  assert.equal(await stores.organisation.findReply(poolId, reply.digest, later(60)), null);
  const stamp = stampFor(poolId, later(60));
  const fresh = { ...reply, expiresAt: later(120) };
  assert.equal(await stores.identities.insertIdentity(insertOf(poolId, { reply: fresh, stamp })), 'done');
  assert.equal(await countRows(stores, 'identities'), 2);
});

test('IdentityStore: a walk visits each identity once, by id', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const ids: IdentityId[] = [];
  for (let n = 0; n < 23; n += 1) {
    const insert = insertOf(poolId);
    ids.push(insert.id);
    await stores.identities.insertIdentity(insert);
    if (n % 3 !== 0) continue;
    const stored = await getStored(stores, poolId, insert.id);
    await stores.identities.changeIdentity(changeOf(stored, { status: 'deleted' }));
  }
  const walk = async (status: 'extant' | 'deleted' | null) => {
    const found: IdentityId[] = [];
    for (let after: IdentityId | null = null; ; after = found.at(-1) ?? null) {
      const page = await stores.identities.walkIdentities(poolId, { after, limit: 5, status });
      found.push(...page.map(({ id }) => id));
      if (page.length < 5) return found;
    }
  };
  assert.deepEqual(await walk(null), ids);
  assert.deepEqual(
    await walk('deleted'),
    ids.filter((_, n) => n % 3 === 0),
  );
  assert.deepEqual(
    await walk('extant'),
    ids.filter((_, n) => n % 3 !== 0),
  );
});

test('OrganisationStore: rows are found within their account only, and changed by the field', async (t) => {
  const stores = await openStores(t);
  const { organisation } = stores;
  const [ground, foreign] = [await layGround(stores), await layGround(stores)];
  const { accountId, domainId, rulesetId, poolId } = ground;
  assert.equal(await organisation.findDomain(foreign.accountId, domainId), null);
  assert.equal(await organisation.findRuleset(foreign.accountId, rulesetId), null);
  assert.equal(await organisation.findPool(foreign.accountId, poolId), null);
  assert.equal((await organisation.findAccount(accountId))?.partition, ground.partition);
  const factor: FactorDefinition = {
    ...{ name: 'email', identifier: true, persistent: true, required: false },
    ...{ claim: 'mail "x" \\ é' },
    type: 'email',
    attribute: 'email',
  };
  await organisation.updateDomain(domainId, { title: 'New' });
  await organisation.updateRuleset(rulesetId, { factors: [factor], methods: [{ a: [1, null] }] });
  await organisation.updatePool(poolId, { status: 'deleted' });
  const domain = await organisation.findDomain(accountId, domainId);
  assert.deepEqual(domain, { id: domainId, accountId, title: 'New', status: 'extant' });
  assert.deepEqual(await organisation.findRuleset(accountId, rulesetId), {
    ...{ id: rulesetId, accountId, domainId, title: 'Rules', status: 'extant' },
    ...{ factors: [factor], methods: [{ a: [1, null] }], plans: [] },
  });
  assert.equal((await organisation.findPool(accountId, poolId))?.status, 'deleted');
  assert.equal((await organisation.findPool(foreign.accountId, foreign.poolId))?.status, 'extant');
  assert.deepEqual(
    (await organisation.poolsOfRuleset(rulesetId)).map(({ id }) => id),
    [poolId],
  );
  assert.deepEqual(
    (await organisation.poolsOfDomain(domainId)).map(({ id }) => id),
    [poolId],
  );
});

test('OrganisationStore: a partition is one account’s', async (t) => {
  const { organisation } = await openStores(t);
  const account = { id: newId<Ground['accountId']>(), partition: 7, title: 'One', status: 'extant' } as const;
  assert.equal(await organisation.insertAccount(account, AT), true);
  const second = { ...account, id: newId<Ground['accountId']>() };
  assert.equal(await organisation.insertAccount(second, AT), false);
  assert.equal(await organisation.findAccount(second.id), null);
});

test('OrganisationStore: a transaction that throws leaves nothing', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const before = await countRows(stores, 'pools');
  const failed = stores.organisation.transaction(async (tx) => {
    await insertPool({ organisation: tx }, ground);
    await tx.raiseConfigVersion(ground.poolId);
    await tx.updateDomain(ground.domainId, { title: 'Never' });
    throw new Error('undo');
  });
  await assert.rejects(failed, /undo/);
  assert.equal(await countRows(stores, 'pools'), before);
  assert.equal((await stores.configs.findPoolConfig(ground.poolId))?.version, 1);
  assert.equal((await stores.organisation.findDomain(ground.accountId, ground.domainId))?.title, 'Domain');
});

test('OrganisationStore: lists are cut, sorted and counted as an in-memory list is', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const { organisation } = stores;
  for (const title of ['b', 'B', 'ä', 'a', 'b', 'Zz']) {
    const id = await insertPool(stores, ground, title);
    if (title === 'b') await organisation.updatePool(id, { status: 'deleted' });
  }
  await insertPool(stores, ground, 'sandbox', 'sandbox');
  const everything = { offset: 0, limit: 100, sort: 'id', direction: 'asc' } as const;
  const all = await organisation.listPools(reachOf(ground), ground.domainId, everything);
  assert.equal(all.total, 7);
  assert.deepEqual(
    all.items.filter(({ environment }) => environment !== 'live'),
    [],
  );
  for (const sort of ['id', 'status', 'title'] as const) {
    for (const direction of ['asc', 'desc'] as const) {
      const sign = direction === 'asc' ? 1 : -1;
      const bytes = (text: string) => Buffer.from(text);
      const sorted = [...all.items].sort(
        (one, other) => sign * bytes(one[sort]).compare(bytes(other[sort])) || (one.id < other.id ? -1 : 1),
      );
      for (const [offset, limit] of [
        [0, 100],
        [0, 3],
        [3, 3],
        [6, 3],
        [7, 1],
        [50, 5],
      ] as const) {
        const query = { offset, limit, sort, direction };
        const page = await organisation.listPools(reachOf(ground), ground.domainId, query);
        assert.deepEqual(
          page,
          { items: sorted.slice(offset, offset + limit), total: 7 },
          JSON.stringify(query),
        );
      }
    }
  }
});

test('OrganisationStore: without the whole account a key sees what its pool lies under', async (t) => {
  const stores = await openStores(t);
  const { organisation } = stores;
  const ground = await layGround(stores);
  await insertPool(stores, ground);
  const { accountId, domainId } = ground;
  const other = { id: newId<Ground['domainId']>(), accountId, title: 'Other', status: 'extant' } as const;
  await organisation.insertDomain(other, AT);
  const query = { offset: 0, limit: 10, sort: 'id', direction: 'asc' } as const;
  const count = async (whole: boolean) => {
    const reach = reachOf(ground, whole);
    const [domains, rulesets, pools] = await Promise.all([
      organisation.listDomains(reach, query),
      organisation.listRulesets(reach, domainId, query),
      organisation.listPools(reach, domainId, query),
    ]);
    return [domains.total, rulesets.total, pools.total];
  };
  assert.deepEqual(await count(true), [2, 1, 2]);
  assert.deepEqual(await count(false), [1, 1, 1]);
  const stranger = await layGround(stores);
  const page = await organisation.listPools(reachOf(stranger), domainId, query);
  assert.deepEqual(page, { items: [], total: 0 });
});

test('PoolConfigStore: a configuration is open as long as pool, domain and account are', async (t) => {
  const stores = await openStores(t);
  const { organisation, configs } = stores;
  const one = await layGround(stores);
  const isOpen = async (poolId: PoolId) => (await configs.findPoolConfig(poolId))?.isOpen;
  assert.equal(await configs.findPoolConfig(newId()), null);
  const config = await configs.findPoolConfig(one.poolId);
  const { schemas, ...rest } = config ?? { schemas: new Map() };
  const { accountId, domainId, rulesetId, partition, poolId } = one;
  assert.deepEqual(rest, {
    ...{ accountId, domainId, rulesetId, partition, poolId, environment: 'live', isOpen: true },
    ...{ factors: [], defaultSchemaId: 'default', version: 1, verification: DEFAULT_VERIFICATION },
    kyc: DEFAULT_KYC,
    iam: DEFAULT_IAM,
    oidc: DEFAULT_OIDC,
    identify: { ...DEFAULT_IDENTIFY, sealedSecrets: null },
  });
  assert.deepEqual([...schemas.keys()], ['default']);
  await organisation.raiseConfigVersion(poolId);
  assert.equal((await configs.findPoolConfig(poolId))?.version, 2);
  const beside = await insertPool(stores, one);
  await organisation.updatePool(poolId, { status: 'deleted' });
  assert.deepEqual([await isOpen(poolId), await isOpen(beside)], [false, true]);
  await organisation.updateDomain(domainId, { status: 'deleted' });
  assert.equal(await isOpen(beside), false);
});

test('PoolKeyStore: keys come back whole, for their pool', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const { keys, configVersion } = await stores.poolKeys.listPoolKeys(ground.poolId);
  assert.equal(configVersion, 1);
  assert.deepEqual(
    keys.map(({ purpose, version, rootKeyId, wrapped }) => [purpose, version, rootKeyId, wrapped.length]),
    [
      ['index', 1, 'test:1', 60],
      ['seal', 1, 'test:1', 60],
    ],
  );
  assert.deepEqual(await stores.poolKeys.listPoolKeys(newId()), { keys: [], configVersion: 0 });
});

function apiKey(ground: Ground): StoredApiKey {
  return {
    ...{
      id: newId<KeyId>(),
      poolId: ground.poolId,
      accountId: ground.accountId,
      partition: ground.partition,
    },
    ...{
      environment: 'live',
      label: 'Key "1"',
      grants: ['account', 'identities:read'],
      requestsPerMinute: 9,
    },
    ...{ allowedAddresses: ['10.0.0.0/8', '::1/128'], createdAt: AT, expiresAt: later(9) },
    ...{ suspendedAt: null, revokedAt: null, secretHash: randomBytes(32) },
    ...{ kind: 'publishable', note: 'For "page"', apiVersion: '2026-01-01', keyInflection: 'kebab' },
    ...{ isSingleIdentity: true, identityId: null },
  };
}

test('ApiKeyStore: an identity has one key that is not revoked, and is found by it in its own pool', async (t) => {
  const stores = await openStores(t);
  const [ground, other] = [await layGround(stores), await layGround(stores)];
  const identityId = newId<IdentityId>();
  const ofIdentity = (where: Ground): StoredApiKey => ({ ...apiKey(where), secretHash: null, identityId });
  const insert = (key: StoredApiKey) => stores.keys.insertApiKey(key, stampFor(key.poolId));
  const [first, second] = [ofIdentity(ground), ofIdentity(ground)];
  assert.equal(await stores.keys.findKeyOfIdentity(ground.poolId, identityId), null);
  assert.equal(await insert(first), true);
  const entries = await countRows(stores, 'audit_entries');
  assert.equal(await insert(second), false);
  assert.equal(await countRows(stores, 'audit_entries'), entries);
  assert.equal(await stores.keys.findApiKey(second.id), null);
  assert.deepEqual(await stores.keys.findKeyOfIdentity(ground.poolId, identityId), first);
  assert.equal(await stores.keys.findKeyOfIdentity(other.poolId, identityId), null);
  assert.equal(await insert(ofIdentity(other)), true);
  await stores.keys.markApiKey(first.id, 'revoke', stampFor(ground.poolId, later(1)));
  assert.equal(await stores.keys.findKeyOfIdentity(ground.poolId, identityId), null);
  assert.equal(await insert(second), true);
  assert.equal((await stores.keys.findKeyOfIdentity(ground.poolId, identityId))?.id, second.id);
});

test('ApiKeyStore: a key has a secret or is an identity’s, never both and never neither', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const key = apiKey(ground);
  for (const wrong of [{ secretHash: null }, { identityId: newId<IdentityId>() }])
    await assert.rejects(stores.keys.insertApiKey({ ...key, ...wrong }, stampFor(ground.poolId)));
  assert.equal(await stores.keys.findApiKey(key.id), null);
});

test('ApiKeyStore: a key is found as stored, and marked once', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  const key = apiKey(ground);
  await stores.keys.insertApiKey(key, stampFor(ground.poolId));
  assert.deepEqual(await stores.keys.findApiKey(key.id), key);
  assert.equal(await stores.keys.findApiKey(newId()), null);
  const mark = (change: 'revoke' | 'suspend' | 'resume', at: Date) =>
    stores.keys.markApiKey(key.id, change, stampFor(ground.poolId, at));
  await mark('suspend', later(1));
  await mark('suspend', later(2));
  assert.deepEqual((await stores.keys.findApiKey(key.id))?.suspendedAt, later(1));
  await mark('resume', later(3));
  assert.equal((await stores.keys.findApiKey(key.id))?.suspendedAt, null);
  await mark('revoke', later(4));
  await mark('revoke', later(5));
  assert.deepEqual((await stores.keys.findApiKey(key.id))?.revokedAt, later(4));
  assert.equal(await countRows(stores, 'audit_entries'), 6);
  assert.equal(await countRows(stores, 'outbox'), 6);
});

test('ApiKeyStore: uses only go forward, and none is shown before the first', async (t) => {
  const stores = await openStores(t);
  const grounds = [await layGround(stores), await layGround(stores)];
  const keys = grounds.map(apiKey);
  for (const [n, key] of keys.entries()) {
    await stores.keys.insertApiKey(key, stampFor(grounds[n]?.poolId ?? newId()));
  }
  const used = async () => (await stores.keys.listApiKeys()).map(({ lastUsedAt }) => lastUsedAt);
  assert.deepEqual(await used(), [null, null]);
  const uses = (at: Date) => keys.map(({ id: keyId, poolId }) => ({ keyId, poolId, at }));
  await stores.keys.recordKeyUses(uses(later(9)));
  await stores.keys.recordKeyUses(uses(later(3)));
  await stores.keys.recordKeyUses([]);
  assert.deepEqual(await used(), [later(9), later(9)]);
  const [listed] = await stores.keys.listApiKeys();
  assert.ok(listed !== undefined && !('secretHash' in listed), 'a listing carries no hash');
});

test('RateLeaseStore: leases of a window add up to its limit, each window by itself', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const keyId = newId<KeyId>();
  const lease = (want: number, windowStart = AT, key = keyId, limit = 10) =>
    stores.leases.leaseRequests({ poolId, keyId: key, windowStart, want, limit });
  const of = (granted: number, used: number) => ({ granted, used });
  const four = [await lease(4), await lease(4), await lease(4), await lease(4)];
  assert.deepEqual(four, [of(4, 4), of(4, 8), of(2, 10), of(0, 10)]);
  assert.deepEqual(await lease(4, later(60)), of(4, 4));
  assert.deepEqual(await lease(4, AT, newId<KeyId>()), of(4, 4));
  // A limit that was lowered meanwhile takes nothing back and grants nothing.
  assert.deepEqual(await lease(4, AT, keyId, 5), of(0, 10));
  assert.deepEqual(await lease(4, AT, keyId, 12), of(2, 12));
});

test('IdentityStore: what is removed was closed long enough, and goes whole', async (t) => {
  const stores = await openStores(t);
  const { poolId } = await layGround(stores);
  const inserts = [insertOf(poolId), insertOf(poolId), insertOf(poolId)];
  const tallies = new Map([
    ['closed', 1],
    ['seen', 1],
    ['seen_closed', 1],
  ]);
  for (const [n, insert] of inserts.entries()) {
    await stores.identities.insertIdentity({ ...insert, claims: [claim(`v${n}`)] });
    if (n === 2) continue;
    const stored = await getStored(stores, poolId, insert.id);
    const stamp = stampFor(poolId, later(n * 100));
    const seen = { seen: randomBytes(9), lastSeenAt: AT };
    const change = changeOf(stored, { status: 'deleted', released: 'all', tallies, stamp, ...seen });
    assert.equal(await stores.identities.changeIdentity(change), 'done');
  }
  const list = (before: Date) => stores.identities.listClosed(poolId, { before, after: null, limit: 9 });
  const [first, second, third] = inserts.map(({ id }) => id);
  assert.deepEqual(await list(later(0)), []);
  assert.deepEqual(await list(later(50)), [first]);
  assert.deepEqual(await list(later(500)), [first, second]);
  const marks = [first, third].map((id) => ({
    id: id ?? newId<IdentityId>(),
    auditId: newId<string>(),
    eventId: newId<string>(),
  }));
  assert.equal(await stores.identities.removeClosed(poolId, { marks, at: later(600) }), 1);
  assert.equal(await stores.identities.removeClosed(poolId, { marks, at: later(600) }), 0);
  assert.equal(await stores.identities.findIdentity(poolId, first ?? newId()), null);
  assert.deepEqual(await stores.identities.totals(poolId), {
    ...{ extant: 1, closed: 1, seenExtant: 0, seenClosed: 1 },
  });
  assert.equal(await countRows(stores, 'identity_keys'), 2);
  assert.equal(await countRows(stores, 'audit_entries'), 6);
  assert.equal(await countRows(stores, 'outbox'), 6);
});
