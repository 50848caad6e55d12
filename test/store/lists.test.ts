import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IdentityChange, StoredIdentity } from '../../src/core/identities/ports.ts';
import type { IdentityId, PoolId } from '../../src/core/ports.ts';
import { AT, changeOf, claim, insertOf, insertPool, layGround, openStores, type Stores } from './stores.ts';

// Random operations on a store and on plain maps, which must agree on everything afterwards.

interface Modelled {
  stored: StoredIdentity;
  claims: Set<string>;
  hasFactor: boolean;
}

type Operation =
  | { kind: 'create'; value: number }
  | { kind: 'claim'; at: number; value: number }
  | { kind: 'see'; at: number; second: number }
  | { kind: 'close'; at: number };

const nat = (max: number) => fc.integer({ min: 0, max });
const operations = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('create' as const), value: nat(30) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('claim' as const), at: nat(40), value: nat(30) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('see' as const), at: nat(40), second: nat(5) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), at: nat(40) }) },
  ),
  { minLength: 5, maxLength: 60 },
);

class Model {
  readonly #stores: Stores;
  readonly #poolId: PoolId;
  readonly all: Modelled[] = [];

  constructor(stores: Stores, poolId: PoolId) {
    this.#stores = stores;
    this.#poolId = poolId;
  }

  holder(value: string): Modelled | undefined {
    return this.all.find(({ claims }) => claims.has(value));
  }

  async apply(operation: Operation): Promise<void> {
    if (operation.kind === 'create') return this.#create(`v${operation.value}`);
    const found = this.all[operation.at % Math.max(1, this.all.length)];
    if (found === undefined || found.stored.status !== 'extant') return;
    if (operation.kind === 'claim') await this.#claim(found, `v${operation.value}`);
    else if (operation.kind === 'see') await this.#see(found, operation.second);
    else await this.#close(found);
  }

  async #create(value: string): Promise<void> {
    const tallies = new Map([
      ['identities', 1],
      ['factor:email', 1],
    ]);
    const insert = insertOf(this.#poolId, { claims: [claim(value)], tallies });
    const outcome = await this.#stores.identities.insertIdentity(insert);
    assert.equal(outcome, this.holder(value) === undefined ? 'done' : 'taken');
    if (outcome !== 'done') return;
    const { poolId, id, profile, wrappedKey } = insert;
    this.all.push({
      stored: {
        ...{ poolId, id, profile, wrappedKey, status: 'extant', schemaId: 'default', version: 1 },
        ...{
          seen: null,
          credentials: null,
          lastSeenAt: null,
          configVersion: 1,
          standing: {},
          createdAt: AT,
          updatedAt: AT,
        },
      },
      claims: new Set([value]),
      hasFactor: true,
    });
  }

