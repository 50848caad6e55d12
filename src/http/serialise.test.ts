import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import Type from 'typebox';
import { InternalFault } from '../core/errors.ts';
import { compileSerialiser } from './serialise.ts';

const schema = Type.Object({
  id: Type.String(),
  state: Type.Union([Type.Literal('on'), Type.Literal('off')]),
  size: Type.Union([Type.Number(), Type.Null()]),
  note: Type.Optional(Type.String()),
  parts: Type.Array(Type.Object({ name: Type.String(), inner: Type.Object({ flag: Type.Boolean() }) })),
  tags: Type.Record(Type.String(), Type.Object({ n: Type.Integer() })),
  either: Type.Union([
    Type.Object({ kind: Type.Literal('a'), a: Type.String() }),
    Type.Object({ kind: Type.Literal('b'), b: Type.Integer() }),
  ]),
});
const serialise = compileSerialiser(schema, 'fake.get');

const extra = fc.dictionary(fc.stringMatching(/^x[a-z]{0,5}$/), fc.jsonValue());
const withExtra = <T extends object>(model: fc.Arbitrary<T>) =>
  fc.tuple(model, extra).map(([clean, more]) => ({ clean, dirty: { ...more, ...clean } }));

const part = fc
  .record({ name: fc.string({ unit: 'binary' }), flag: fc.boolean(), outer: extra, inner: extra })
  .map(({ name, flag, outer, inner }) => ({
    clean: { name, inner: { flag } },
    dirty: { ...outer, name, inner: { ...inner, flag } },
  }));
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);

test('a reply carries what its schema names and nothing else, at every depth', () => {
  const tag = withExtra(fc.record({ n: fc.integer() }));
  const either = fc.oneof(
    withExtra(fc.record({ kind: fc.constant('a'), a: fc.string() })),
    withExtra(fc.record({ kind: fc.constant('b'), b: fc.integer() })),
  );
  const top = withExtra(
    fc.record(
      { id: fc.string(), state: fc.constantFrom('on', 'off'), size: fc.option(double), note: fc.string() },
      { requiredKeys: ['id', 'state', 'size'] },
    ),
  );
  const tags = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tag);
  fc.assert(
    fc.property(top, fc.array(part), tags, either, (outer, parts, named, one) => {
      const build = (side: 'clean' | 'dirty') => ({
        ...outer[side],
        parts: parts.map((each) => each[side]),
        tags: Object.fromEntries(Object.entries(named).map(([key, each]) => [key, each[side]])),
        either: one[side],
      });
      // `-0` is `0` in JSON, on both sides.
      assert.deepEqual(JSON.parse(serialise(build('dirty'))), JSON.parse(JSON.stringify(build('clean'))));
    }),
  );
});

test('what does not fit is a fault that names the place and not the value', () => {
  const good = { id: 'i', state: 'on', size: 1, parts: [], tags: {}, either: { kind: 'a', a: '' } };
  const faults: [object, string][] = [
    [{ id: undefined }, 'fake.get/id'],
    [{ id: null }, 'fake.get/id'],
    [{ state: 'SECRET' }, 'fake.get/state'],
    [{ size: Number.NaN }, 'fake.get/size'],
    [{ size: 'SECRET' }, 'fake.get/size'],
    [{ parts: [{ name: 'a', inner: {} }] }, 'fake.get/parts/*/inner/flag'],
    [{ tags: { SECRET: { n: 1.5 } } }, 'fake.get/tags/*/n'],
    [{ either: { kind: 'c' } }, 'fake.get/either'],
  ];
  for (const [change, place] of faults) {
    assert.throws(
      () => serialise({ ...good, ...change }),
      (error) => error instanceof InternalFault && error.detail?.endsWith(`at ${place}.`) === true,
    );
  }
});

test('a schema that replies do not use does not compile', () => {
  assert.throws(() => compileSerialiser(Type.Ref('Thing'), 'x'), TypeError);
  assert.throws(() => compileSerialiser(Type.Tuple([Type.String()]), 'x'), TypeError);
});

test('intersections, open objects and free-form values keep what they name', () => {
  const both = Type.Intersect([
    Type.Object({ a: Type.String() }),
    Type.Object({ b: Type.Optional(Type.Null()) }),
  ]);
  assert.equal(compileSerialiser(both, 'x')({ a: '1', b: null, c: 2 }), '{"a":"1","b":null}');
  const open = Type.Object({ a: Type.String() }, { additionalProperties: true });
  assert.equal(compileSerialiser(open, 'x')({ a: '1', c: [{ d: 2 }] }), '{"a":"1","c":[{"d":2}]}');
  const poisoned = JSON.parse('{"__proto__":{"admin":true},"a":1}');
  const printed = compileSerialiser(Type.Record(Type.String(), Type.Unknown()), 'x')(poisoned);
  assert.equal(printed, '{"__proto__":{"admin":true},"a":1}', 'a key like any other, and no prototype');
});

test('a shape has the last word, over what the schema picked and nothing else', () => {
  const write = compileSerialiser(Type.Object({ a: Type.String() }), 'x');
  const seen: unknown[] = [];
  const shape = (body: unknown) => {
    seen.push(body);
    return { b: body };
  };
  assert.equal(write({ a: '1', secret: 's' }, shape), '{"b":{"a":"1"}}');
  assert.deepEqual(seen, [{ a: '1' }]);
});
