import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { requireWholeKey } from './cose-key.ts';

const bytes = (text = '') => Uint8Array.from(Buffer.from(text, 'base64url'));
const cose = (...members: readonly (readonly [number, number | Uint8Array])[]) =>
  isoCBOR.encode(new Map(members) as Parameters<typeof isoCBOR.encode>[0]);
const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
const EC = [
  [1, 2],
  [3, -7],
  [-1, 1],
] as const;
const rsa = (modulusLength: number) => {
  const { n, e } = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
  return cose([1, 3], [3, -257], [-1, bytes(n)], [-2, bytes(e)]);
};

test('keys that verify are let through', () => {
  requireWholeKey(cose(...EC, [-2, bytes(x)], [-3, bytes(y)]));
  requireWholeKey(rsa(2048));
  const { x: point } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  requireWholeKey(cose([1, 1], [3, -8], [-1, 6], [-2, bytes(point)]));
});

test('keys that could never verify are refused', () => {
  const refuse = (key: Uint8Array) => assert.throws(() => requireWholeKey(key));
  refuse(cose(...EC, [-2, bytes(x)]));
  refuse(cose(...EC, [-2, bytes(x)], [-3, bytes(y).slice(0, 26)]));
  refuse(cose(...EC, [-2, bytes(x)], [-3, bytes(x)]));
  refuse(cose(...EC, [-2, bytes(x)], [-3, 7]));
  refuse(cose([1, 2], [3, -35], [-1, 2], [-2, bytes(x)], [-3, bytes(y)]));
  refuse(cose([1, 1], [3, -8], [-1, 6], [-2, bytes(x).slice(0, 31)]));
  refuse(rsa(1024));
  refuse(Uint8Array.from([0]));
});
