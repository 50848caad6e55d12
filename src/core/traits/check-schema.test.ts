import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_SCHEMA } from '../pools/default-schema.ts';
import { checkSchema } from './check-schema.ts';
import { InvalidSchema } from './errors.ts';

const traitsOf = (properties: object, rest: object = {}) => ({
  type: 'object',
  properties: { traits: { type: 'object', properties } },
  ...rest,
});

/** The problems as `pointer: message`. */
function problemsOf(schema: unknown): string[] {
  try {
    checkSchema(schema);
  } catch (error) {
    assert.ok(error instanceof InvalidSchema, String(error));
    return error.schemaProblems.map(({ pointer, message }) => `${pointer}: ${message}`);
  }
  return [];
}

function refuses(schema: unknown, ...expected: RegExp[]): void {
  const problems = problemsOf(schema);
  assert.equal(problems.length, expected.length, problems.join('\n'));
  for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? '', pattern);
}

const mark = (kratos: unknown) => ({ type: 'string', 'ory.sh/kratos': kratos });

describe('a schema is refused when', () => {
  it('it is too deep, too long or too wide', () => {
    let deep: unknown = { type: 'string' };
    for (let level = 0; level < 100_000; level += 1) deep = { not: deep };
    refuses(traitsOf({ a: deep }), /^: must not nest deeper than 32 levels$/);
    refuses(traitsOf({ a: { title: 'x'.repeat(70_000) } }), /^: must have at most 65536 characters/);
    refuses(traitsOf({ a: { enum: Array.from({ length: 2_000 }, (_, at) => at) } }), /^: must have lists of/);
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`p${at}`, {}]));
    refuses(traitsOf(many), /^: must have at most 512 subschemas/);
  });

  it('it, or its traits, is no object', () => {
    for (const schema of [null, 1, 'x', [], true]) refuses(schema, /^: must be an object$/);
    for (const traits of [undefined, true, {}, { type: 'string' }, { type: ['object'] }])
      refuses({ properties: { traits } }, /^\/properties\/traits: must be a schema of type object$/);
  });

  it('it uses what is not on the list of keywords or formats, or an identifier below the root', () => {
    refuses(
      traitsOf({ a: { type: 'string', $data: '1/b', format: 'email' }, b: { $id: 'x' } }),
      /^\/properties\/traits\/properties\/a\/\$data: is not a keyword/,
      /^\/properties\/traits\/properties\/b\/\$id: is not a keyword/,
    );
    refuses(traitsOf({ a: { prefixItems: [] } }), /prefixItems: is not a keyword/);
    refuses(traitsOf({ a: { format: 'regex' } }), /a\/format: must be one of email, tel/);
    refuses(
      traitsOf({}, { $schema: 'http://json-schema.org/draft-04/schema#' }),
      /^\/\$schema: must be draft-07/,
    );
  });

  it('a reference leaves the document, or points at nothing', () => {
    for (const $ref of ['https://example.org/a.json', 'other.json#/a', '#anchor', 'file:///etc/passwd', 7])
      refuses(traitsOf({ a: { $ref } }), /a\/\$ref: must point within this document/);
    for (const $ref of ['#/definitions/none', '#/properties', '#/properties/traits/type', '#/__proto__'])
      refuses(traitsOf({ a: { $ref } }), /a\/\$ref: points at no schema/);
  });

  it('references come back to themselves, or multiply', () => {
    refuses(traitsOf({ a: { $ref: '#' } }), /come back to itself/);
    const mutual = { a: { anyOf: [{ $ref: '#/definitions/b' }] }, b: { $ref: '#/definitions/a' } };
    refuses(traitsOf({ x: { $ref: '#/definitions/a' } }, { definitions: mutual }), /come back to itself/);
    const doubling = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => {
        const $ref = `#/definitions/d${at + 1}`;
        return [`d${at}`, { anyOf: [{ $ref }, { $ref }] }];
      }),
    );
    refuses(
      traitsOf({ x: { $ref: '#/definitions/d0' } }, { definitions: { ...doubling, d20: {} } }),
      /^: must have at most 512 subschemas/,
    );
  });

  it('a pattern looks around, refers back, or repeats too much; one that only looks catastrophic is fine', () => {
    refuses(traitsOf({ a: { pattern: '^(?=a)' } }), /a\/pattern: must not look around/);
    refuses(traitsOf({ a: { pattern: '(a)\\1' } }), /a\/pattern: must not have backreferences/);
    refuses(
      traitsOf({ a: { patternProperties: { '(a{1000}){1000}': {} } } }),
      /patternProperties\/.*must not repeat/,
    );
    refuses(traitsOf({ a: { pattern: '(' } }), /must be a regular expression/);
    assert.deepEqual(problemsOf(traitsOf({ a: { pattern: '^(a+)+$' } })), []);
  });

  it('a property is named __proto__', () => {
    refuses(
      JSON.parse(JSON.stringify(traitsOf({})).replace('"properties":{}', '"properties":{"__proto__":{}}')),
      /may not be used/,
    );
  });

  it('the keyword of Kratos has members that are not known, or of another type', () => {
    refuses(traitsOf({ a: mark({ credentials: { pasword: {} } }) }), /credentials\/pasword: is not known/);
    refuses(
      traitsOf({ a: mark({ credentials: { password: { identifier: 'yes' } } }) }),
      /must be true or false/,
    );
    refuses(traitsOf({ a: mark({ verification: { via: 'fax' } }) }), /via: must be email or sms/);
    refuses(traitsOf({ a: mark({ recovery: { via: 'email', by: 1 } }) }), /recovery\/by: is not known/);
    refuses(traitsOf({ a: mark({ organizations: { matcher: 'regex' } }) }), /must be email_domain/);
    refuses(traitsOf({ a: mark({ credentials: { code: { identifier: true } } }) }), /code: must say via/);
    refuses(traitsOf({ a: mark([]) }), /kratos: must be an object/);
    refuses(
      traitsOf({ a: mark(JSON.parse('{"__proto__": {}, "constructor": {}}')) }),
      /__proto__/,
      /constructor/,
    );
  });

  it('a mark stands where no text is, or where values are judged without being traits', () => {
    const kratos = { credentials: { password: { identifier: true } } };
    refuses(
      traitsOf({ a: { type: 'object', 'ory.sh/kratos': kratos } }),
      /must stand on a trait of type string/,
    );
    for (const keyword of ['not', 'contains', 'propertyNames'])
      refuses(traitsOf({ a: { [keyword]: mark(kratos) } }), /must stand on a trait$/);
    assert.deepEqual(problemsOf(traitsOf({ not: mark(kratos) })), [], 'a property may be named `not`');
  });

  it('an attribute is not known, comes twice, or is not found by name alone', () => {
    const home = (attribute: unknown, type: unknown = 'string') => ({ type, selfsame: { attribute } });
    refuses(traitsOf({ a: home('shoe_size') }), /attribute must be one of email, /);
    refuses(traitsOf({ a: home('email'), b: home('email') }), /the attribute email has a home already/);
    refuses(traitsOf({ a: home('email', 'number') }), /must stand on a trait of type string/);
    refuses(traitsOf({ a: { type: 'string', selfsame: { attribute: 'email', x: 1 } } }), /and no other/);
    refuses(traitsOf({ a: { type: 'array', items: home('email') } }), /must stand on a property of traits/);
    refuses(
      traitsOf({ a: { $ref: '#/definitions/e' } }, { definitions: { e: home('email') } }),
      /not behind \$ref/,
    );
    const beside = {
      a: { $ref: '#/definitions/e', selfsame: { attribute: 'email' } },
      b: home('name', ['string', 'null']),
    };
    assert.deepEqual(problemsOf(traitsOf(beside, { definitions: { e: { type: 'string' } } })), []);
  });
});

it('the default schema has no problems', () => {
  assert.deepEqual(problemsOf(DEFAULT_SCHEMA), []);
});

it('whatever is no schema is refused as one, and never otherwise', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (value) => {
      problemsOf(value);
      problemsOf({ properties: { traits: { type: 'object', properties: value } }, definitions: value });
    }),
    { numRuns: 500 },
  );
});
