import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { normaliseEmail, normaliseUsername } from '../../kit/normalise.ts';
import { phoneNumbers } from '../../providers/schemas/phone-numbers.ts';
import { identifierSpaceOf, normaliseIdentifier } from './normalise-identifier.ts';

const normal = (text: string) => normaliseIdentifier(phoneNumbers, text);

it('iam 74: an international phone number becomes E.164, however it is spelled', () => {
  for (const text of [
    '+49 176 671 11 638',
    ' +49-176-671-11-638 ',
    '+49 (176) 67111638',
    '＋４９ 176 671 11 638',
  ])
    assert.equal(normal(text), '+4917667111638');
});

it('what only resembles one stays a name', () => {
  for (const text of ['0176 671 11 638', '+1', '12345678', '+49 176 671 11 638 ext. 3', 'x+4917667111638'])
    assert.notEqual(identifierSpaceOf(normal(text) ?? ''), 'phone', text);
});

it('case and width fold, and what nobody sees is dropped', () => {
  assert.equal(normal('  Ｆｏｏ@ＢＡＲ.com '), 'foo@bar.com');
  assert.equal(normal('f\u200bo\u00ado\ufeff@b\u200dar.com\u202e'), 'foo@bar.com');
  assert.equal(normal('bob\ufe0f\u0000\u0007'), 'bob');
  assert.equal(normal('\tBoB\n'), 'bob');
  assert.equal(normal('two words'), 'two words');
});

it('nothing to see is no identifier', () => {
  for (const text of ['', '  ', '\u200b', '\u0000', '\ufe0f', '\u3164']) assert.equal(normal(text), null);
});

it('names longer than a username may be are kept whole', () => {
  assert.equal(normal('A'.repeat(300)), 'a'.repeat(300));
});

it('the space follows from the shape', () => {
  assert.equal(identifierSpaceOf('foo@bar.com'), 'email');
  assert.equal(identifierSpaceOf('+4917667111638'), 'phone');
  for (const name of ['foo', '@foo', 'foo@localhost', 'Foo@bar.com', '+49 176']) {
    assert.equal(identifierSpaceOf(name), 'identifier', name);
  }
});

const TEXT = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.emailAddress(),
  fc.string({
    unit: fc.constantFrom(
      '+',
      '4',
      '9',
      ' ',
      'İ',
      'ß',
      'ﬁ',
      '\u0345',
      '\u200b',
      '\u00a0',
      '@',
      '.',
      'a',
      'Σ',
    ),
  }),
);

it('normalising twice is normalising once, and the space stays', () => {
  fc.assert(
    fc.property(TEXT, (text) => {
      const once = normal(text);
      if (once !== null) assert.equal(normal(once), once);
    }),
    { numRuns: 3_000 },
  );
});

it('e-mail addresses and usernames become what every other surface makes of them', () => {
  fc.assert(
    fc.property(fc.emailAddress(), (text) =>
      assert.equal(normal(text), normaliseEmail(text) ?? normaliseUsername(text)),
    ),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'B', 'é', ' ', '_', '１'), maxLength: 64 }), (text) =>
      assert.equal(normal(text), normaliseUsername(text)),
    ),
  );
});
