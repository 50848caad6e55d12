import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { BlindIndex } from './blind-index.ts';

const secret = randomBytes(32);
const index = new BlindIndex(secret);

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

  it('are distinct and ascending', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('stored', 'contains', 'prefix'),
        (value, form) => {
          const grams = index.trigrams('name', value, form);
          assert.deepEqual(grams, grams.toSorted());
          assert.equal(new Set(grams).size, grams.length);
        },
      ),
    );
  });

  it('of a part are among those of the stored whole', () => {
    fc.assert(
      fc.property(text, text, text, (before, part, after) => {
        const stored = new Set(index.trigrams('name', before + part + after, 'stored'));
        assert.ok(index.trigrams('name', part).every((gram) => stored.has(gram)));
      }),
    );
  });

  it('of a prefix are among those of the stored whole, and only there at its beginning', () => {
    fc.assert(
      fc.property(text, text, (prefix, after) => {
        const stored = new Set(index.trigrams('name', prefix + after, 'stored'));
        assert.ok(index.trigrams('name', prefix, 'prefix').every((gram) => stored.has(gram)));
      }),
    );
    const stored = new Set(index.trigrams('name', 'anna', 'stored'));
    assert.ok(index.trigrams('name', 'a', 'prefix').every((gram) => stored.has(gram)));
    assert.ok(!index.trigrams('name', 'n', 'prefix').every((gram) => stored.has(gram)));
  });

  it('are none for fewer than three code points, which are not code units', () => {
    assert.equal(index.trigrams('name', 'ab').length, 0);
    assert.equal(index.trigrams('name', '😀😀').length, 0);
    assert.equal(index.trigrams('name', '😀😀😀').length, 1);
    assert.equal(index.trigrams('name', 'aaaaaaaa').length, 1);
  });

  it('are what they were when they were stored', () => {
    const known = new BlindIndex(Buffer.alloc(32, 7));
    assert.deepEqual(
      known.trigrams('email', 'añ😀b', 'stored').join(),
      '-8643590789642460470,-5991641299103700056,-1923864581397086313,414569161603142253',
    );
  });

  it('differ across spaces and pools, and from the digest of the same three characters', () => {
    const [gram] = index.trigrams('name', 'abc');
    assert.ok(gram !== undefined);
    assert.notEqual(index.trigrams('email', 'abc')[0], gram);
    assert.notEqual(new BlindIndex(randomBytes(32)).trigrams('name', 'abc')[0], gram);
    assert.notEqual(index.digest('name', 'abc').readBigInt64BE(), gram);
  });
});

it('a blind index prints as [redacted]', () => {
  assert.equal(inspect([index]), '[ [redacted] ]');
  assert.equal(JSON.stringify([index]), '["[redacted]"]');
});
