import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { RootKeyMismatch, SealBroken, Unavailable } from '../core/errors.ts';
import type { IdentityId, KeyManagementService, PoolId, StoredPoolKey } from '../core/ports.ts';
import { createIdGenerator } from '../kit/ids.ts';
import { openEnvironmentKms } from './file-kms.ts';
import type { OpenPoolVault } from './pool-vault.ts';
import { createVault, type RefreshableVault } from './vault.ts';

const ids = createIdGenerator({ nowMs: Date.now, randomBytes });
const poolId = (): PoolId => ids.next() as PoolId;
const identityId = (): IdentityId => ids.next() as IdentityId;
const newKms = (): KeyManagementService => openEnvironmentKms(randomBytes(32).toString('base64'));

interface Installation {
  readonly vault: RefreshableVault;
  readonly kms: KeyManagementService;
  /** Stands for the table; tests change it as another process would. */
  readonly rows: StoredPoolKey[];
  readonly calls: { lists: number; unwraps: number };
  configVersion: number;
  fail: Error | null;
  /** A vault of another process on the same data. */
  other(options?: { kms?: KeyManagementService; poolsHeldMax?: number }): RefreshableVault;
}

function install(): Installation {
  const inner = newKms();
  const rows: StoredPoolKey[] = [];
  const calls = { lists: 0, unwraps: 0 };
  const kms: KeyManagementService = {
    currentKeyId: () => inner.currentKeyId(),
    wrap: (...input) => inner.wrap(...input),
    unwrap: (...input) => {
      calls.unwraps += 1;
      return inner.unwrap(...input);
    },
  };
  const installation: Installation = {
    kms,
    rows,
    calls,
    configVersion: 1,
    fail: null,
    other: (options = {}) => createVault({ kms, poolKeys, randomBytes, ...options }),
    vault: createVault({ kms, poolKeys: { listPoolKeys }, randomBytes }),
  };
  async function listPoolKeys(id: PoolId): Promise<{ keys: StoredPoolKey[]; configVersion: number }> {
    calls.lists += 1;
    // As of when it was asked; the answer takes its time.
    const answer = {
      keys: rows.filter((row) => row.poolId === id),
      configVersion: installation.configVersion,
    };
    await Promise.resolve();
    if (installation.fail !== null) throw installation.fail;
    return answer;
  }
  const poolKeys = { listPoolKeys };
  return installation;
}

async function addPool({ vault, rows }: Installation): Promise<{ id: PoolId; pool: OpenPoolVault }> {
  const id = poolId();
  rows.push(...(await vault.createPoolKeys(id)));
  return { id, pool: await vault.pool(id) };
}

/** As the rotation job does: a newer seal key beside the older ones, and with it another configuration version. */
async function rotate(installation: Installation, id: PoolId, version: number): Promise<void> {
  installation.rows.push(await installation.vault.createSealKey(id, version));
  installation.configVersion += 1;
}

describe("an identity's key", () => {
  it('opens what it sealed, also after being stored, and in another process', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    const elsewhere = await installation.other().pool(id);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (plaintext, section) => {
        const identity = identityId();
        const { key, wrapped } = pool.createIdentityKey(identity);
        const sealed = key.seal(section, plaintext);
        assert.notDeepEqual(key.seal(section, plaintext), sealed);
        for (const reader of [
          key,
          pool.openIdentityKey(identity, wrapped),
          elsewhere.openIdentityKey(identity, wrapped),
        ]) {
          assert.equal(Buffer.compare(reader.open(section, sealed), plaintext), 0);
        }
      }),
    );
  });

  it('does not open for another identity or in another pool, nor with a bit flipped or cut', async () => {
    const installation = install();
    const { pool } = await addPool(installation);
    const { pool: foreign } = await addPool(installation);
    const identity = identityId();
    const { wrapped } = pool.createIdentityKey(identity);
    assert.throws(() => pool.openIdentityKey(identityId(), wrapped), SealBroken);
    assert.throws(() => foreign.openIdentityKey(identity, wrapped), SealBroken);
    for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
      const changed = Buffer.from(wrapped);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => pool.openIdentityKey(identity, changed), SealBroken);
      assert.throws(() => pool.openIdentityKey(identity, wrapped.subarray(0, bit >> 3)), SealBroken);
    }
    assert.throws(
      () => pool.openIdentityKey(identity, pool.seal('identity-key', randomBytes(36))),
      SealBroken,
    );
  });

  it("opens neither another section nor another identity's content", async () => {
    const { pool } = await addPool(install());
    const [one, two] = [pool.createIdentityKey(identityId()), pool.createIdentityKey(identityId())];
    const sealed = one.key.seal('profile', Buffer.from('content'));
    assert.throws(() => one.key.open('credentials', sealed), SealBroken);
    assert.throws(() => two.key.open('profile', sealed), SealBroken);
    assert.throws(() => pool.open('profile', sealed), SealBroken);
    assert.throws(() => one.key.open('profile', pool.seal('profile', Buffer.from('content'))), SealBroken);
  });
});

