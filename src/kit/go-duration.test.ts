import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from './go-duration.ts';

const HOUR_MS = 3_600_000;

test('what Go reads has its value, in milliseconds', () => {
  const read: [string, number][] = [
    ['1h', HOUR_MS],
    ['30m', HOUR_MS / 2],
    ['1h30m', 1.5 * HOUR_MS],
    ['1.5h', 1.5 * HOUR_MS],
    ['.5s', 500],
    ['5.s', 5000],
    ['250ms', 250],
    ['1us', 0.001],
    ['1\u00b5s', 0.001],
    ['1\u03bcs', 0.001],
    ['500ns', 0.0005],
    ['+1h', HOUR_MS],
    ['-1h', -HOUR_MS],
    ['0', 0],
    ['1m1m', 120_000],
  ];
  for (const [text, ms] of read) assert.equal(parseGoDuration(text), ms, text);
});

test('what Go does not read is none', () => {
  for (const text of [
    '',
    '1',
    '3600',
    'h',
    '1d',
    '1 h',
    '1h ',
    '.s',
    '--1h',
    '1h-1m',
    '1H',
    'one hour',
    '１h',
  ])
    assert.equal(parseGoDuration(text), null, text);
});

test('more than Go can hold is none', () => {
  assert.equal(parseGoDuration('2562047h'), 2562047 * HOUR_MS);
  assert.equal(parseGoDuration('2562048h'), null);
  assert.equal(parseGoDuration(`${'9'.repeat(100)}h`), null);
});
