import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CoreError } from '../../src/core/errors.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const PAGE = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');

/** By running the code, where the page is made by reading it: two ways that must agree. */
async function codesInSource(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of globSync('src/**/*.ts', { cwd: ROOT }).sort()) {
    if (path.endsWith('.test.ts')) continue;
    const text = readFileSync(join(ROOT, path), 'utf8');
    for (const [, kind = '', code = ''] of text.matchAll(/new CoreError\(\s*'(\w+)',\s*'(\w+)'/g))
      found.set(code, kind);
    if (!/\bclass \w+ extends \w+/.test(text)) continue;
    const exported: Record<string, unknown> = await import(join(ROOT, path));
    for (const value of Object.values(exported)) {
      if (typeof value !== 'function' || !(value.prototype instanceof CoreError)) continue;
      const { code, kind } = Reflect.construct(value, [[], 'x']) as CoreError;
      found.set(code, kind);
    }
  }
  return found;
}

test('docs/errors.md has every code with its kind, and no other', async () => {
  const rows = [...PAGE.matchAll(/^\| `(\w+)`\s*\| `(\w+)`\s*\|/gm)].map(([, code = '', kind = '']) => [
    code,
    kind,
  ]);
  const byCode = (one: string[], other: string[]) => ((one[0] ?? '') < (other[0] ?? '') ? -1 : 1);
  const inSource = [...(await codesInSource())].map(([code, kind]) => [code, kind]);
  assert.ok(inSource.length >= 18);
  assert.deepEqual(rows.sort(byCode), inSource.sort(byCode));
});

test('no error class of the family is kept where the page cannot see it', () => {
  for (const path of globSync('src/**/*.ts', { cwd: ROOT })) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    assert.doesNotMatch(text, /^\s*class \w+ extends (CoreError|Unavailable|NotFound)\b/m, path);
  }
});
