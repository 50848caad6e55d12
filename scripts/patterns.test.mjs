import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPatterns } from './patterns.mjs';

const REFUSED_IN_CORE = [
  'Date.now()',
  'new Date()',
  'new Date',
  'new Date( )',
  'Math.random()',
  'randomUUID()',
];
const REFUSED_OUTSIDE_CONFIG = [
  'process.env.X',
  "process['env']",
  'process?.env',
  "import { env } from 'node:process'",
];

test('what the core must be handed is refused there, and only there', () => {
  for (const code of REFUSED_IN_CORE) {
    assert.equal(findPatterns('src/core/a.ts', `x;\n${code};`).length, 1, code);
    assert.equal(findPatterns('src/http/a.ts', code).length, 0, code);
  }
  for (const code of ['new Date(0)', 'new Date(at.getTime())', 'clock.now()', 'Dates.nowhere']) {
    assert.equal(findPatterns('src/core/a.ts', code).length, 0, code);
  }
});

test('the environment is refused outside src/config', () => {
  for (const code of REFUSED_OUTSIDE_CONFIG) {
    assert.equal(findPatterns('src/cli/a.ts', code).length, 1, code);
    assert.equal(findPatterns('src/config/a.ts', code).length, 0, code);
  }
});

test('comments may name it; strings do not hide what follows', () => {
  assert.deepEqual(findPatterns('src/core/a.ts', '// Date.now()\n/* new Date()\n Math.random() */'), []);
  const [find] = findPatterns('src/core/a.ts', "const url = 'http://x';\nDate.now();");
  assert.match(find, /^src\/core\/a\.ts:2: /);
});
