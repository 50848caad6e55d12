import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { secretHasher as secrets } from '../../crypto/secret-hasher.ts';
import {
  createCsrfCookie,
  createCsrfToken,
  csrfDigestOf,
  isCsrfCookie,
  judgeRequest,
  type RequestProof,
  requireProof,
} from './csrf.ts';
import { BrowserNotAllowed, CsrfViolation } from './errors.ts';
import type { FlowId } from './ports.ts';

const random = { bytes: (size: number) => randomBytes(size) };
const id = '0198c0de-0000-7000-8000-000000000001' as FlowId;
const otherId = '0198c0de-0000-7000-8000-000000000002' as FlowId;
const cookie = createCsrfCookie(random);
const browser = { id, type: 'browser', csrfDigest: csrfDigestOf(secrets, cookie) } as const;
const native = { id, type: 'api', csrfDigest: null } as const;
const token = createCsrfToken({ secrets, random }, { id, cookie });

const request = (parts: Partial<RequestProof> = {}): RequestProof => ({
  ...{ origin: undefined, cookieNames: [], csrfCookie: cookie, csrfToken: token },
  ...parts,
});
const judge = (parts?: Partial<RequestProof>, options?: Parameters<typeof judgeRequest>[2]) =>
  judgeRequest(secrets, { flow: browser, request: request(parts) }, options);

test('a browser flow is submitted with its cookie and its token', () => {
  assert.equal(judge(), 'allowed');
  assert.equal(judge({ origin: 'https://id.example.com', cookieNames: ['a'] }), 'allowed');
});

test('iam 63: without cookie or token, or with those of another browser or flow, it is not', () => {
  const otherCookie = createCsrfCookie(random);
  const bad: Partial<RequestProof>[] = [
    { csrfCookie: undefined },
    { csrfCookie: '' },
    { csrfCookie: otherCookie },
    { csrfCookie: otherCookie, csrfToken: createCsrfToken({ secrets, random }, { id, cookie: otherCookie }) },
    { csrfToken: undefined },
    { csrfToken: '' },
    { csrfToken: cookie },
    { csrfToken: createCsrfToken({ secrets, random }, { id: otherId, cookie }) },
    { csrfToken: `${token}=` },
    { csrfToken: token.slice(0, -1) },
    { csrfToken: `${token}AAAA` },
    { csrfToken: randomBytes(64).toString('base64url') },
    { csrfToken: 'é'.repeat(64) },
    { csrfToken: 'A'.repeat(100_000) },
    { csrfCookie: `${cookie} ` },
  ];
  for (const parts of bad) assert.equal(judge(parts), 'csrf_violation', JSON.stringify(parts).slice(0, 200));
});

test('a token with any bit changed is refused', () => {
  const bytes = Buffer.from(token, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(judge({ csrfToken: changed.toString('base64url') }), 'csrf_violation');
  }
});

test('every answer has another token, and all are good', () => {
  const tokens = Array.from({ length: 20 }, () => createCsrfToken({ secrets, random }, { id, cookie }));
  assert.equal(new Set(tokens).size, 20);
  for (const csrfToken of tokens) assert.equal(judge({ csrfToken }), 'allowed');
});

test('reading a browser flow takes the cookie and no token', () => {
  assert.equal(judge({ csrfToken: undefined }, { isRead: true }), 'allowed');
  assert.equal(judge({ csrfCookie: undefined }, { isRead: true }), 'csrf_violation');
});

test('a browser flow that lost its digest is closed', () => {
  const flow = { ...browser, csrfDigest: null };
  assert.equal(judgeRequest(secrets, { flow, request: request() }), 'csrf_violation');
});

test('a code that is the proof itself needs neither cookie nor token', () => {
  assert.equal(judge({ csrfCookie: undefined, csrfToken: undefined }, { isExempt: true }), 'allowed');
});

test('iam 62: a native flow is not submitted with an Origin or a cookie, but for those of a network', () => {
  const judgeNative = (parts: Partial<RequestProof>, options = {}) =>
    judgeRequest(secrets, { flow: native, request: request({ csrfCookie: undefined, ...parts }) }, options);
  assert.equal(judgeNative({ csrfToken: undefined }), 'allowed');
  assert.equal(judgeNative({ cookieNames: ['__cf_bm', '_cfuvid', 'cf_clearance'] }), 'allowed');
  for (const parts of [
    { origin: 'https://evil.com' },
    { origin: 'null' },
    { origin: '' },
    { cookieNames: ['a'] },
    { cookieNames: ['__cf_bm', 'session'] },
    { cookieNames: ['x__cf'] },
  ]) {
    assert.equal(judgeNative(parts), 'browser_not_allowed');
    assert.equal(judgeNative(parts, { isExempt: true }), 'browser_not_allowed');
    assert.equal(judgeNative(parts, { isRead: true }), 'allowed');
  }
});

test('what is refused is thrown, each in its own class', () => {
  const refuse = (flow: typeof browser | typeof native, parts: Partial<RequestProof>) => () =>
    requireProof(secrets, { flow, request: request(parts) });
  assert.throws(refuse(browser, { csrfToken: undefined }), CsrfViolation);
  assert.throws(refuse(native, { origin: 'https://evil.com' }), BrowserNotAllowed);
  assert.doesNotThrow(refuse(browser, {}));
});

test('only values as we make them are kept as cookies', () => {
  assert.ok(isCsrfCookie(cookie));
  for (const value of ['', 'a', `${cookie}A`, `${cookie.slice(0, -1)}!`, 'A'.repeat(42)])
    assert.ok(!isCsrfCookie(value));
});
