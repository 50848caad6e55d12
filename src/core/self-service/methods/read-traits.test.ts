import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraitField } from '../../traits/ports.ts';
import { readTraits } from './read-traits.ts';

const field = (path: string, type: TraitField['type']): TraitField => {
  const whole = ['traits', ...path.split('.')];
  return { name: whole.join('.'), path: whole, type, required: false };
};
const FIELDS = [
  field('email', 'email'),
  field('age', 'number'),
  field('terms', 'checkbox'),
  field('name.first', 'text'),
];
const read = (traits: unknown, isForm: boolean) =>
  readTraits({ body: { traits }, isForm } as unknown as Parameters<typeof readTraits>[0], FIELDS);

test('of a form, numbers and checkboxes become what their fields say', () => {
  const traits = { email: 'a@example.org', age: '42', terms: 'true', name: { first: '7' } };
  assert.deepEqual(read(traits, true), {
    email: 'a@example.org',
    age: 42,
    terms: true,
    name: { first: '7' },
  });
  assert.deepEqual(read({ terms: 'on' }, true), { terms: true });
  assert.deepEqual(read({ terms: 'no' }, true), { terms: false });
});

test('of a form, what was left blank is not there, and no number stays for the schema to refuse', () => {
  assert.deepEqual(read({ email: '', age: 'old', name: { first: '' } }, true), { age: 'old' });
});

test('JSON stays what it is, and so does what is no object', () => {
  assert.deepEqual(read({ email: '', age: '42' }, false), { email: '', age: '42' });
  for (const traits of [undefined, null, 'x', [1]]) assert.deepEqual(read(traits, true), traits);
});