  /** Claims one more value, or gives it up where it is held already. */
  async #claim(found: Modelled, value: string): Promise<void> {
    const held = found.claims.has(value);
    const last = held && found.claims.size === 1;
    const first = !held && found.claims.size === 0;
    const outcome = await this.#change(found, {
      ...(held ? { released: [claim(value)] } : { claimed: [claim(value)] }),
      tallies: new Map(last ? [['factor:email', -1]] : first ? [['factor:email', 1]] : []),
      profile: randomBytes(20),
    });
    assert.equal(outcome, held || this.holder(value) === undefined ? 'done' : 'taken');
    if (outcome !== 'done') return;
    if (held) found.claims.delete(value);
    else found.claims.add(value);
    found.hasFactor = found.claims.size > 0;
  }

  async #see(found: Modelled, second: number): Promise<void> {
    const first = found.stored.seen === null;
    const outcome = await this.#change(found, {
      seen: randomBytes(20),
      lastSeenAt: new Date(AT.getTime() + second * 1000),
      tallies: new Map(first ? [['seen', 1]] : []),
    });
    assert.equal(outcome, 'done');
  }

  async #close(found: Modelled): Promise<void> {
    const tallies = new Map([['closed', 1]]);
    if (found.hasFactor) tallies.set('factor:email', -1);
    if (found.stored.seen !== null) tallies.set('seen_closed', 1);
    assert.equal(await this.#change(found, { status: 'deleted', released: 'all', tallies }), 'done');
    found.claims.clear();
    found.hasFactor = false;
  }

  async #change(found: Modelled, changes: Partial<IdentityChange>) {
    const change = changeOf(found.stored, changes);
    const outcome = await this.#stores.identities.changeIdentity(change);
    if (outcome === 'done') {
      const { status, profile, seen, lastSeenAt } = change;
      found.stored = {
        ...found.stored,
        status,
        profile,
        seen,
        lastSeenAt,
        version: found.stored.version + 1,
      };
    }
    return outcome;
  }

  list(sort: 'id' | 'status' | 'last_seen', direction: 'asc' | 'desc', status: 'extant' | 'deleted' | null) {
    const sign = direction === 'asc' ? 1 : -1;
    const byId = (a: StoredIdentity, b: StoredIdentity) => (a.id < b.id ? -1 : 1);
    const compare = {
      id: (a: StoredIdentity, b: StoredIdentity) => sign * byId(a, b),
      status: (a: StoredIdentity, b: StoredIdentity) =>
        a.status === b.status ? byId(a, b) : sign * (a.status < b.status ? -1 : 1),
      last_seen(a: StoredIdentity, b: StoredIdentity) {
        if (a.lastSeenAt === null || b.lastSeenAt === null) {
          return Number(a.lastSeenAt === null) - Number(b.lastSeenAt === null) || byId(a, b);
        }
        return sign * (a.lastSeenAt.getTime() - b.lastSeenAt.getTime()) || byId(a, b);
      },
    }[sort];
    const chosen = this.all
      .map(({ stored }) => stored)
      .filter((one) => status === null || one.status === status);
    return chosen.sort(compare);
  }
}

test('lists by every sort, status and offset, and every total, are those of a plain list', async (t) => {
  const stores = await openStores(t);
  const ground = await layGround(stores);
  await fc.assert(
    fc.asyncProperty(operations, async (list) => {
      const poolId = await insertPool(stores, ground);
      const model = new Model(stores, poolId);
      for (const operation of list) await model.apply(operation);
      await checkTotals(stores, poolId, model);
      await checkLists(stores, poolId, model);
      const values = Array.from({ length: 31 }, (_, n) => `v${n}`);
      const holders = await stores.identities.findHolders(
        poolId,
        values.map((value) => claim(value)),
      );
      const held = new Map(
        holders.map(({ digest, identityId }) => [digest.toString().replaceAll('.', ''), identityId]),
      );
      const expected: [string, IdentityId][] = values.flatMap((value) => {
        const holder = model.holder(value);
        return holder === undefined ? [] : [[value, holder.stored.id] as [string, IdentityId]];
      });
      assert.deepEqual(held, new Map(expected));
    }),
    { numRuns: 25 },
  );
});

async function checkTotals(stores: Stores, poolId: PoolId, model: Model): Promise<void> {
  const count = (status: string, seen: boolean) =>
    model.all.filter(({ stored }) => stored.status === status && (!seen || stored.seen !== null)).length;
  assert.deepEqual(await stores.identities.totals(poolId), {
    ...{ extant: count('extant', false), closed: count('deleted', false) },
    ...{ seenExtant: count('extant', true), seenClosed: count('deleted', true) },
  });
  const use = await stores.organisation.factorUse(poolId);
  assert.equal(use.extant, count('extant', false));
  assert.equal(use.byName.get('email') ?? 0, model.all.filter(({ hasFactor }) => hasFactor).length);
}

async function checkLists(stores: Stores, poolId: PoolId, model: Model): Promise<void> {
  const totals = await stores.identities.totals(poolId);
  for (const sort of ['id', 'status', 'last_seen'] as const) {
    for (const direction of ['asc', 'desc'] as const) {
      for (const status of [null, 'extant', 'deleted'] as const) {
        const expected = model.list(sort, direction, status);
        for (let offset = 0; offset <= expected.length; offset += 4) {
          for (const limit of [1, 4, 100]) {
            const query = { offset, limit, sort, direction, status };
            const page = await stores.identities.listIdentities(poolId, query, totals);
            assert.deepEqual(page, expected.slice(offset, offset + limit), JSON.stringify(query));
          }
        }
      }
    }
  }
}
