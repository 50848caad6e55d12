import assert from 'node:assert/strict';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { SealBroken } from '../core/errors.ts';
import { SEAL_OVERHEAD_BYTES, SealKey, type SealPlace, sealedKeyVersion } from './seal.ts';

const secret = randomBytes(32);
const key = new SealKey(secret, 7);
const place: SealPlace = { pool: 'pool-1', record: 'identity-1', section: 'profile' };
const bytes = fc.uint8Array({ maxLength: 200 });
const seal = (plaintext: Uint8Array, where = place): Buffer => key.seal(where, plaintext, randomBytes(12));
const broken = (name: string, open: () => unknown): void => assert.throws(open, SealBroken, name);

describe('a sealed value', () => {
  it('opens to what was sealed', () => {
    fc.assert(
      fc.property(bytes, fc.string(), fc.string(), fc.string(), (plaintext, pool, record, section) => {
        const where = { pool, record, section };
        const sealed = seal(plaintext, where);
        assert.equal(sealed.length, plaintext.length + SEAL_OVERHEAD_BYTES);
        assert.equal(Buffer.compare(key.open(where, sealed), plaintext), 0);
      }),
    );
  });

  it('differs each time', () => {
    fc.assert(fc.property(bytes, (plaintext) => !seal(plaintext).equals(seal(plaintext))));
  });

  it('has the documented layout, readable by plain AES-256-GCM', () => {
    const nonce = randomBytes(12);
    const sealed = key.seal({ pool: 'p', record: 'rr', section: '' }, Buffer.from('content'), nonce);
    assert.equal(sealed[0], 1);
    assert.equal(sealed.readUInt32BE(1), 7);
    assert.deepEqual(sealed.subarray(5, 17), nonce);
    const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from('0100000007' + '0000000170' + '000000027272' + '00000000', 'hex'));
    decipher.setAuthTag(sealed.subarray(-16));
    const plaintext = Buffer.concat([decipher.update(sealed.subarray(17, -16)), decipher.final()]);
    assert.equal(plaintext.toString(), 'content');
  });

  it('does not open with any one bit flipped', () => {
    const sealed = seal(Buffer.from('some content'));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      broken(`bit ${bit}`, () => key.open(place, changed));
    }
  });

  it('does not open cut at either end, or extended', () => {
    const sealed = seal(Buffer.from('some content'));
    for (let length = 0; length < sealed.length; length += 1) {
      broken(`first ${length}`, () => key.open(place, sealed.subarray(0, length)));
      broken(`last ${length}`, () => key.open(place, sealed.subarray(sealed.length - length)));
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (more) => {
        broken('after', () => key.open(place, Buffer.concat([sealed, more])));
        broken('before', () => key.open(place, Buffer.concat([more, sealed])));
      }),
    );
  });

  it('does not open at another pool, record or section', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.string(),
        fc.constantFrom('pool', 'record', 'section'),
        (plaintext, other, part) => {
          fc.pre(place[part as keyof SealPlace] !== other);
          broken(part, () => key.open({ ...place, [part]: other }, seal(plaintext)));
        },
      ),
    );
  });

  it('does not open where the same characters are cut into other parts', () => {
    const cuts = fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12), fc.nat(12));
    fc.assert(
      fc.property(fc.string({ minLength: 12, maxLength: 12 }), cuts, (text, [a, b, c, d]) => {
        const cut = (one: number, two: number): SealPlace => {
          const [from, to] = [Math.min(one, two), Math.max(one, two)];
          return { pool: text.slice(0, from), record: text.slice(from, to), section: text.slice(to) };
        };
        fc.pre(inspect(cut(a, b)) !== inspect(cut(c, d)));
        broken(text, () => key.open(cut(c, d), seal(Buffer.from('x'), cut(a, b))));
      }),
    );
  });

  it('does not open under another key, nor under the same key of another version', () => {
    const sealed = seal(Buffer.from('some content'));
    broken('key', () => new SealKey(randomBytes(32), 7).open(place, sealed));
    broken('version', () => new SealKey(secret, 8).open(place, sealed));
    const renamed = Buffer.from(sealed);
    renamed.writeUInt32BE(8, 1);
    broken('renamed', () => new SealKey(secret, 8).open(place, renamed));
  });

  it('whatever the bytes, opening fails with SealBroken and nothing else', () => {
    const framed = fc
      .uint8Array({ maxLength: 80 })
      .map((rest) => Buffer.concat([Buffer.from('0100000007', 'hex'), rest]));
    fc.assert(
      fc.property(fc.oneof(bytes, framed), (input) => {
        broken('open', () => key.open(place, input));
      }),
    );
  });

  it('names its key version, up to the largest', () => {
    for (const version of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      const other = new SealKey(secret, version);
      const sealed = other.seal(place, Buffer.from('x'), randomBytes(12));
      assert.equal(sealedKeyVersion(sealed), version);
      assert.equal(other.open(place, sealed).toString(), 'x');
    }
    assert.throws(() => new SealKey(secret, 2 ** 32), RangeError);
    assert.throws(() => new SealKey(secret, -1), RangeError);
    assert.throws(() => new SealKey(secret.subarray(1), 1), RangeError);
    assert.throws(() => key.seal(place, secret, randomBytes(11)), RangeError);
  });
});

describe('a seal key', () => {
  it('prints as [redacted]', () => {
    assert.equal(inspect({ key }), '{ key: [redacted] }');
    assert.equal(JSON.stringify({ key }), '{"key":"[redacted]"}');
    assert.equal(`${key}`, '[redacted]');
  });
});
