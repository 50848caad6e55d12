import assert from 'node:assert/strict';
import { createHash, timingSafeEqual } from 'node:crypto';
import { test } from 'node:test';
import { AddressNotAllowed, CredentialRejected, NotPermitted } from '../errors.ts';
import type { AccountId, ApiKeyStore, IdentityId, KeyId, PoolId, StoredApiKey } from '../ports.ts';
import { createKeyAuthenticator } from './authenticate-key.ts';
import { formatKey, SECRET_BYTES } from './key-text.ts';

const id = '0190c0de-0000-7000-8000-000000000001' as KeyId;
const now = new Date('2026-03-04T05:06:07Z');
const secrets = {
  hash: (...parts: readonly string[]) => createHash('sha256').update(JSON.stringify(parts)).digest(),
  equal: (one: Uint8Array, other: Uint8Array) => timingSafeEqual(one, other),
};
const { text, secret } = formatKey(
  { kind: 'publishable', environment: 'live', id },
  new Uint8Array(SECRET_BYTES).fill(9),
);
const STORED: StoredApiKey = {
  ...{ id, poolId: id as string as PoolId, accountId: id as string as AccountId, partition: 7 },
  ...{ environment: 'live', kind: 'publishable', label: '', note: null, grants: ['sessions:create'] },
  ...{ allowedAddresses: ['10.0.0.0/8'], requestsPerMinute: 10, apiVersion: '2026-01-01' },
  ...{
    keyInflection: 'kebab',
    isSingleIdentity: true,
    identityId: null,
    createdAt: now,
    expiresAt: null,
    suspendedAt: null,
    revokedAt: null,
  },
  secretHash: secrets.hash('api-key', id, secret),
};

/** Verifies a key against a stored one; `known` is what `onKey` was told. */
async function attempt(sent: string, change: Partial<StoredApiKey> = {}, address = '10.1.1.1') {
  const keys = { findApiKey: async () => ({ ...STORED, ...change }) } as Partial<ApiKeyStore> as ApiKeyStore;
  const known: unknown[] = [];
  const authenticator = createKeyAuthenticator({ keys, secrets });
  const outcome = await authenticator
    .verify(sent, { address, now, onKey: (key) => known.push(key) })
    .catch((error: unknown) => error);
  return { outcome, known };
}

test('a good key is told with its kind, version and spelling', async () => {
  const { outcome, known } = await attempt(text);
  assert.deepEqual(outcome, {
    ...{ keyId: id, poolId: id, accountId: id, partition: 7, environment: 'live', kind: 'publishable' },
    ...{ grants: new Set(['sessions:create']), requestsPerMinute: 10 },
    ...{ apiVersion: '2026-01-01', keyInflection: 'kebab', isSingleIdentity: true },
  });
  assert.deepEqual(known, [outcome]);
});

test('a key is known before its address is looked at, and never when the key itself is refused', async () => {
  const elsewhere = await attempt(text, {}, '192.0.2.1');
  assert.ok(elsewhere.outcome instanceof AddressNotAllowed);
  assert.equal(elsewhere.known.length, 1);
  for (const [sent, change] of [
    ['vk_pub_live_', {}],
    [`${text.slice(0, -1)}0`, {}],
    [text.replace('vk_pub_', 'vk_'), {}],
    [text.replace('live', 'sandbox'), {}],
    [text, { revokedAt: now }],
    [text, { suspendedAt: now }],
    [text, { expiresAt: now }],
  ] as const) {
    const { outcome, known } = await attempt(sent, change);
    assert.ok(outcome instanceof CredentialRejected, JSON.stringify(change));
    assert.deepEqual(known, []);
  }
});

test('a key without a secret is no key, whatever text is sent for it', async () => {
  const { outcome, known } = await attempt(text, { secretHash: null });
  assert.ok(outcome instanceof CredentialRejected);
  assert.deepEqual(known, []);
});

test('an identity’s key is asked for by its pool, held for two seconds, and refused once it does not count', async () => {
  const identityId = id as string as IdentityId;
  const [poolId, otherPool] = [STORED.poolId, '0190c0de-0000-7000-8000-0000000000ff' as PoolId];
  const asked: unknown[] = [];
  let stored: StoredApiKey | null = { ...STORED, kind: 'secret', secretHash: null, identityId };
  const keys = {
    findKeyOfIdentity: async (...of: unknown[]) => {
      asked.push(of);
      return of[0] === poolId ? stored : null;
    },
  } as Partial<ApiKeyStore> as ApiKeyStore;
  const authenticator = createKeyAuthenticator({ keys, secrets });
  const verify = (ms: number, pool = poolId, address = '10.1.1.1') =>
    authenticator.verifyFor(
      { poolId: pool, identityId },
      { address, now: new Date(now.getTime() + ms), onKey: () => {} },
    );
  assert.equal((await verify(0)).keyId, id);
  assert.equal((await verify(1_999)).keyId, id);
  assert.deepEqual(asked, [[poolId, identityId]]);
  await assert.rejects(verify(0, otherPool), NotPermitted);
  await assert.rejects(verify(0, poolId, '192.0.2.1'), AddressNotAllowed);
  const of = { ...STORED, secretHash: null, identityId };
  for (const [index, next] of [null, { ...of, suspendedAt: now }, { ...of, expiresAt: now }].entries()) {
    stored = next;
    await assert.rejects(verify(2_000 * (index + 1)), NotPermitted);
  }
});
