import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { BlindIndex } from './blind-index.ts';

const secret = randomBytes(32);
const index = new BlindIndex(secret);
const hex = (grams: Buffer[]): string[] => grams.map((gram) => gram.toString('hex'));

describe('digests', () => {
  it('are HMAC-SHA-256 over the length of the space, the space and the value', () => {
    const data = Buffer.concat([Buffer.from([0, 0, 0, 5]), Buffer.from('emailé@example.com')]);
    assert.deepEqual(
      index.digest('email', 'é@example.com'),
      createHmac('sha256', secret).update(data).digest(),
    );
  });

  it('are equal for equal input and differ across spaces, values and pools', () => {
    const other = new BlindIndex(randomBytes(32));
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (space, value, different) => {
        const digest = index.digest(space, value);
        assert.equal(digest.length, 32);
        assert.ok(digest.equals(new BlindIndex(secret).digest(space, value)));
        assert.ok(!digest.equals(other.digest(space, value)));
        fc.pre(different !== value && different !== space);
        assert.ok(!digest.equals(index.digest(space, different)));
        assert.ok(!digest.equals(index.digest(different, value)));
      }),
    );
  });

  it('keep space and value apart', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 2, maxLength: 10 }), fc.nat(10), fc.nat(10), (text, one, two) => {
        fc.pre(text.slice(0, one) !== text.slice(0, two));
        const left = index.digest(text.slice(0, one), text.slice(one));
        assert.ok(!left.equals(index.digest(text.slice(0, two), text.slice(two))));
      }),
    );
  });
});

describe('trigrams', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ß', '😀', '漢'), maxLength: 12 });

  it('are 8 bytes each, distinct and sorted', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('stored', 'contains', 'prefix'),
        (value, form) => {
          const grams = index.trigrams('name', value, form);
          assert.ok(grams.every((gram) => gram.length === 8));
          assert.deepEqual(grams, [...grams].sort(Buffer.compare));
          assert.equal(new Set(hex(grams)).size, grams.length);
        },
      ),
    );
  });

  it('of a part are among those of the stored whole', () => {
    fc.assert(
      fc.property(text, text, text, (before, part, after) => {
        const stored = new Set(hex(index.trigrams('name', before + part + after, 'stored')));
        assert.ok(hex(index.trigrams('name', part)).every((gram) => stored.has(gram)));
      }),
    );
  });

  it('of a prefix are among those of the stored whole, and only there at its beginning', () => {
    fc.assert(
      fc.property(text, text, (prefix, after) => {
        const stored = new Set(hex(index.trigrams('name', prefix + after, 'stored')));
        assert.ok(hex(index.trigrams('name', prefix, 'prefix')).every((gram) => stored.has(gram)));
      }),
    );
    const stored = new Set(hex(index.trigrams('name', 'anna', 'stored')));
    assert.ok(hex(index.trigrams('name', 'a', 'prefix')).every((gram) => stored.has(gram)));
    assert.ok(!hex(index.trigrams('name', 'n', 'prefix')).every((gram) => stored.has(gram)));
  });

  it('are none for fewer than three code points, which are not code units', () => {
    assert.deepEqual(index.trigrams('name', 'ab'), []);
    assert.deepEqual(index.trigrams('name', '😀😀'), []);
    assert.equal(index.trigrams('name', '😀😀😀').length, 1);
    assert.equal(index.trigrams('name', 'aaaaaaaa').length, 1);
  });

  it('differ across spaces and pools, and from the digest of the same three characters', () => {
    const [gram] = index.trigrams('name', 'abc');
    assert.ok(gram !== undefined);
    assert.notDeepEqual(index.trigrams('email', 'abc'), [gram]);
    assert.notDeepEqual(new BlindIndex(randomBytes(32)).trigrams('name', 'abc'), [gram]);
    assert.notDeepEqual(index.digest('name', 'abc').subarray(0, 8), gram);
  });
});

it('a blind index prints as [redacted]', () => {
  assert.equal(inspect([index]), '[ [redacted] ]');
  assert.equal(JSON.stringify([index]), '["[redacted]"]');
});
