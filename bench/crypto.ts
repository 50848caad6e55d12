import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { lookupKeysOf } from '../src/core/identities/lookups.ts';
import { EMPTY_PROFILE } from '../src/core/identities/profile.ts';
import { sealProfile } from '../src/core/identities/view.ts';
import type { DataKey, IdentityId, PoolId, PoolVault } from '../src/core/ports.ts';
import { openEnvironmentKms } from '../src/crypto/file-kms.ts';
import { SealKey } from '../src/crypto/seal.ts';
import { createVault } from '../src/crypto/vault.ts';
import { createIdGenerator, parsePlaced, toPlaced } from '../src/kit/ids.ts';

import type { Figure } from './kit/figure.ts';

const ROUNDS = 5;
const CALLS = 20_000;
/** About the size of a filled profile. */
const BODY = randomBytes(800);

/**
 * Microseconds a call, of each: the fastest of some rounds, taken in turn, so that a busy machine counts little and
 * counts for all of them.
 */
function measure<Works extends readonly (() => void)[]>(...works: Works): { [K in keyof Works]: number } {
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= ROUNDS; round += 1) {
    works.forEach((work, index) => {
      const begin = process.hrtime.bigint();
      for (let call = 0; call < CALLS; call += 1) work();
      const micros = Number(process.hrtime.bigint() - begin) / CALLS / 1_000;
      // The first round warms up.
      if (round > 0) best[index] = Math.min(best[index] ?? micros, micros);
    });
  }
  return best as { [K in keyof Works]: number };
}

/** The same bytes through the bare cipher: what sealing cannot be faster than. */
function bareCipher(): () => void {
  const key = createSecretKey(randomBytes(32));
  return () => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    const sealed = cipher.update(BODY);
    cipher.final();
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    decipher.setAuthTag(cipher.getAuthTag());
    decipher.update(sealed);
    decipher.final();
  };
}

/** What a PATCH of ten fields does between parsing and SQL: all look-up keys made anew, the profile sealed. */
function recordOfTen(pool: PoolVault, key: DataKey): () => void {
  const attributes = {
    given_name: 'Ada',
    family_name: 'Lovelace',
    birthdate: '1990-02-03',
    'address.street_address': '1 Main Street',
    'address.locality': 'Springfield',
    'address.postal_code': '12345',
    document_number: 'P123456789',
    ssn: '123-45-6789',
    email: 'ada.lovelace@example.com',
    phone_number: '+1 555 010 9999',
  };
  const profile = { ...EMPTY_PROFILE, attributes };
  const homes = new Map();
  return () => {
    lookupKeysOf(pool, { holder: profile, homes });
    pool.trigrams('email', attributes.email, 'stored');
    sealProfile(key, profile);
  };
}

/** Costs of the vault and of id conversion on this machine. */
export async function run(): Promise<Figure[]> {
  const ids = createIdGenerator({ nowMs: Date.now, randomBytes });
  const poolId = ids.next() as PoolId;
  const identityId = ids.next() as IdentityId;
  const kms = openEnvironmentKms(randomBytes(32).toString('base64'));
  const poolKeys = { listPoolKeys: async () => ({ keys: await stored, configVersion: 1 }) };
  const vault = createVault({ kms, poolKeys, randomBytes });
  const stored = vault.createPoolKeys(poolId);
  const pool = await vault.pool(poolId);
  const { key, wrapped } = pool.createIdentityKey(identityId);
  const profile = key.seal('profile', BODY);
  const placed = toPlaced(identityId, 'identity', 123_456_789);

  const sealKey = new SealKey(randomBytes(32), 1);
  const place = { pool: poolId, record: identityId, section: 'profile' };
  const [bare, sealed] = measure(bareCipher(), () => {
    sealKey.open(place, sealKey.seal(place, BODY, randomBytes(12)));
  });
  const micro = (name: string, work: () => void): { name: string; value: number; unit: string } => ({
    name,
    value: measure(work)[0],
    unit: 'µs',
  });
  return [
    { name: 'seal + open of 800 bytes ÷ bare AES-256-GCM', value: sealed / bare, unit: '×' },
    { name: 'seal + open of 800 bytes', value: sealed, unit: 'µs' },
    micro('read of an identity: one wrapped key, one box', () => {
      pool.openIdentityKey(identityId, wrapped).open('profile', profile);
    }),
    micro('new identity: one key, one box', () => {
      pool.createIdentityKey(identityId).key.seal('profile', BODY);
    }),
    { ...micro('seal and index one record of ten fields', recordOfTen(pool, key)), target: { atMost: 60 } },
    micro('blind index: digest', () => {
      pool.digest('email', 'somebody@example.com');
    }),
    micro('blind index: trigrams of 20 characters', () => {
      pool.trigrams('email', 'somebody@example.com', 'stored');
    }),
    micro('id: uuid to placed', () => {
      toPlaced(identityId, 'identity', 123_456_789);
    }),
    micro('id: placed to uuid', () => {
      parsePlaced(placed);
    }),
  ];
}

if (import.meta.main) {
  for (const { name, value, unit } of await run())
    console.log(`${value.toFixed(2).padStart(8)} ${unit}  ${name}`);
}
