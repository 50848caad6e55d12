import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MAPPING } from './config.ts';
import { mapClaims, verifiedAddresses } from './map-claims.ts';

const FIELDS = ['traits.email', 'traits.name.first', 'traits.name.last', 'traits.city'].map((name) => ({
  name,
}));

test('claims go where the rules say, as far as the schema has a place for them', () => {
  const claims = { email: 'a@x.org', given_name: 'Ana', family_name: '', phone_number: '+351910000000' };
  const { traits, verifiedTraits } = mapClaims(DEFAULT_MAPPING, claims, FIELDS);
  assert.deepEqual(traits, { email: 'a@x.org', name: { first: 'Ana' } });
  assert.deepEqual(verifiedTraits, []);
});

test('a claim may be within another, or have dots in its own name', () => {
  const rules = [
    { claim: 'address.locality', trait: 'city' },
    { claim: 'https://example.com/given.name', trait: 'name.first' },
  ];
  const claims = { address: { locality: 'Porto' }, 'https://example.com/given.name': 'Ana' };
  assert.deepEqual(mapClaims(rules, claims, FIELDS).traits, { city: 'Porto', name: { first: 'Ana' } });
});

test('what every object has is no claim', () => {
  const rules = ['constructor', '__proto__', 'toString', 'email.length'].map((claim) => ({
    ...{ claim, trait: 'city' },
  }));
  assert.deepEqual(mapClaims(rules, { email: 'a@x.org' }, FIELDS).traits, {});
});

test('only what the provider says that it has seen is verified, and only that very address', () => {
  const normalise = (_via: string, text: string) => text.toLowerCase();
  const addresses = [{ via: 'email' as const, value: 'a@x.org' }];
  const verified = (claims: Record<string, unknown>) =>
    verifiedAddresses(mapClaims(DEFAULT_MAPPING, claims, FIELDS), addresses, normalise).length;
  assert.equal(verified({ email: 'A@x.org', email_verified: true }), 1);
  assert.equal(verified({ email: 'A@x.org', email_verified: 'true' }), 1);
  for (const email_verified of [false, 'false', 1, undefined, null, {}, 'yes'])
    assert.equal(verified({ email: 'a@x.org', email_verified }), 0);
  assert.equal(verified({ email: 'b@x.org', email_verified: true }), 0);
  assert.equal(verified({ email: ['a@x.org'], email_verified: true }), 0);
});