describe("a pool's own sections", () => {
  it('open at their section of their pool only', async () => {
    const installation = install();
    const { pool } = await addPool(installation);
    const { pool: foreign } = await addPool(installation);
    const sealed = pool.seal('settings', Buffer.from('content'));
    assert.equal(pool.open('settings', sealed).toString(), 'content');
    assert.throws(() => pool.open('other', sealed), SealBroken);
    assert.throws(() => foreign.open('settings', sealed), SealBroken);
  });

  it('digests and trigrams differ between pools and agree between processes', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    const { pool: foreign } = await addPool(installation);
    const again = await installation.other().pool(id);
    assert.deepEqual(again.digest('email', 'a@example.com'), pool.digest('email', 'a@example.com'));
    assert.deepEqual(again.trigrams('email', 'a@ex'), pool.trigrams('email', 'a@ex'));
    assert.notDeepEqual(foreign.digest('email', 'a@example.com'), pool.digest('email', 'a@example.com'));
    assert.notDeepEqual(foreign.trigrams('email', 'a@ex'), pool.trigrams('email', 'a@ex'));
  });
});

describe('pool keys', () => {
  it('are loaded once, also by callers at the same time', async () => {
    const installation = install();
    const { id } = await addPool(installation);
    const other = installation.other();
    installation.calls.lists = 0;
    installation.calls.unwraps = 0;
    const pools = await Promise.all(Array.from({ length: 50 }, () => other.pool(id)));
    pools.push(await other.pool(id));
    assert.equal(new Set(pools).size, 1);
    assert.deepEqual(installation.calls, { lists: 1, unwraps: 2 });
  });

  it('are asked for again after a load that failed', async () => {
    const installation = install();
    const { id } = await addPool(installation);
    const other = installation.other();
    installation.fail = new Unavailable('database away');
    await assert.rejects(other.pool(id), Unavailable);
    await assert.rejects(other.refresh(id), Unavailable);
    installation.fail = null;
    assert.ok(await other.pool(id));
  });

  it('of the least recently used pool leave the memory first', async () => {
    const installation = install();
    const [one, two, three] = [
      await addPool(installation),
      await addPool(installation),
      await addPool(installation),
    ];
    const small = installation.other({ poolsHeldMax: 2 });
    for (const { id } of [one, two, one, three]) await small.pool(id);
    installation.calls.lists = 0;
    await small.pool(one.id);
    assert.equal(installation.calls.lists, 0);
    await small.pool(two.id);
    assert.equal(installation.calls.lists, 1);
  });

  it('of a newer version, made elsewhere, are found by one retry; the older ones go on opening', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    const identity = identityId();
    const before = pool.createIdentityKey(identity);
    await rotate(installation, id, 2);
    const elsewhere = await installation.other().pool(id);
    const after = elsewhere.createIdentityKey(identity);
    assert.equal(after.wrapped.readUInt32BE(1), 2);
    assert.throws(() => pool.openIdentityKey(identity, after.wrapped), SealBroken);
    const reloaded = await installation.vault.pool(id);
    const sealed = after.key.seal('profile', Buffer.from('content'));
    assert.equal(
      reloaded.openIdentityKey(identity, after.wrapped).open('profile', sealed).toString(),
      'content',
    );
    assert.ok(reloaded.openIdentityKey(identity, before.wrapped));
    assert.equal(await installation.vault.pool(id), reloaded);
  });

  it('held before stay in use while a reload fails', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    await rotate(installation, id, 2);
    const { wrapped } = (await installation.other().pool(id)).createIdentityKey(identityId());
    assert.throws(() => pool.openIdentityKey(identityId(), wrapped), SealBroken);
    installation.fail = new Unavailable('database away');
    assert.equal(await installation.vault.pool(id), pool);
    installation.fail = null;
    assert.notEqual(await installation.vault.pool(id), pool);
  });

  it('are read anew by refresh, and what is held is replaced', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    await rotate(installation, id, 2);
    const refreshed = await installation.vault.refresh(id);
    assert.notEqual(refreshed, pool);
    assert.equal(refreshed.createIdentityKey(identityId()).wrapped.readUInt32BE(1), 2);
    assert.equal(await installation.vault.pool(id), refreshed);
  });

  it('as of a later configuration are loaded once for all who ask, and only what is new is unwrapped', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    await rotate(installation, id, 2);
    const identity = identityId();
    const { wrapped } = (await installation.other().pool(id)).createIdentityKey(identity);
    installation.calls.lists = 0;
    installation.calls.unwraps = 0;
    assert.equal(await installation.vault.pool(id, 1), pool);
    const pools = await Promise.all(Array.from({ length: 50 }, () => installation.vault.pool(id, 2)));
    assert.equal(new Set(pools).size, 1);
    assert.ok(pools[0]?.openIdentityKey(identity, wrapped));
    assert.equal(await installation.vault.pool(id), pools[0]);
    assert.deepEqual(installation.calls, { lists: 1, unwraps: 1 });
    installation.configVersion = 3;
    await installation.vault.pool(id, 3);
    assert.deepEqual(installation.calls, { lists: 2, unwraps: 1 });
  });

  it('are not taken from a load that began before the configuration that is asked for', async () => {
    const installation = install();
    const { id } = await addPool(installation);
    const other = installation.other();
    const early = other.pool(id);
    await rotate(installation, id, 2);
    const { wrapped } = (await installation.other().pool(id)).createIdentityKey(identityId());
    const [first, second] = await Promise.all([early, other.pool(id, 2)]);
    assert.notEqual(first, second);
    assert.equal(second.rewrapIdentityKey(identityId(), wrapped), null);
    assert.equal(await other.pool(id), second);
  });

  it('of a newer version that cannot be loaded are unavailable, and what they sealed is not called broken', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    const identity = identityId();
    const before = pool.createIdentityKey(identity);
    await rotate(installation, id, 2);
    const after = (await installation.other().pool(id)).createIdentityKey(identity);
    installation.fail = new Unavailable('key service away');
    const held = await installation.vault.pool(id, 2);
    assert.ok(held.openIdentityKey(identity, before.wrapped));
    assert.throws(() => held.openIdentityKey(identity, after.wrapped), Unavailable);
    installation.fail = null;
    assert.ok((await installation.vault.pool(id, 2)).openIdentityKey(identity, after.wrapped));
  });

  it('wrap an identity key anew without changing what it opens', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    const identity = identityId();
    const { key, wrapped } = pool.createIdentityKey(identity);
    const sealed = key.seal('profile', Buffer.from('content'));
    assert.equal(pool.rewrapIdentityKey(identity, wrapped), null);
    await rotate(installation, id, 2);
    const newest = await installation.vault.pool(id, 2);
    const again = newest.rewrapIdentityKey(identity, wrapped);
    assert.ok(again !== null);
    assert.equal(again.readUInt32BE(1), 2);
    assert.equal(newest.openIdentityKey(identity, again).open('profile', sealed).toString(), 'content');
    assert.equal(newest.rewrapIdentityKey(identity, again), null);
    assert.throws(() => newest.rewrapIdentityKey(identityId(), wrapped), SealBroken);
  });

  it('come under another root key without changing', async () => {
    const installation = install();
    const { id, pool } = await addPool(installation);
    const [first, second] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
    const older = createVault({
      kms: openEnvironmentKms(first ?? ''),
      poolKeys: { listPoolKeys: async () => ({ keys: [], configVersion: 1 }) },
      randomBytes,
    });
    const keys = await older.createPoolKeys(id);
    const vaultWith = (rows: StoredPoolKey[], secret = '', others: string[] = []) =>
      createVault({
        kms: openEnvironmentKms(secret, others),
        poolKeys: { listPoolKeys: async () => ({ keys: rows, configVersion: 1 }) },
        randomBytes,
      });
    const mixed = vaultWith(keys, second, [first ?? '']);
    const rewrapped = await Promise.all(keys.map((key) => mixed.rewrapPoolKey(key)));
    const current = await mixed.currentRootKeyId();
    assert.deepEqual(new Set(rewrapped.map(({ rootKeyId }) => rootKeyId)), new Set([current]));
    const { wrapped } = (await mixed.pool(id)).createIdentityKey(identityId());
    assert.equal(
      (await vaultWith(rewrapped, second).pool(id)).rewrapIdentityKey(identityId(), wrapped),
      null,
    );
    await assert.rejects(vaultWith(keys, second).pool(id), RootKeyMismatch);
    assert.notDeepEqual((await mixed.pool(id)).digest('a', 'b'), pool.digest('a', 'b'));
  });

  it('do not open as another version, purpose or pool, nor under another root key', async () => {
    const installation = install();
    const { id } = await addPool(installation);
    const { id: foreign } = await addPool(installation);
    const own = installation.rows.filter((row) => row.poolId === id);
    const tryRows = async (rows: StoredPoolKey[]): Promise<unknown> =>
      createVault({
        kms: installation.kms,
        poolKeys: { listPoolKeys: async () => ({ keys: rows, configVersion: 1 }) },
        randomBytes,
      }).pool(id);
    assert.ok(await tryRows(own));
    const swapped = own.map(
      (row) => ({ ...row, purpose: row.purpose === 'seal' ? 'index' : 'seal' }) as const,
    );
    const moved = installation.rows.filter((row) => row.poolId === foreign);
    const renumbered = own.map((row) => ({ ...row, version: 2 }));
    const without = own.filter((row) => row.purpose === 'seal');
    const doubled = [...own, ...own];
    for (const rows of [swapped, moved, renumbered, without, doubled, []]) {
      await assert.rejects(tryRows(rows), SealBroken);
    }
    await assert.rejects(installation.other({ kms: newKms() }).pool(id), RootKeyMismatch);
  });
});

it('nothing that holds keys shows them', async () => {
  const installation = install();
  const { pool } = await addPool(installation);
  const { key } = pool.createIdentityKey(identityId());
  for (const holder of [pool, key]) {
    assert.equal(inspect(holder, { depth: null, showHidden: true }), '[redacted]');
    assert.equal(JSON.stringify(holder), '"[redacted]"');
    assert.equal(String(holder), '[redacted]');
  }
});
