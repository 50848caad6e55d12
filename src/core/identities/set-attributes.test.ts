import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_SCHEMA } from '../pools/default-schema.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { type AttributeName, findTraitHomes, readAttribute } from './attributes.ts';
import { EMPTY_PROFILE, type Profile } from './profile.ts';
import { replaceTraits, setAttributes } from './set-attributes.ts';
import type { Standing } from './standing.ts';

const homes = findTraitHomes(DEFAULT_SCHEMA);
const factor = { persistent: true, required: false, claim: null };
const config = {
  factors: [
    { ...factor, name: 'email', type: 'email', identifier: true, attribute: 'email' },
    { ...factor, name: 'backup', type: 'email', identifier: false, attribute: null },
  ],
  schemas: new Map([['default', { homes }]]),
} as unknown as PoolConfig;

function set(
  profile: Profile,
  values: Partial<Record<AttributeName, string | null>>,
  standing: Standing = {},
) {
  let vids = 0;
  const change = setAttributes(
    config,
    { schemaId: 'default', profile, standing },
    new Map(Object.entries(values) as [AttributeName, string | null][]),
    () => {
      vids += 1;
      return `vid-${vids}`;
    },
  );
  return { ...change, read: (name: AttributeName) => readAttribute(change.profile, homes, name) };
}

const ADA = set(EMPTY_PROFILE, {
  given_name: 'Ada',
  family_name: 'Lovelace',
  birthdate: '1990-02-03',
}).profile;

describe('setting attributes', () => {
  it('finds the home of each: a marked trait, or the record’s own map', () => {
    assert.deepEqual(ADA.traits, { name: { first: 'Ada', last: 'Lovelace' } });
    assert.deepEqual(ADA.attributes, { birthdate: '1990-02-03' });
  });

  it('changes nothing, not even the profile, where every value is what it was', () => {
    const change = set(ADA, { given_name: 'Ada', gender: null });
    assert.deepEqual(change.changed, []);
    assert.equal(change.profile, ADA);
  });

  it('keeps a stored name that was its parts’ composition in step, and leaves any other alone', () => {
    const composed = set(ADA, { name: 'Ada Lovelace' }).profile;
    const change = set(composed, { family_name: 'King' });
    assert.equal(change.read('name'), 'Ada King');
    assert.deepEqual(change.changed, ['family_name', 'name']);
    const own = set(ADA, { name: 'Countess of Lovelace' }).profile;
    assert.equal(set(own, { family_name: 'King' }).read('name'), 'Countess of Lovelace');
    assert.equal(set(ADA, { family_name: 'King' }).read('name'), null);
  });

  it('renews the id of a factor that is linked to what changed, and drops it with its value', () => {
    const made = set(ADA, { email: 'ada@example.com' });
    assert.deepEqual(made.profile.factors, { email: { type: 'email', vid: 'vid-1' } });
    const same = set(made.profile, { email: 'ada@example.com', gender: 'f' });
    assert.equal(same.profile.factors, made.profile.factors);
    assert.deepEqual(set(made.profile, { email: null }).profile.factors, {});
  });

  it('refuses what a verification confirmed, a name that only follows from its parts included (R1)', () => {
    const confirmed: Standing = { confirmed: true };
    const whole = set(ADA, { gender: 'm', 'tax.country': 'PT', 'tax.id_number': '2' }).profile;
    const locked = (values: Partial<Record<AttributeName, string | null>>) =>
      set(whole, values, confirmed).problems.map(({ attribute, code }) => [attribute, code]);
    assert.deepEqual(locked({ given_name: 'Grace' }), [['given_name', 'locked']]);
    assert.deepEqual(
      locked({ birthdate: '1990-02-04', gender: 'f', 'tax.country': 'GB', 'tax.id_number': '1' }),
      [
        ['birthdate', 'locked'],
        ['gender', 'locked'],
        ['tax.country', 'locked'],
        ['tax.id_number', 'locked'],
      ],
    );
    assert.deepEqual(locked({ name: 'Another' }), [['name', 'locked']]);
    assert.deepEqual(locked({ given_name: 'Ada', birthdate: '1990-02-03' }), []);
    assert.deepEqual(locked({ email: 'new@example.com', 'address.locality': 'London', ssn: '1' }), []);
    const own = set(ADA, { name: 'Countess of Lovelace' }).profile;
    assert.deepEqual(set(own, { given_name: 'Grace' }, confirmed).problems, []);
    assert.deepEqual(locked({ gender: null, given_name: null }), [
      ['gender', 'locked'],
      ['given_name', 'locked'],
    ]);
  });

  it('lets a confirmed record be completed by what was not there', () => {
    const confirmed: Standing = { confirmed: true };
    assert.deepEqual(
      set(EMPTY_PROFILE, { given_name: 'Ada', birthdate: '1990-02-03' }, confirmed).problems,
      [],
    );
    assert.deepEqual(set(ADA, { gender: 'f', 'tax.country': 'GB' }, confirmed).problems, []);
    const half = set(EMPTY_PROFILE, { given_name: 'Ada' }).profile;
    assert.equal(set(half, { family_name: 'King' }, confirmed).problems.length, 1);
  });
});

describe('replacing traits', () => {
  const replace = (profile: Profile, traits: Profile['traits'], standing: Standing = {}) => {
    const change = replaceTraits(
      config,
      { schemaId: 'default', profile, standing },
      { schemaId: 'default', traits },
      () => 'vid',
    );
    return { ...change, read: (name: AttributeName) => readAttribute(change.profile, homes, name) };
  };

  it('changes the attributes that live there, and no others', () => {
    const { changed, read } = replace(ADA, { name: { first: 'Augusta' }, email: 'ada@example.org' });
    assert.deepEqual([...changed].sort(), ['email', 'family_name', 'given_name']);
    assert.deepEqual(
      [read('given_name'), read('family_name'), read('email'), read('birthdate')],
      ['Augusta', null, 'ada@example.org', '1990-02-03'],
    );
  });

  it('keeps a stored name that was its parts’ composition in step', () => {
    const named = set(ADA, { name: 'Ada Lovelace' }).profile;
    const { changed, read } = replace(named, { name: { first: 'Ada', last: 'King' } });
    assert.deepEqual([...changed].sort(), ['family_name', 'name']);
    assert.equal(read('name'), 'Ada King');
  });

  it('renews the id of a factor that is linked to what changed', () => {
    const before = replace(ADA, { ...ADA.traits, email: 'ada@example.org' }).profile;
    assert.equal(before.factors.email?.vid, 'vid');
    assert.equal(replace(before, ADA.traits).profile.factors.email, undefined);
  });

  it('refuses what a verification confirmed (R1)', () => {
    const { problems } = replace(ADA, { name: { first: 'Eve', last: 'Lovelace' } }, { confirmed: true });
    assert.deepEqual(
      problems.map(({ attribute, code }) => [attribute, code]),
      [['given_name', 'locked']],
    );
    assert.deepEqual(
      replace(ADA, { ...ADA.traits, email: 'a@example.org' }, { confirmed: true }).problems,
      [],
    );
  });
});
