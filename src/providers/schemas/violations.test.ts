import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reasonOf, reasonsOf } from '../../core/traits/violations.ts';
import { compileTraits, EMAIL } from './testing/compile-traits.ts';

describe('violations', () => {
  const schema = compileTraits({
    properties: {
      email: EMAIL,
      phone: { type: 'string', format: 'tel' },
      code: { type: 'string', pattern: '^[a-z]+$', minLength: 3, maxLength: 5 },
      age: { type: 'integer', minimum: 0, exclusiveMaximum: 150, multipleOf: 2 },
      score: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      list: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 3, uniqueItems: true },
      terms: { const: true },
      kind: { const: { a: 1 } },
      home: { type: 'string', format: 'uri' },
      role: { enum: ['a', 'b'] },
    },
    required: ['email'],
    additionalProperties: false,
  });
  const idsOf = (traits: object) =>
    schema.validate({ email: 'a@b.com', ...traits }).map(({ messageId }) => messageId);

  it('carry the numbers of Kratos’ messages (contract iam 6.6)', () => {
    assert.deepEqual(idsOf({}), []);
    assert.deepEqual(
      schema.validate({}).map(({ messageId }) => messageId),
      [4000002],
    );
    assert.deepEqual(idsOf({ email: 'x' }), [4000040]);
    assert.deepEqual(idsOf({ phone: '0176' }), [4000041]);
    assert.deepEqual(idsOf({ code: 'A' }), [4000003, 4000004]);
    assert.deepEqual(idsOf({ code: 'abcdef' }), [4000017]);
    assert.deepEqual(idsOf({ age: -1 }), [4000018, 4000022]);
    assert.deepEqual(idsOf({ score: 0 }), [4000019]);
    assert.deepEqual(idsOf({ score: 2 }), [4000020]);
    assert.deepEqual(idsOf({ age: 150 }), [4000021]);
    assert.deepEqual(idsOf({ list: ['a', 'b', 'c', 'd'] }), [4000023]);
    assert.deepEqual(idsOf({ list: ['a'] }), [4000024]);
    assert.deepEqual(idsOf({ list: ['a', 'a'] }), [4000025]);
    assert.deepEqual(idsOf({ age: 'x' }), [4000026]);
    assert.deepEqual(idsOf({ terms: false }), [4000029]);
    assert.deepEqual(idsOf({ kind: {} }), [4000030]);
    assert.deepEqual(idsOf({ home: 'x', role: 'c', other: 1 }).sort(), [4000001, 4000001, 4000001]);
  });

  it('say where, by which keyword, and the limit, in the form of contract iam 4.1', () => {
    assert.deepEqual(schema.validate({ email: 'a@b.com', code: 'ab' }), [
      {
        instancePath: ['traits', 'code'],
        schemaPath: '#/properties/traits/properties/code/minLength',
        keyword: 'minLength',
        params: { limit: 3 },
        messageId: 4000003,
        text: 'length must be >= 3',
      },
    ]);
    assert.equal(
      reasonsOf(schema.validate({ age: 'x' })),
      [
        'I[#/traits] S[#/properties/traits/required] missing properties: "email"',
        'I[#/traits/age] S[#/properties/traits/properties/age/type] expected integer, but got string',
      ].join('\n'),
    );
    assert.deepEqual(schema.validate({ email: 'a@b.com', list: ['a', 1] })[0]?.instancePath, [
      'traits',
      'list',
      1,
    ]);
  });

  it('name no property that looks like a value', () => {
    const [one] = schema.validate({ email: 'a@b.com', 'jane@example.org': 1 });
    assert.equal(one?.text, 'additionalProperties "*" not allowed');
    const open = compileTraits({ additionalProperties: { type: 'string' } });
    const [other] = open.validate({ 'jane@example.org': 1 });
    assert.ok(other !== undefined);
    assert.match(reasonOf(other), /^I\[#\/traits\/\*\] S\[/);
  });

  it('leave out that no branch matches where a branch says what is wrong', () => {
    const either = compileTraits({
      properties: { a: { anyOf: [{ type: 'string', minLength: 9 }, { type: 'number' }] } },
    });
    assert.deepEqual(
      either.validate({ a: 'x' }).map(({ keyword }) => keyword),
      ['minLength', 'type'],
    );
    const both = compileTraits({ properties: { a: { oneOf: [{ type: 'string' }, { maxLength: 9 }] } } });
    assert.deepEqual(
      both.validate({ a: 'x' }).map(({ keyword }) => keyword),
      ['oneOf'],
    );
  });

  it('are one where traits are no object', () => {
    for (const traits of [null, undefined, 1, 'x', [], true])
      assert.deepEqual(
        schema.validate(traits).map(({ messageId }) => messageId),
        [4000026],
      );
  });

  it('do not take an inherited name for a property', () => {
    const inherited = compileTraits({
      properties: { toString: { type: 'string' } },
      required: ['constructor'],
    });
    assert.deepEqual(
      inherited.validate({}).map(({ keyword }) => keyword),
      ['required'],
    );
  });
});
