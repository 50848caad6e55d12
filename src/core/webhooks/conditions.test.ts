import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Condition, holds } from './conditions.ts';

const DATA = { status: 'approved', external_ref: null, is_sandbox: false };
const one = (field: string, operator: string, value: unknown) => [{ field, operator, value } as Condition];

test('a condition compares one value', () => {
  assert.equal(holds(one('status', 'eq', 'approved'), DATA), true);
  assert.equal(holds(one('status', 'eq', 'Approved'), DATA), false);
  assert.equal(holds(one('status', 'neq', 'failed'), DATA), true);
  assert.equal(holds(one('status', 'neq', 'approved'), DATA), false);
  assert.equal(holds(one('status', 'in', ['failed', 'approved']), DATA), true);
  assert.equal(holds(one('status', 'in', []), DATA), false);
  assert.equal(holds(one('is_sandbox', 'eq', false), DATA), true);
});

test('null is a value: the subject has none', () => {
  assert.equal(holds(one('external_ref', 'eq', null), DATA), true);
  assert.equal(holds(one('external_ref', 'neq', null), DATA), false);
  assert.equal(holds(one('external_ref', 'neq', 'r1'), DATA), true);
});

test('all must hold; none at all do', () => {
  const [right] = one('status', 'eq', 'approved');
  const [wrong] = one('is_sandbox', 'eq', true);
  assert.ok(right !== undefined && wrong !== undefined);
  assert.equal(holds([], DATA), true);
  assert.equal(holds([right, wrong], DATA), false);
  assert.equal(holds([right, right], DATA), true);
});

test('what cannot be evaluated denies', () => {
  assert.equal(holds(one('status', 'eq', 'approved'), {}), false);
  assert.equal(holds(one('status', 'neq', 'approved'), {}), false);
  assert.equal(holds(one('colour', 'neq', 'red'), DATA), false);
  assert.equal(holds(one('status', 'like', 'app%'), DATA), false);
  assert.equal(holds(one('status', 'in', 'approved'), DATA), false);
  assert.equal(holds(one('status', 'neq', ['failed']), DATA), false);
  assert.equal(holds(one('status', 'neq', { not: 'this' }), DATA), false);
});
