import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8BytesOf } from './bytes.ts';
import { listPasswordViolations, type PasswordPolicyInput } from './policy.ts';
import { DEFAULT_ALGORITHM } from './ports.ts';
import { editDistance, isSimilar, longestCommonPiece } from './similarity.ts';

const BCRYPT = { kind: 'bcrypt', cost: 12 } as const;
const listed = new Set(['iloveyou2']);
const breached = { has: async (folded: string) => listed.has(folded) };
const violationsOf = (input: Partial<PasswordPolicyInput>) =>
  listPasswordViolations(
    { breached },
    { password: '', identifiers: [], algorithm: DEFAULT_ALGORITHM, ...input },
  );

test('eight characters are enough, seven are not, and an emoji is one', async () => {
  assert.deepEqual(await violationsOf({ password: 'rq7!kd0' }), ['too_short']);
  assert.deepEqual(await violationsOf({ password: 'rq7!kd0w' }), []);
  assert.deepEqual(await violationsOf({ password: '🦊🦉🐢🐙🦔🐋🦩' }), ['too_short']);
});

test('the longest length is 72 bytes with bcrypt and 1024 otherwise', async () => {
  assert.deepEqual(await violationsOf({ password: 'ü'.repeat(36), algorithm: BCRYPT }), []);
  assert.deepEqual(await violationsOf({ password: 'ü'.repeat(37), algorithm: BCRYPT }), ['too_long']);
  assert.deepEqual(await violationsOf({ password: 'ü'.repeat(512) }), []);
  assert.deepEqual(await violationsOf({ password: 'ü'.repeat(513) }), ['too_long']);
});

test('every violation is listed at once', async () => {
  const input = { password: 'ada@x', identifiers: ['ada@x.org'] };
  assert.deepEqual(await violationsOf(input), ['too_short', 'similar_to_identifier']);
  assert.deepEqual(await violationsOf({ password: 'ILoveYou2' }), ['breached']);
  assert.deepEqual(await violationsOf({ password: 'rq7!kd0w\ud800' }), ['malformed']);
});

test('a password close to any identifier is similar, in any case', async () => {
  assert.equal(isSimilar('Ada.Lovelace', 'ada.lovelace@example.org'), true);
  assert.equal(isSimilar('lovelace1815', 'ada.lovelace@example.org'), true);
  assert.equal(isSimilar('ada.1815.vernal', 'ada.lovelace@example.org'), false);
  assert.equal(isSimilar('rq7!kd0w', ''), false);
  assert.equal(isSimilar('a'.repeat(257), 'a'.repeat(257)), false);
  const identifiers = ['somebody@example.org', 'lovelace'];
  assert.deepEqual(await violationsOf({ password: 'lovelace99', identifiers }), ['similar_to_identifier']);
});

test('distance and common piece keep their laws', () => {
  assert.equal(editDistance([...'kitten'], [...'sitting']), 3);
  assert.equal(longestCommonPiece([...'xabcdy'], [...'zabcdz']), 4);
  const word = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
  fc.assert(
    fc.property(word, word, (left, right) => {
      assert.equal(editDistance(left, right), editDistance(right, left));
      assert.equal(editDistance(left, right) === 0, left.join('') === right.join(''));
      assert.equal(longestCommonPiece(left, right), longestCommonPiece(right, left));
      assert.equal(longestCommonPiece(left, left), left.length);
    }),
  );
});

test('bytes are those of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(utf8BytesOf(text), Buffer.byteLength(text));
    }),
  );
});
