import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compilePattern } from './pattern.ts';

function matches(pattern: string, text: string): boolean {
  const regex = compilePattern(pattern);
  assert.ok('test' in regex, `${pattern}: ${JSON.stringify(regex)}`);
  return regex.test(text);
}

it('escapes that other languages allow mean the character', () => {
  assert.ok(matches('^[a-z\\=\\-]+\\@x\\-y\\_z$', 'a-=@x-y_z'));
  assert.ok(!matches('^[a\\-c]\\@$', 'b@'), 'a range stays escaped');
});

it('escapes that mean something keep their meaning', () => {
  assert.ok(matches('^\\[\\\\\\]\\d$', '[\\]1'));
  assert.ok(matches('^\\\\@$', '\\@'));
  assert.ok(!matches('^\\.$', 'x'));
});

it('a pattern that is none in any language is still refused', () => {
  for (const pattern of ['(', '[', '\\', '(?=a)', '(a)\\1', '\\j'])
    assert.ok('problem' in compilePattern(pattern), pattern);
});
