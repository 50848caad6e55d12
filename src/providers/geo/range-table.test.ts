import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { RangeTable } from './range-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'selfsame-ranges-'));

function tableOf(content: string): RangeTable {
  const path = join(folder, 'ranges.csv');
  writeFileSync(path, content);
  return new RangeTable(path);
}

/** Gap before, length, and bytes of name: together they put line borders everywhere within pages. */
const rows = fc.array(fc.tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 2n ** 90n), fc.nat(240)), {
  minLength: 1,
  maxLength: 300,
});

test('every range is found at both ends and not beside them', () => {
  fc.assert(
    fc.property(rows, fc.boolean(), (list, lastBreak) => {
      let next = 5n;
      const ranges = list.map(([gap, length, name], index) => {
        const first = next + gap;
        next = first + length + 1n;
        return { first, last: first + length, value: String(index + 1), name: 'é'.repeat(name / 2) };
      });
      const lines = ranges.map(({ first, last, value, name }) => `${first},${last},${value},"${name},"`);
      const table = tableOf(lines.join('\n') + (lastBreak ? '\n' : ''));
      const starts = new Map(ranges.map(({ first, value }) => [first, value]));
      for (const { first, last, value } of ranges) {
        assert.equal(table.find(String(first)), value);
        assert.equal(table.find(String(last)), value);
        assert.equal(table.find(String(last + 1n)), starts.get(last + 1n) ?? null);
      }
      assert.equal(table.find('0'), null);
      table.close();
    }),
    { numRuns: 50 },
  );
});

test('a file of something else is refused', () => {
  for (const content of ['', 'hello', '1.0.0.0,1.0.0.255,13335,x\n', '\n1,2,3']) {
    assert.throws(() => tableOf(content), /first line/);
  }
});
