import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_SCHEMA } from '../../core/pools/default-schema.ts';
import { InvalidSchema } from '../../core/traits/errors.ts';
import type { CompiledSchema } from '../../core/traits/ports.ts';
import { createSchemaCompiler } from './schema-compiler.ts';
import { compileTraits } from './testing/compile-traits.ts';

/** Everything that one may ask of a compiled schema. */
function useAll(schema: CompiledSchema, traits: unknown) {
  const violations = schema.validate(traits);
  const derived = schema.derive(traits);
  schema.normaliseTraits(traits as Record<string, unknown>);
  return { violations, derived };
}

function secondsOf(work: () => void): number {
  const started = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - started) / 1e9;
}

const INJECTIONS = [
  '"]; globalThis.injected = true; //',
  "'); globalThis.injected = true; ('",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is to be a template where Ajv would put it in one
  '`${globalThis.injected = true}`',
  '\u2028globalThis.injected = true\u2028//',
  '\\"; globalThis.injected = true; //',
  '*/ globalThis.injected = true; /*',
  '\n globalThis.injected = true \n',
];

it('names and texts of a schema never run as code', () => {
  for (const text of INJECTIONS) {
    const schema = compileTraits(
      {
        properties: {
          [text]: {
            $ref: `#/definitions/${encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
          },
          a: {
            const: text,
            title: text,
            anyOf: [{ enum: [text] }, { required: [text], 'ory.sh/kratos': {} }],
          },
        },
        patternProperties: {
          'zz"\\]; globalThis[.]injected = true; //': {
            type: 'string',
            pattern: "'; globalThis[.]injected = 1 //`",
          },
        },
        dependencies: { [text]: ['a', text] },
        required: [text],
      },
      { definitions: { [text]: { type: 'number' } } },
    );
    assert.equal(schema.validate({ [text]: 1, a: text }).length, 0, text);
    assert.ok(schema.validate({ [text]: 'x' }).length > 0);
    useAll(schema, { a: text });
  }
  assert.equal('injected' in globalThis, false);
});

const KEYWORD_VALUES = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('string', 'object', 'email', 'tel', '#/definitions/a', '^(a|b)+$'),
);
const { node: SCHEMA_LIKE } = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.boolean(),
    fc.record(
      {
        type: fc.constantFrom('string', 'object', 'array', 'number', ['string', 'null']),
        format: fc.constantFrom('email', 'tel', 'date', 'uri', 'no-validate'),
        pattern: fc.constantFrom('^(a+)+$', '(?:a|a)*b', '^[^@]{1,20}$'),
        minLength: fc.nat(9),
        const: KEYWORD_VALUES,
        $ref: fc.constantFrom('#/definitions/a', '#/definitions/b'),
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'constructor', '~/'), tie('node'), {
          maxKeys: 3,
        }),
        patternProperties: fc.dictionary(fc.constantFrom('^a', '.'), tie('node'), { maxKeys: 1 }),
        additionalProperties: tie('node'),
        items: fc.oneof(tie('node'), fc.array(tie('node'), { minLength: 1, maxLength: 2 })),
        anyOf: fc.array(tie('node'), { minLength: 1, maxLength: 2 }),
        oneOf: fc.array(tie('node'), { minLength: 1, maxLength: 2 }),
        allOf: fc.array(tie('node'), { minLength: 1, maxLength: 2 }),
        not: tie('node'),
        if: tie('node'),
        else: tie('node'),
        'ory.sh/kratos': fc.constantFrom(
          { verification: { via: 'email' }, recovery: { via: 'sms' } },
          { credentials: { password: { identifier: true }, code: { identifier: true, via: 'sms' } } },
        ),
      },
      { requiredKeys: [] },
    ),
  ),
}));

/** Values that cannot be in a text by chance. */
const SECRET = fc.stringMatching(/^zq[0-9a-f]{8}$/);
const TRAITS = fc.oneof(
  fc.jsonValue({ maxDepth: 5 }),
  fc.dictionary(
    fc.constantFrom('a', 'b', 'email', 'phone', 'name', 'constructor'),
    fc.oneof(SECRET, fc.jsonValue(), fc.array(SECRET)),
  ),
);

