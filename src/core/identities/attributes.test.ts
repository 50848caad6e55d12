import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_SCHEMA } from '../pools/default-schema.ts';
import { findTraitHomes, readAttribute, writeAttribute } from './attributes.ts';

const EMPTY = { attributes: {}, traits: {} };

describe('homes of attributes', () => {
  const homes = findTraitHomes(DEFAULT_SCHEMA);

  it('the default schema is home to five of them', () => {
    assert.deepEqual(Object.fromEntries(homes), {
      email: ['email'],
      preferred_username: ['username'],
      phone_number: ['phone'],
      given_name: ['name', 'first'],
      family_name: ['name', 'last'],
    });
  });

  it('a marked trait is the home, at any depth', () => {
    const written = writeAttribute(EMPTY, homes, 'given_name', 'Ann');
    assert.deepEqual(written, { attributes: {}, traits: { name: { first: 'Ann' } } });
    assert.equal(readAttribute(written, homes, 'given_name'), 'Ann');
  });

  it('an attribute without a home lives in the attribute map', () => {
    const written = writeAttribute(EMPTY, homes, 'ssn', '1');
    assert.deepEqual(written, { attributes: { ssn: '1' }, traits: {} });
    assert.equal(readAttribute(written, homes, 'ssn'), '1');
  });

  it('has one home: what is written to the trait is not in the map', () => {
    const written = writeAttribute(EMPTY, homes, 'email', 'a@example.com');
    assert.deepEqual(written.attributes, {});
  });

  it('removing drops what becomes empty, and leaves the neighbours', () => {
    const both = writeAttribute(
      writeAttribute(EMPTY, homes, 'given_name', 'Ann'),
      homes,
      'family_name',
      'Lee',
    );
    const one = writeAttribute(both, homes, 'given_name', null);
    assert.deepEqual(one.traits, { name: { last: 'Lee' } });
    assert.deepEqual(writeAttribute(one, homes, 'family_name', null).traits, {});
  });

  it('does not change what it was given', () => {
    const before = Object.freeze({
      attributes: Object.freeze({}),
      traits: Object.freeze({ name: { first: 'A' } }),
    });
    writeAttribute(before, homes, 'given_name', 'B');
    assert.equal(readAttribute(before, homes, 'given_name'), 'A');
  });

  it('unknown marks and broken schemas mark nothing', () => {
    const properties = { traits: { properties: { x: { selfsame: { attribute: 'shoe_size' } }, y: null } } };
    for (const schema of [null, 1, {}, { properties }, { properties: { traits: [] } }]) {
      assert.equal(findTraitHomes(schema).size, 0);
    }
  });
});
