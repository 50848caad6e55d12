import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counterCodes } from '../../../crypto/counter-codes.ts';
import { matchStep, secretOf, totpUrl } from './totp.ts';

/** RFC 6238, appendix B, SHA-1: the secret `12345678901234567890`; the last six of eight digits. */
const OTP_URL = 'otpauth://totp/x?issuer=y&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const VECTORS = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

const match = (seconds: number, code: string, after: number | null = null) =>
  matchStep(counterCodes, { url: OTP_URL, code, at: new Date(seconds * 1000), after });

test('the codes of the RFC are those of their time step', () => {
  for (const [seconds, code] of VECTORS) assert.equal(match(seconds, code), Math.floor(seconds / 30));
});

test('a code counts one step before and after, and no further', () => {
  const [seconds, code] = VECTORS[3];
  for (const late of [-30, 0, 30]) assert.notEqual(match(seconds + late, code), null);
  for (const late of [-60, 60]) assert.equal(match(seconds + late, code), null);
});

test('a step that was used, and those before it, count no more', () => {
  const [seconds, code] = VECTORS[3];
  const step = Math.floor(seconds / 30);
  assert.equal(match(seconds, code, step - 1), step);
  for (const after of [step, step + 1]) assert.equal(match(seconds, code, after), null);
});

test('blanks are dropped; anything but six digits is wrong', () => {
  const [seconds, code] = VECTORS[0];
  assert.equal(match(seconds, ` ${code.slice(0, 3)} ${code.slice(3)}`), 1);
  for (const wrong of ['', code.slice(1), `${code}0`, 'abcdef']) assert.equal(match(seconds, wrong), null);
});

test('a URL holds the secret that its codes are of, and names that a URL has to spell', () => {
  for (const size of [20, 5, 40]) {
    const secret = Buffer.from(Array.from({ length: size }, (_, index) => (index * 37 + 11) & 0xff));
    const url = totpUrl({ issuer: 'id.example.com', account: 'Jo & Sam: ä', secret });
    const at = new Date('2026-03-01T12:00:00Z');
    const code = counterCodes.codeAt(secret, Math.floor(at.getTime() / 30_000));
    assert.notEqual(matchStep(counterCodes, { url, code, at, after: null }), null);
    const { pathname, searchParams } = new URL(url);
    assert.equal(decodeURIComponent(pathname), '/id.example.com:Jo & Sam: ä');
    assert.equal(searchParams.get('secret'), secretOf(url));
  }
});

test('an account that is too long for a picture is cut, and half a character is none', () => {
  const secret = Buffer.alloc(20);
  const accountOf = (account: string) =>
    decodeURIComponent(new URL(totpUrl({ issuer: 'x', account, secret })).pathname).slice('/x:'.length);
  assert.equal(accountOf('😀'.repeat(200)), '😀'.repeat(128));
  assert.equal(accountOf('\ud83d'), '\ufffd');
});
