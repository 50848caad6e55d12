import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { isSameJson } from './same-json.ts';

it('a copy says the same, whatever the order of its members', () => {
  const reversed = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(reversed);
    const members = Object.entries(value).reverse();
    return Object.fromEntries(members.map(([key, member]) => [key, reversed(member)]));
  };
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      assert.ok(isSameJson(value, reversed(value)));
    }),
  );
});

it('as assert sees it, both ways round', () => {
  const isDeepEqual = (one: unknown, other: unknown): boolean => {
    try {
      assert.deepEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
      return true;
    } catch {
      return false;
    }
  };
  const small = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)));
  fc.assert(
    fc.property(small, small, (one, other) => {
      assert.equal(isSameJson(one, other), isSameJson(other, one));
      assert.equal(isSameJson(one, other), isDeepEqual(one, other));
    }),
  );
});

it('lists are no objects, null is nothing else, and what is undefined is not there', () => {
  for (const [one, other] of [
    [[], {}],
    [null, undefined],
    [null, {}],
    [{ a: null }, {}],
    [{ a: 1 }, { b: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
  ])
    assert.equal(isSameJson(one, other), false);
  assert.ok(isSameJson({ a: undefined }, {}));
});
