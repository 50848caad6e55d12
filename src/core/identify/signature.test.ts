import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { macs } from '../../crypto/macs.ts';
import type { SignatureScheme } from './config.ts';
import { externalIdOf } from './external-id.ts';
import { signUser, verifySignedUser } from './signature.ts';

const USER = '3bd439c2-8ffe-416e-94ed-456f83a91848';
const OTHER = '99b5e0ae-60b8-4667-8741-f4e1486d2b3a';
const SECRET = 'test-secret';

test('identify 22: signatures are the published ones', () => {
  const sign = (scheme: SignatureScheme, userId: string, timeStamp: number) =>
    signUser(macs, { scheme, secret: SECRET, userId, timeStamp });
  assert.equal(sign('hmac-sha1', USER, 1633435760), 'DEA11B0C18022DAE99B37995C61FEC0C4448831B');
  assert.equal(sign('hmac-sha1', OTHER, 1614788250), 'EC1AED06254800ABC03924470D76D09DBD86EDF7');
  assert.equal(sign('sha1-concat', USER, 1633435760), '21D363DDE38B24CD1D4BB51CAA5DD3E9409406A5');
});

test('identify 26: external ids are the published ones', () => {
  const key = 'test-external-secret';
  assert.equal(
    externalIdOf(macs, key, {
      ...{ provider: 'awsCognito', issuer: 'eu-west-1_AbCdEf123' },
      subject: '897d4b5a-f070-48d7-87a9-304a032df38a',
    }),
    '5fdf7c67bd16eeb746c6599783e418e99bd204ab3319ac02c9811a7a26100a65',
  );
  assert.equal(
    externalIdOf(macs, key, {
      ...{ provider: 'anonymous', issuer: '5d5b0676-ce0f-4058-b2bf-49af49f61cb5' },
      subject: '789f64dc-750d-4260-afef-7937062048e3|12345677865',
    }),
    '477a64307add356cd2db4b2971864ac80152030401485932b94a4fc24ea450dd',
  );
});

const NOW = new Date('2026-03-01T12:00:00Z');
const seconds = NOW.getTime() / 1000;
const options = { scheme: 'hmac-sha1', secrets: [SECRET], maxAgeSeconds: 86_400, now: NOW } as const;
const tripleAt = (timeStamp: number) => ({
  ...{ userId: USER, timeStamp },
  signature: signUser(macs, { scheme: 'hmac-sha1', secret: SECRET, userId: USER, timeStamp }),
});

test('a triple is good for as long as it says, and no clock is more than a minute ahead', () => {
  for (const [age, isGood] of [
    ...([
      [0, true],
      [86_400, true],
      [86_401, false],
      [-60, true],
      [-61, false],
    ] as const),
  ])
    assert.equal(verifySignedUser(macs, tripleAt(seconds - age), options), isGood, `${age} s`);
});

test('no other signature verifies, and an earlier secret does while it is kept', () => {
  const triple = tripleAt(seconds);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 39 }), fc.constantFrom(...'0123456789ABCDEF'), (at, digit) => {
      const signature = triple.signature.slice(0, at) + digit + triple.signature.slice(at + 1);
      const isSame = signature === triple.signature;
      assert.equal(verifySignedUser(macs, { ...triple, signature }, options), isSame);
    }),
  );
  assert.equal(verifySignedUser(macs, triple, { ...options, secrets: ['another-secret-of-it'] }), false);
  assert.equal(verifySignedUser(macs, triple, { ...options, secrets: ['a-new-secret-of-it', SECRET] }), true);
  assert.equal(verifySignedUser(macs, triple, { ...options, secrets: [] }), false);
});
