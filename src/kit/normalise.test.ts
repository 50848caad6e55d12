import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { foldCase, normaliseEmail, normaliseUsername } from './normalise.ts';

describe('normalising e-mail addresses', () => {
  const same: [string, string, string][] = [
    ['outer white space', '  a@example.com\t', 'a@example.com'],
    ['upper case', 'Ann.Lee@Example.COM', 'ann.lee@example.com'],
    ['full-width letters', 'ａｎｎ@example.com', 'ann@example.com'],
    ['zero-width characters', 'an\u200bn@exam\u00adple.com', 'ann@example.com'],
    ['a domain in its own script', 'ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['an ideographic full stop', 'ann@example。com', 'ann@example.com'],
    ['a decomposed letter', 'Rene\u0301@example.com', 'rené@example.com'],
  ];
  for (const [what, text, normal] of same) {
    it(`${what} makes no other address`, () => assert.equal(normaliseEmail(text), normal));
  }

  it('dots and plus signs make another address', () => {
    assert.notEqual(normaliseEmail('a.b@example.com'), normaliseEmail('ab@example.com'));
    assert.notEqual(normaliseEmail('a+b@example.com'), normaliseEmail('a@example.com'));
  });

  const none = [
    ...[
      '',
      '@',
      'a',
      'a@',
      '@example.com',
      'a b@example.com',
      'a@b@example.com',
      'a@example',
      'a@-example.com',
    ],
    ...[
      'a@example..com',
      '.a@example.com',
      'a.@example.com',
      'a..b@example.com',
      'a@127.0.0.1',
      'a@[127.0.0.1]',
    ],
    ...['"a"@example.com', 'a\u0000@example.com', 'a\n@example.com', `${'a'.repeat(65)}@example.com`],
    ...[
      `a@${'b'.repeat(64)}.com`,
      `${'a'.repeat(60)}@${'b.'.repeat(100)}com`,
      '<a@example.com>',
      'a@exa mple.com',
    ],
  ];
  for (const text of none) {
    it(`${JSON.stringify(text).slice(0, 40)} is no address`, () => assert.equal(normaliseEmail(text), null));
  }

  it('twice equals once', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(part, part, (local, domain) => {
        const once = normaliseEmail(`${local}@${domain}.example`);
        if (once !== null) assert.equal(normaliseEmail(once), once);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('normalising usernames', () => {
  it('case, width and invisible characters make no other name', () => {
    assert.equal(normaliseUsername(' Ａnn\u200d '), 'ann');
  });
  it('has 1 to 64 characters and no control characters', () => {
    assert.equal(normaliseUsername('x'.repeat(64)), 'x'.repeat(64));
    for (const text of ['', ' ', '\u200b', 'x'.repeat(65), 'a\u0007b'])
      assert.equal(normaliseUsername(text), null);
  });
  it('twice equals once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 64 }), (text) => {
        const once = normaliseUsername(text);
        if (once !== null) assert.equal(normaliseUsername(once), once);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('addresses that are normal already', () => {
  const part = fc.constantFrom(
    'a',
    'b9',
    '.',
    '-',
    '_',
    '+',
    '@',
    'xn--',
    'example.com',
    'a'.repeat(60),
    '7',
  );

  it('come to the same as in upper case, which takes every step', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(part, { maxLength: 5 }), (local, domain) => {
        const text = `${local.join('')}@${domain.join('')}`;
        assert.equal(normaliseEmail(text), normaliseEmail(text.toUpperCase()));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('folding case', () => {
  it('folds a part as it does within the whole, sigmas at the end of words included', () => {
    const text = fc.string({
      unit: fc.constantFrom('Σ', 'σ', 'ς', 'A', 'İ', 'ß', '😀', ' ', '.'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(text, text, (one, other) => {
        assert.equal(foldCase(one + other), foldCase(one) + foldCase(other));
      }),
    );
    assert.equal(foldCase('ΟΔΟΣ Σ'), 'οδοσ σ');
  });
});
