import assert from 'node:assert/strict';
import { it } from 'node:test';
import { phoneNumbers } from '../../providers/schemas/phone-numbers.ts';
import { keepRecoveryAddresses, keepVerifiableAddresses, type VerifiableAddress } from './addresses.ts';

const BEFORE = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-02-01T00:00:00Z');

function deps() {
  let count = 0;
  return {
    phones: phoneNumbers,
    now: NOW,
    newId: () => {
      count += 1;
      return `new-${count}`;
    },
  };
}

const VERIFIED: VerifiableAddress = {
  id: 'old-1',
  via: 'email',
  value: 'foo@bar.com',
  verified: true,
  status: 'completed',
  verifiedAt: BEFORE,
  createdAt: BEFORE,
  updatedAt: BEFORE,
};
const PENDING = { verified: false, status: 'pending', verifiedAt: null, createdAt: NOW, updatedAt: NOW };

it('iam 31: an address that the traits still hold stays what it is', () => {
  const derived = [{ via: 'email', value: 'foo@bar.com' } as const];
  assert.deepEqual(keepVerifiableAddresses(deps(), { old: [VERIFIED], derived }), [VERIFIED]);
});

it('iam 32: a new address is pending, and the old one is gone', () => {
  const derived = [{ via: 'email', value: 'new@bar.com' } as const];
  assert.deepEqual(keepVerifiableAddresses(deps(), { old: [VERIFIED], derived }), [
    { id: 'new-1', via: 'email', value: 'new@bar.com', ...PENDING },
  ]);
  assert.deepEqual(keepVerifiableAddresses(deps(), { old: [VERIFIED], derived: [] }), []);
});

it('the same text on another channel is another address', () => {
  const old = [{ ...VERIFIED, value: '+4917667111638', via: 'sms' } as const];
  const [address] = keepVerifiableAddresses(deps(), {
    old,
    derived: [{ via: 'email', value: '+4917667111638' }],
  });
  assert.equal(address?.verified, false);
});

it('an address stored in another spelling is the same address', () => {
  const old = [{ ...VERIFIED, value: 'Foo@BAR.com ' }];
  const derived = [{ via: 'email', value: 'foo@bar.com' } as const];
  assert.equal(keepVerifiableAddresses(deps(), { old, derived })[0]?.id, 'old-1');
});

it('iam 28: an import that the traits hold too says what is verified', () => {
  const derived = [
    { via: 'email', value: 'foo@bar.com' },
    { via: 'sms', value: '+4917667111638' },
    { via: 'email', value: 'c@bar.com' },
  ] as const;
  const imported = [
    { value: 'FOO@bar.com', verified: true },
    { value: '+49 176 671 11 638', via: 'sms', verified: true, status: 'sent', verifiedAt: BEFORE },
    { value: 'c@bar.com', verified: false, verifiedAt: BEFORE },
  ] as const;
  const addresses = keepVerifiableAddresses(deps(), { old: [], derived, imported });
  assert.deepEqual(
    addresses.map(({ value, verified, status, verifiedAt }) => [value, verified, status, verifiedAt]),
    [
      ['foo@bar.com', true, 'completed', NOW],
      ['+4917667111638', true, 'sent', BEFORE],
      ['c@bar.com', false, 'pending', null],
    ],
  );
});

it('iam 29: an import that the traits do not hold is dropped', () => {
  const imported = [{ value: 'other@bar.com', verified: true }];
  assert.deepEqual(keepVerifiableAddresses(deps(), { old: [], derived: [], imported }), []);
});

it('recovery addresses are kept, made and dropped alike', () => {
  const { id, via, value, createdAt, updatedAt } = VERIFIED;
  const old = [{ id, via, value, createdAt, updatedAt }];
  const derived = [
    { via: 'sms', value: '+4917667111638' },
    { via: 'email', value: 'foo@bar.com' },
  ] as const;
  assert.deepEqual(keepRecoveryAddresses(deps(), { old, derived }), [
    { id: 'new-1', via: 'sms', value: '+4917667111638', createdAt: NOW, updatedAt: NOW },
    old[0],
  ]);
  assert.deepEqual(keepRecoveryAddresses(deps(), { old, derived: [] }), []);
});