it('a schema is refused as one or works with any traits; a violation never holds a value', () => {
  let compiledCount = 0;
  fc.assert(
    fc.property(
      SCHEMA_LIKE,
      SCHEMA_LIKE,
      SCHEMA_LIKE,
      fc.array(TRAITS, { maxLength: 4 }),
      (root, a, b, traits) => {
        let schema: CompiledSchema;
        try {
          schema = compileTraits(
            typeof root === 'object' && root !== null ? { ...root, type: 'object' } : {},
            {
              definitions: { a, b },
            },
          );
        } catch (error) {
          assert.ok(error instanceof InvalidSchema, String(error));
          return;
        }
        compiledCount += 1;
        for (const one of traits) {
          const said = JSON.stringify(useAll(schema, one).violations);
          for (const [secret] of JSON.stringify(one).matchAll(/zq[0-9a-f]{8}/g))
            assert.ok(!said.includes(secret));
        }
      },
    ),
    { numRuns: 500 },
  );
  // One in eight is a schema: 64 of them, give or take 8.
  assert.ok(compiledCount > 25, String(compiledCount));
});

it('the default schema judges any JSON, and says nothing of what is in it', () => {
  const schema = createSchemaCompiler().compile(DEFAULT_SCHEMA);
  const secret = fc.stringMatching(/^zq[0-9a-f]{8}[@ +]{0,2}$/);
  fc.assert(
    fc.property(
      fc.record({ email: secret, name: secret, phone: secret, username: fc.array(secret) }),
      (traits) => {
        const violations = schema.validate(traits);
        assert.ok(violations.length >= 4);
        assert.doesNotMatch(JSON.stringify(violations), /zq[0-9a-f]{8}/);
      },
    ),
  );
  fc.assert(fc.property(fc.jsonValue(), (traits) => void useAll(schema, traits)));
});

it('traits that are too deep, too many or too long are refused at once', () => {
  const schema = compileTraits({ properties: { a: {} } });
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const large = [deep, 'x'.repeat(40_000), Array.from({ length: 200 }, () => 1)];
  for (const a of [...large, Object.fromEntries(Array.from({ length: 600 }, (_, at) => [at, at]))]) {
    const { violations, derived } = useAll(schema, { a });
    assert.deepEqual(
      violations.map(({ keyword }) => keyword),
      ['limits'],
    );
    assert.deepEqual(derived.identifiers, []);
  }
});

it('no schema and no traits take long, patterns and branches included', () => {
  const steep = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ pattern: `^(?:a?|.?){${20 + at}}x$` }));
  const marked = { 'ory.sh/kratos': { recovery: { via: 'email' } } };
  const branches = Array.from({ length: 3 }, () => ({ type: 'string', ...marked, allOf: steep(60) }));
  const texts = (count: number, length: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, 'a'.repeat(length)]));
  const names = Array.from({ length: 300 }, (_, at) => `r${at}`);
  const cases: [traits: object, value: unknown][] = [
    [{ additionalProperties: { pattern: '^(?:a?|b?|.?){90}x$' } }, texts(1, 30_000)],
    [{ additionalProperties: { pattern: '^(?:a?|b?|.?){90}x$' } }, texts(1, 1_500)],
    [{ additionalProperties: { allOf: steep(60) } }, texts(2, 40)],
    [{ additionalProperties: { $ref: '#/definitions/any' } }, texts(60, 5)],
    [{ properties: { a: { items: { required: names } } } }, { a: Array.from({ length: 120 }, () => ({})) }],
    [{ properties: { a: { uniqueItems: true } } }, { a: Array.from({ length: 128 }, (_, at) => [[at]]) }],
  ];
  for (const [traits, value] of cases) {
    const schema = compileTraits(traits, { definitions: { any: { anyOf: branches } } });
    assert.ok(schema.validate(value).length <= 50);
    const seconds = secondsOf(() => useAll(schema, value));
    // Twice and more what was measured on two busy cores; without bounds it would be minutes.
    assert.ok(seconds < 4, `${seconds} s: ${JSON.stringify(traits).slice(0, 80)}`);
  }
});
