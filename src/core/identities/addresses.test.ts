import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Derived, DerivedAddress } from '../traits/ports.ts';
import { keepAddresses, knownAddress, proveAddress } from './addresses.ts';
import { NOTHING_DERIVED } from './login-identifiers.ts';
import { EMPTY_PROFILE } from './profile.ts';

const SINCE = new Date('2026-01-02T03:04:05.000Z');
const LATER = new Date('2026-05-06T07:08:09.000Z');
const email = (value: string): DerivedAddress => ({ via: 'email', value });
const having = (...verifiable: DerivedAddress[]): Derived => ({ ...NOTHING_DERIVED, verifiable });

describe('addresses of an identity', () => {
  it('are as old as the record, and pending, where nothing is stored of them', () => {
    assert.deepEqual(knownAddress(EMPTY_PROFILE, email('a@example.org'), SINCE), {
      ...{ via: 'email', value: 'a@example.org', verified: false, status: 'pending', verifiedAt: null },
      ...{ createdAt: SINCE, updatedAt: SINCE },
    });
  });

  it('are completed by a proof, on that channel only (R4)', () => {
    const proved = proveAddress(EMPTY_PROFILE, email('a@example.org'), LATER);
    const known = knownAddress(proved, email('a@example.org'), SINCE);
    assert.deepEqual(
      [known.verified, known.status, known.verifiedAt, known.createdAt, known.updatedAt],
      [true, 'completed', LATER, SINCE, LATER],
    );
    assert.equal(knownAddress(proved, { via: 'sms', value: 'a@example.org' }, SINCE).verified, false);
  });

  it('keep what is known through changes of other traits, and lose it with their own', () => {
    const [a, b] = [email('a@example.org'), email('b@example.org')];
    const proved = proveAddress(EMPTY_PROFILE, a, SINCE);
    assert.equal(keepAddresses(proved, { before: having(a), after: having(a) }, LATER), proved);
    const both = keepAddresses(proved, { before: having(a), after: having(a, b) }, LATER);
    assert.equal(knownAddress(both, a, SINCE).verified, true);
    assert.deepEqual(knownAddress(both, b, SINCE).createdAt, LATER);
    const gone = keepAddresses(both, { before: having(a, b), after: having(b) }, LATER);
    const again = keepAddresses(gone, { before: having(b), after: having(a, b) }, LATER);
    assert.equal(knownAddress(again, a, SINCE).verified, false);
    assert.deepEqual(keepAddresses(gone, { before: having(b), after: having() }, LATER), EMPTY_PROFILE);
  });
});
