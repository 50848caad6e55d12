import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddressNotAllowed,
  CredentialMissing,
  CredentialRejected,
  NotPermitted,
  RateLimited,
} from '../core/errors.ts';
import { authenticate, keyOf, requireGrant } from './key-authentication.ts';
import { keyGuard } from './route.ts';
import { FAKE_LIMITER, KEY } from './testing/fake-surface.ts';

test('each of the three headers carries the key, also together', () => {
  assert.equal(keyOf({ authorization: 'Bearer k' }), 'k');
  assert.equal(keyOf({ authorization: 'bearer  k ' }), 'k');
  assert.equal(keyOf({ 'x-api-key': ' k' }), 'k');
  assert.equal(keyOf({ apikey: 'k' }), 'k');
  assert.equal(keyOf({ authorization: 'Bearer k', 'x-api-key': 'k', apikey: 'k' }), 'k');
});

test('no header is missing; another scheme, an empty value and different keys are rejected', () => {
  assert.throws(() => keyOf({}), CredentialMissing);
  const rejected = [
    { authorization: 'Basic a2V5' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer a b' },
    { authorization: '' },
    { apikey: '' },
    { authorization: 'Bearer k', apikey: 'other' },
    { 'x-api-key': 'k', apikey: 'other' },
    { authorization: 'Basic a2V5', apikey: 'k' },
  ];
  for (const headers of rejected)
    assert.throws(() => keyOf(headers), CredentialRejected, JSON.stringify(headers));
});

test('key, address, limit are asked in this order, and the grant is a question of its own', async () => {
  const clock = { now: () => new Date(0) };
  const run = (failures: { verify?: Error; spend?: Error; key?: string }) =>
    authenticate(
      {
        clock,
        verifier: {
          async verify() {
            if (failures.verify !== undefined) throw failures.verify;
            return KEY;
          },
          verifyFor: () => KEY,
        },
        limiter: {
          ...FAKE_LIMITER,
          spend: () => (failures.spend === undefined ? undefined : Promise.reject(failures.spend)),
        },
      },
      {
        headers: failures.key === undefined ? {} : { apikey: failures.key },
        address: '::1',
        onKey: () => {},
      },
    );
  const verify = new AddressNotAllowed();
  const spend = new RateLimited(1);
  await assert.rejects(run({ verify, spend }), CredentialMissing);
  await assert.rejects(run({ verify, spend, key: 'k' }), AddressNotAllowed);
  await assert.rejects(run({ spend, key: 'k' }), RateLimited);
  assert.equal(await run({ key: 'k' }), KEY);
  requireGrant(keyGuard(null), KEY);
  requireGrant(keyGuard('identities:read'), KEY);
  assert.throws(() => requireGrant(keyGuard('review'), KEY), NotPermitted);
});
