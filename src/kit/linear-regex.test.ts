import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileLinearRegex } from './linear-regex.ts';

function compiled(pattern: string) {
  const regex = compileLinearRegex(pattern);
  assert.ok('test' in regex, `${pattern}: ${JSON.stringify(regex)}`);
  return regex;
}

test('decides as JavaScript does', () => {
  const patterns = [
    ...[
      '^EMP-\\d{4,6}$',
      '^(?:a|bc)+$',
      'x?y*z',
      '^[A-Z][^0-9]{2,}\\.$',
      '^\\p{Lu}\\w*$',
      '\\bfoo\\b',
      '^$',
      '',
    ],
    ...[
      '^(a+)+$',
      '^(?<year>\\d{4})-(\\d\\d)$',
      '^[\\]\\-x]+$',
      'a{0}b',
      '^.{3}$',
      '^\\u{1F600}$',
      '^(|a)b$',
      'a$|^b',
    ],
  ];
  const texts = [
    ...[
      'EMP-1234',
      'EMP-123',
      'emp-1234',
      'abcbca',
      'xyz',
      'z',
      'Äb!.',
      'Zed',
      'a foo b',
      'afoo',
      '',
      'aaaaaaaa',
    ],
    ...['2024-01', '2024-1', ']-x', 'b', 'ab', 'aab', '😀', '😀😀😀', 'ba', 'a\nb'],
  ];
  for (const pattern of patterns) {
    for (const text of texts) {
      assert.equal(
        compiled(pattern).test(text),
        new RegExp(pattern, 'u').test(text),
        `${pattern} on ${text}`,
      );
    }
  }
});

test('decides as JavaScript does, on patterns made at random', () => {
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b', 'ab'),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,1}', '{2,}', '*?'))
        .map(([a, quantifier]) => `(${a})${quantifier}`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (source, sample) => {
      const regex = compileLinearRegex(source);
      if (!('test' in regex)) return;
      assert.equal(regex.test(sample), new RegExp(source, 'u').test(sample));
    }),
    { numRuns: 2000 },
  );
});

test('no pattern is catastrophic', () => {
  const sample = `${'a'.repeat(1000)}!`;
  for (const pattern of ['^(a+)+$', '^(a|a)*$', '^(a*)*(a*)*(a*)*b$', '^(a?){200}a{200}$', '(.*){1,30}x']) {
    const from = process.hrtime.bigint();
    compiled(pattern).test(sample);
    assert.ok(process.hrtime.bigint() - from < 2_000_000_000n, pattern);
  }
});

test('what cannot be matched so is refused, with the reason', () => {
  const reasons: Record<string, string> = {
    '(': 'must be a regular expression',
    '(a)\\1': 'must not have backreferences',
    '(?<x>a)\\k<x>': 'must not have backreferences',
    '(?=a)b': 'must not look around or switch flags',
    '(?<!a)b': 'must not look around or switch flags',
    '(?i:a)': 'must not look around or switch flags',
    '(a{100}){100}': 'must not repeat so much',
    'a{5000}': 'must not repeat so much',
    '((){900}){900}': 'must not repeat so much',
    [`${'('.repeat(60)}a${')'.repeat(60)}`]: 'must not nest groups so deeply',
    ['a'.repeat(501)]: 'must have at most 500 characters',
  };
  for (const [pattern, problem] of Object.entries(reasons)) {
    assert.deepEqual(compileLinearRegex(pattern), { problem }, pattern);
  }
});
