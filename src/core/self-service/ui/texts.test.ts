import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLOW_KINDS } from '../ports.ts';
import { CATALOGUE } from './catalogue.ts';
import {
  duplicateText,
  expiredText,
  noStrategyText,
  recoveredText,
  removeKeyText,
  sayText,
  usedText,
} from './texts.ts';

const NOW = new Date('2026-03-04T05:06:07.500Z');

/** Every number that the contract names, 6.4 and 6.6. */
const CONTRACT: readonly number[] = [
  ...[1, 3, 4, 6, 7, 9, 10, 14, 15, 19, 21, 22, 23].map((n) => 1010000 + n),
  ...[1, 3, 5, 6, 7, 8, 9].map((n) => 1040000 + n),
  ...[1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20].map((n) => 1050000 + n),
  ...[1060001, 1060003, 1080002, 1080003, 1080004, 1080005],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18].map((n) => 1070000 + n),
  ...Array.from({ length: 37 }, (_, n) => 4000001 + n),
  ...[4000039, 4000040, 4000041, 4000043],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 11].map((n) => 4010000 + n),
  ...[4040001, 4040002, 4040003, 4050001, 4060001, 4060002, 4060005, 4060006],
  ...[1, 2, 3, 4, 5, 6].map((n) => 4070000 + n),
  5000001,
];

test('every message of the contract has a text, and its number says whether it is an error', () => {
  for (const id of CONTRACT) assert.ok(Object.hasOwn(CATALOGUE, id), String(id));
  for (const [id, { type }] of Object.entries(CATALOGUE)) {
    assert.equal(type === 'error', Number(id) >= 4000000, id);
  }
  const successes = Object.entries(CATALOGUE).filter(([, { type }]) => type === 'success');
  assert.deepEqual(
    successes.map(([id]) => Number(id)),
    [1050001, 1060001, 1080002, 1080005],
  );
});

test('a wrong password and an unknown identifier are told the same', () => {
  assert.deepEqual(sayText(4000006), {
    id: 4000006,
    text: 'The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.',
    type: 'error',
  });
});

test('the flow after an expired one says how long ago that was', () => {
  const expiredAt = new Date(NOW.getTime() - 90_000);
  const told = FLOW_KINDS.map((kind) => expiredText(kind, { expiredAt, now: NOW }));
  assert.deepEqual(
    told.map(({ id }) => id),
    [4010001, 4040001, 4050001, 4060005, 4070005],
  );
  assert.deepEqual(told[0], {
    id: 4010001,
    text: 'The login flow expired 1.50 minutes ago, please try again.',
    type: 'error',
    context: { expired_at: '2026-03-04T05:04:37.500Z', expired_at_unix: 1772600677 },
  });
});

test('each kind of flow has its own word for a method that there is not', () => {
  assert.deepEqual(
    FLOW_KINDS.map((kind) => noStrategyText(kind).id),
    [4010002, 4010003, 4010004, 4010005, 4010006],
  );
});

test('times are told in the context, as text and as seconds', () => {
  const until = new Date(NOW.getTime() + 3_600_000);
  const recovered = recoveredText({ until, now: NOW });
  assert.ok(recovered.text.endsWith('within the next 60.00 minutes.'));
  assert.equal(recovered.context?.privileged_session_expires_at, until.toISOString());
  assert.deepEqual(usedText(NOW).context, { used_at: NOW.toISOString(), used_at_unix: 1772600767 });
  const removal = removeKeyText(1050018, { displayName: '{added_at}', addedAt: NOW });
  assert.equal(removal.text, 'Remove security key "{added_at}"');
});

test('hints name the ways to sign in that the caller gives, and no others', () => {
  const none = duplicateText({ identifier: null, types: [], providers: [] });
  assert.equal(
    none.text,
    'You tried signing in with an email, phone, or username which is already in use by another account.',
  );
  const some = duplicateText({ identifier: 'a@b.c', types: ['password', 'passkey'], providers: ['Acme'] });
  assert.equal(
    some.text,
    'You tried signing in with a@b.c which is already in use by another account. You can sign in using your password, or your passkey. You can sign in using one of the following social sign in providers: Acme.',
  );
});
