import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { IdentityChange, IdentityInsert, StoredIdentity } from '../../src/core/identities/ports.ts';
import type { Reach, Stamp } from '../../src/core/pools/ports.ts';
import type {
  AccountId,
  DomainId,
  Environment,
  IdentityId,
  PoolId,
  RulesetId,
  StoredPoolKey,
} from '../../src/core/ports.ts';
import { createIdGenerator } from '../../src/kit/ids.ts';
import { createSchemaCompiler } from '../../src/providers/schemas/schema-compiler.ts';
import type { Database } from '../../src/store/postgres.ts';
import { createApiKeyStore } from '../../src/store/repositories/api-keys.ts';
import { createIdentityStore } from '../../src/store/repositories/identities.ts';
import { createOrganisationStore } from '../../src/store/repositories/organisation.ts';
import { createPoolConfigStore } from '../../src/store/repositories/pool-configs.ts';
import { createPoolKeyStore } from '../../src/store/repositories/pool-keys.ts';
import { createRateLeaseStore } from '../../src/store/repositories/rate-leases.ts';
import { freshDatabase, testConnection } from '../harness/postgres.ts';

export const AT = new Date('2026-03-04T05:06:07.089Z');

const ids = createIdGenerator({ nowMs: () => Date.now(), randomBytes });
export const newId = <Id>(): Id => ids.next() as Id;

export type Stores = Awaited<ReturnType<typeof openStores>>;

/** Every store of the core over a fresh database of the run's server. */
export async function openStores(t: Pick<TestContext, 'after'>, maxConnections = 4) {
  const database = await freshDatabase();
  const db = testConnection(database.url, { maxConnections });
  const behind = testConnection(database.url, { maxConnections: 1, onStatement: () => {} });
  t.after(async () => {
    await db.close();
    await behind.close();
    await database.drop();
  });
  return { ...storesOf(db), database, db, behind };
}

/** As `openStores`, on a connection of its own to the same database. */
export function storesOf(db: Database) {
  return {
    identities: createIdentityStore(db),
    organisation: createOrganisationStore(db),
    keys: createApiKeyStore(db),
    leases: createRateLeaseStore(db),
    configs: createPoolConfigStore(db, createSchemaCompiler()),
    poolKeys: createPoolKeyStore(db),
  };
}

export interface Ground {
  readonly accountId: AccountId;
  readonly partition: number;
  readonly domainId: DomainId;
  readonly rulesetId: RulesetId;
  readonly poolId: PoolId;
}

export function reachOf(ground: Ground, wholeAccount = true): Reach {
  const { accountId, poolId } = ground;
  return { accountId, poolId, environment: 'live', wholeAccount };
}

export function poolKeysOf(poolId: PoolId): StoredPoolKey[] {
  return (['index', 'seal'] as const).map((purpose) => ({
    ...{ poolId, purpose, version: 1, rootKeyId: 'test:1' },
    wrapped: randomBytes(60),
  }));
}

export async function insertPool(
  { organisation }: Pick<Stores, 'organisation'>,
  ground: Omit<Ground, 'poolId'>,
  title = 'Pool',
  environment: Environment = 'live',
): Promise<PoolId> {
  const id = newId<PoolId>();
  const { accountId, domainId, rulesetId } = ground;
  await organisation.insertPool(
    { id, accountId, domainId, rulesetId, title, status: 'extant', environment },
    poolKeysOf(id),
    { id: 'default', schema: { properties: {} } },
    AT,
  );
  return id;
}

/** An account with a domain, a ruleset and a pool. */
export async function layGround(stores: Pick<Stores, 'organisation'>): Promise<Ground> {
  const { organisation } = stores;
  const accountId = newId<AccountId>();
  const partition = randomBytes(4).readUInt32BE(0) % 2 ** 30;
  const domainId = newId<DomainId>();
  const rulesetId = newId<RulesetId>();
  await organisation.insertAccount({ id: accountId, partition, title: 'Account', status: 'extant' }, AT);
  await organisation.insertDomain({ id: domainId, accountId, title: 'Domain', status: 'extant' }, AT);
  await organisation.insertRuleset(
    {
      id: rulesetId,
      accountId,
      domainId,
      title: 'Rules',
      status: 'extant',
      factors: [],
      methods: [],
      plans: [],
    },
    AT,
  );
  const above = { accountId, partition, domainId, rulesetId };
  return { ...above, poolId: await insertPool(stores, above) };
}

export function stampFor(poolId: PoolId, at: Date = AT): Stamp {
  return {
    at,
    auditId: newId(),
    eventId: newId(),
    keyId: null,
    requestId: 'request-1',
    poolId,
    origin: null,
  };
}

export function claim(value: string, space = 'email') {
  return { space, digest: Buffer.from(value.padEnd(32, '.')) };
}

export function insertOf(poolId: PoolId, changes: Partial<IdentityInsert> = {}): IdentityInsert {
  const id = changes.id ?? newId<IdentityId>();
  const stamp = changes.stamp ?? stampFor(poolId);
  return {
    ...{ poolId, id, schemaId: 'default', claims: [], configVersion: 1, reply: null, limitedKeyId: null },
    ...{ searchKeys: [], grams: [], standing: {}, eventData: { externalRef: null, status: 'pending' } },
    announcements: [{ id: stamp.eventId, type: 'identity.created' }],
    profile: randomBytes(40),
    credentials: null,
    wrappedKey: randomBytes(60),
    tallies: new Map([['identities', 1]]),
    stamp,
    event: { action: 'identity.created', subjectId: id, fields: ['factors.email'] },
    ...changes,
  };
}

export function changeOf(stored: StoredIdentity, changes: Partial<IdentityChange> = {}): IdentityChange {
  const { poolId, id, version, status, schemaId, profile, seen, credentials, lastSeenAt, standing } = stored;
  const stamp = changes.stamp ?? stampFor(poolId);
  return {
    ...{ poolId, id, version, status, schemaId, profile, seen, credentials, lastSeenAt },
    ...{
      configVersion: stored.configVersion,
      keptSpaces: [],
      claimed: [],
      released: [],
      keysAdded: [],
      keysRemoved: [],
      grams: [],
      tallies: new Map(),
    },
    ...{ standing, erases: false, reply: null, eventData: { externalRef: null, status: 'pending' } },
    announcements: [{ id: stamp.eventId, type: 'identity.updated' }],
    stamp,
    event: { action: 'identity.updated', subjectId: id, fields: ['metadata'] },
    ...changes,
  };
}

export async function getStored(stores: Pick<Stores, 'identities'>, poolId: PoolId, id: IdentityId) {
  const stored = await stores.identities.findIdentity(poolId, id);
  if (stored === null) throw new Error('the identity is not there');
  return stored;
}

export async function countRows({ behind }: Pick<Stores, 'behind'>, table: string): Promise<number> {
  const text = `select count(*)::integer as n from ${table}`;
  const { rows } = await behind.query<{ n: number }>({ text, parameters: [] });
  return rows[0]?.n ?? -1;
}
