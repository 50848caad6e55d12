import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraitField } from '../../traits/ports.ts';
import { ownTraits } from './own-traits.ts';

const field = (
  name: string,
  type: TraitField['type'] = 'text',
  more: Partial<TraitField> = {},
): TraitField => ({
  ...{ name: `traits.${name}`, path: ['traits', ...name.split('.')], type, required: false },
  ...more,
});
const FIELDS = [
  field('email', 'email'),
  field('name.first'),
  field('news', 'checkbox'),
  field('born', 'date', { disabled: true }),
];
const BEFORE = {
  email: 'a@x.org',
  name: { first: 'A', title: 'Dr' },
  news: true,
  born: '1990-01-01',
  tags: ['a'],
};
const typed = (traits: unknown, isForm: boolean) => ownTraits({ body: { traits }, isForm }, FIELDS, BEFORE);

test('as JSON they are what was sent, whatever it is', () => {
  for (const traits of [{ email: 'b@x.org' }, {}, 'x', 7, []]) assert.deepEqual(typed(traits, false), traits);
  assert.equal(typed(undefined, false), undefined);
  assert.equal(typed(null, false), undefined);
});

test('a form changes what it shows, and nothing else', () => {
  assert.deepEqual(typed({ email: 'b@x.org', name: { first: 'B' }, news: 'true' }, true), {
    ...BEFORE,
    ...{ email: 'b@x.org', name: { first: 'B', title: 'Dr' } },
  });
});

test('what was cleared is gone, what was unticked is false', () => {
  const { email: _, ...rest } = BEFORE;
  assert.deepEqual(typed({ email: '', name: { first: '' } }, true), {
    ...rest,
    name: { title: 'Dr' },
    news: false,
  });
});

test('nothing is left of what held only what was cleared', () => {
  const traits = { body: { traits: { name: { first: '' } } }, isForm: true };
  assert.deepEqual(ownTraits(traits, [field('name.first')], { name: { first: 'A' } }), {});
});

test('what the schema does not know comes through, for it to say so', () => {
  assert.deepEqual(ownTraits({ body: { traits: { other: 'x' } }, isForm: true }, FIELDS, {}), { other: 'x' });
});

test('no name of a trait reaches the prototype', () => {
  const traits = JSON.parse('{"__proto__": {"email": "x"}, "constructor": {"a": "b"}}');
  const made = ownTraits({ body: { traits }, isForm: true }, FIELDS, {}) as object;
  assert.equal(Object.getPrototypeOf(made), Object.prototype);
  assert.equal(({} as { email?: string }).email, undefined);
});
