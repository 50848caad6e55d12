import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { DerivedIdentifier } from '../traits/ports.ts';
import type { Credentials, PublicKey } from './credentials.ts';
import { countFirstFactors } from './first-factors.ts';

const DATED = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' };
const NAMED: DerivedIdentifier = { type: 'password', value: 'ada' };
const CODES: DerivedIdentifier[] = ['a@example.org', 'b@example.org'].map((value) => {
  return { type: 'code', via: 'email', value };
});

const keyOf = (id: string, isPasswordless: boolean): PublicKey => {
  return {
    id,
    publicKey: 'QQ==',
    attestationType: 'none',
    displayName: '',
    addedAt: DATED.createdAt,
    isPasswordless,
  };
};
const count = (
  credentials: Omit<Credentials, 'format'>,
  identifiers: readonly DerivedIdentifier[] = [],
  passwordlessCode = true,
) =>
  countFirstFactors(
    { passwordlessCode },
    { credentials: { format: 1, ...credentials }, derived: { identifiers } },
  );

it('a password counts with a hash, and something to type beside it', () => {
  const password = { hash: '$md5$x', ...DATED };
  assert.equal(count({ password }, [NAMED]), 1);
  assert.equal(count({ password }), 0);
  assert.equal(count({ password: { ...password, hash: null, usesMigrationHook: true } }, [NAMED]), 0);
  assert.equal(count({}, [NAMED]), 0);
});

it('each account elsewhere counts that no organisation owns', () => {
  const providers = [
    { provider: 'google', subject: '1' },
    { provider: 'google', subject: '2' },
    { provider: 'google', subject: '3', organization: 'acme' },
  ];
  assert.equal(count({ oidc: { providers, ...DATED } }), 2);
  assert.equal(count({ oidc: { providers, ...DATED }, saml: { providers, ...DATED } }), 4);
});

it('each key that needs no password counts', () => {
  const keys = [keyOf('QQ==', true), keyOf('Qg==', false)];
  assert.equal(count({ webauthn: { keys, userHandle: 'QQ==', ...DATED } }), 1);
  assert.equal(count({ passkey: { keys: [keyOf('QQ==', true)], userHandle: 'QQ==', ...DATED } }), 1);
});

it('codes count once, and only where they let people in', () => {
  assert.equal(count({}, CODES), 1);
  assert.equal(count({}, CODES, false), 0);
});

it('second factors never count', () => {
  const totp = { url: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP', ...DATED };
  assert.equal(count({ totp, lookup_secret: { codes: [{ code: 'aaaa' }], ...DATED } }), 0);
});
