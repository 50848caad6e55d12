import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import Type from 'typebox';
import { InvalidInput } from '../core/errors.ts';
import { parse } from './parse.ts';

const schema = Type.Object({
  title: Type.String({ minLength: 1 }),
  count: Type.Integer({ minimum: 1 }),
  note: Type.Optional(Type.String()),
  parent: Type.Union([Type.Object({ id: Type.String() }), Type.Null()]),
  factors: Type.Array(
    Type.Union([
      Type.Object({ kind: Type.Literal('email'), value: Type.String() }),
      Type.Object({ kind: Type.Literal('totp'), digits: Type.Integer() }),
    ]),
  ),
  strict: Type.Optional(Type.Object({ a: Type.String() }, { additionalProperties: false })),
});
const good = { title: 'a', count: 1, parent: null, factors: [] };

function problems(value: unknown): string[] {
  try {
    parse(schema, value);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidInput);
    return error.problems.map(({ path, code }) => `${path.join('.')} ${code}`);
  }
}

test('a value that fits comes back as it is', () => {
  assert.equal(parse(schema, good), good);
});

test('missing and null required values are required, the rest is invalid, unknown keys are unknown', () => {
  assert.deepEqual(problems({ ...good, title: null }), ['title required']);
  assert.deepEqual(problems({ ...good, note: null }), ['note invalid']);
  assert.deepEqual(problems({ ...good, title: '' }), ['title invalid']);
  assert.deepEqual(problems({ ...good, strict: { a: 'x', b: 1 } }), ['strict.b unknown']);
  assert.deepEqual(problems({}), ['title required', 'count required', 'parent required', 'factors required']);
  assert.deepEqual(problems([]), [' invalid']);
  assert.deepEqual(problems(null), [' required']);
});

test('problems come all at once, in the order of the input', () => {
  assert.deepEqual(problems({ factors: 'x', count: 0, title: 7 }), [
    'factors invalid',
    'count invalid',
    'title invalid',
    'parent required',
  ]);
  const many = { ...good, factors: Array.from({ length: 40 }, () => 1) };
  assert.deepEqual(
    problems(many),
    many.factors.map((_, index) => `factors.${index} invalid`),
  );
});

test('a union names the problem in the branch that was meant, or itself', () => {
  assert.deepEqual(problems({ ...good, parent: {} }), ['parent.id required']);
  assert.deepEqual(problems({ ...good, parent: 5 }), ['parent invalid']);
  assert.deepEqual(
    problems({ ...good, factors: [{ kind: 'totp', digits: 'x' }, { kind: 'email' }, { kind: 'no' }] }),
    ['factors.0.digits invalid', 'factors.1.value required', 'factors.2 invalid'],
  );
});

test('no message repeats what was sent', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), (text) => {
      const secret = `~${text}~`;
      const value = { title: 1, count: secret, note: [secret], parent: secret, factors: [{ kind: secret }] };
      assert.throws(
        () => parse(schema, value),
        (error) =>
          error instanceof InvalidInput &&
          error.problems.length === 5 &&
          error.problems.every(({ message }) => !message.includes(secret)),
      );
    }),
  );
});

test('whatever is sent either fits or is refused with problems', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        parse(schema, value);
      } catch (error) {
        assert.ok(error instanceof InvalidInput);
        assert.ok(error.problems.length > 0);
      }
    }),
  );
});
