import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_SCHEMA } from '../../core/pools/default-schema.ts';
import { InvalidSchema } from '../../core/traits/errors.ts';
import { createSchemaCompiler } from './schema-compiler.ts';
import { compileTraits, EMAIL } from './testing/compile-traits.ts';

describe('fields', () => {
  it('are the scalar traits in their order, also behind references', () => {
    const schema = compileTraits(
      {
        properties: {
          born: { type: 'string', format: 'date', title: 'Born' },
          seen: { type: 'string', format: 'date-time', disableFormField: true },
          site: { type: 'string', format: 'uri' },
          terms: { type: 'boolean' },
          age: { type: ['integer', 'null'] },
          tags: { type: 'array', items: { type: 'string' } },
          home: { $ref: '#/definitions/home', title: 'Home' },
          zip: { allOf: [{ $ref: '#/definitions/zip' }] },
        },
        required: ['terms'],
      },
      {
        definitions: {
          home: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          zip: { type: 'string', pattern: '^[0-9]{5}$', minLength: 5, maxLength: 5 },
        },
      },
    );
    assert.deepEqual(schema.fields, [
      { name: 'traits.born', path: ['traits', 'born'], type: 'date', title: 'Born', required: false },
      {
        name: 'traits.seen',
        path: ['traits', 'seen'],
        type: 'datetime-local',
        required: false,
        disabled: true,
      },
      { name: 'traits.site', path: ['traits', 'site'], type: 'url', autocomplete: 'url', required: false },
      { name: 'traits.terms', path: ['traits', 'terms'], type: 'checkbox', required: true },
      { name: 'traits.age', path: ['traits', 'age'], type: 'number', required: false },
      { name: 'traits.home.city', path: ['traits', 'home', 'city'], type: 'text', required: true },
      {
        name: 'traits.zip',
        path: ['traits', 'zip'],
        type: 'text',
        required: false,
        pattern: '^[0-9]{5}$',
        minLength: 5,
        maxLength: 5,
      },
    ]);
  });
});

describe('compiling', () => {
  it('gives the same for the same content, and forgets what was used least recently', () => {
    const small = createSchemaCompiler({ compiledMax: 2 });
    const schema = (title: string) => ({ ...DEFAULT_SCHEMA, title });
    const [one, two] = [small.compile(schema('1')), small.compile(schema('2'))];
    assert.equal(small.compile(schema('1')), one);
    assert.notEqual(one, two);
    small.compile(schema('3'));
    assert.equal(small.compile(schema('1')), one, 'used since');
    assert.notEqual(small.compile(schema('2')), two, 'dropped');
  });

  it('reads the later dialects by their own keywords', () => {
    const $schema = 'https://json-schema.org/draft/2020-12/schema';
    const tuple = { type: 'array', prefixItems: [{ type: 'number' }], items: { $ref: '#/$defs/email' } };
    const schema = compileTraits({ properties: { tuple } }, { $schema, $defs: { email: EMAIL } });
    assert.deepEqual(schema.validate({ tuple: [1, 'a@b.com'] }), []);
    assert.deepEqual(schema.derive({ tuple: [1, 'a@b.com'] }).recovery, [{ via: 'email', value: 'a@b.com' }]);
    assert.throws(() => compileTraits({ properties: { a: { items: [{}] } } }, { $schema }), InvalidSchema);
  });

  it('says where a keyword has the wrong type', () => {
    const broken = { properties: { a: { type: 'text' }, b: { minLength: -1 }, c: 7, d: { required: 'x' } } };
    assert.throws(
      () => compileTraits(broken),
      (error) => {
        assert.ok(error instanceof InvalidSchema);
        const places = new Set(error.schemaProblems.map(({ pointer }) => pointer));
        for (const place of ['a/type', 'b/minLength', 'c', 'd/required'])
          assert.ok(places.has(`/properties/traits/properties/${place}`), `${place}: ${[...places]}`);
        return true;
      },
    );
  });
});
