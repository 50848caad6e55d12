import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createIdGenerator,
  encodePlaced,
  formatUuid,
  isUuid,
  PARTITION_MAX,
  PLACED_ID_PATTERN,
  parsePlaced,
  parseTagged,
  parseUuid,
  RESOURCE_TYPES,
  type ResourceType,
  toPlaced,
  toTagged,
  uuidOfDigest,
} from './ids.ts';

interface Vectors {
  placed: { vectors: { text: string; ms: number; partition: number; typeBits: number; randomHex: string }[] };
  uuid: { vectors: { text: string; ms: number; randomHex: string }[] };
  tagged: { vectors: { text: string; tag: string; uuid: string }[] };
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../test/vectors/ids.json', import.meta.url), 'utf8'),
);

const ms = fc.oneof(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.constantFrom(0, 2 ** 24, 2 ** 48 - 1));
const random = fc.bigInt({ min: 0n, max: 2n ** 74n - 1n });
const partition = fc.oneof(fc.integer({ min: 0, max: PARTITION_MAX }), fc.constantFrom(0, PARTITION_MAX));
const type = fc.constantFrom(...(Object.keys(RESOURCE_TYPES) as ResourceType[]));

describe('placed ids', () => {
  it('pools 4: ten thousand ids of one partition match the validator, differ and sort in the order of issue', () => {
    const ids = createIdGenerator({ nowMs: () => Date.now(), randomBytes });
    const issued = Array.from({ length: 10_000 }, () => toPlaced(ids.next(), 'identity', 123456789));
    const validator = new RegExp(PLACED_ID_PATTERN);
    assert.ok(issued.every((id) => validator.test(id)));
    assert.equal(new Set(issued).size, issued.length);
    assert.deepEqual(issued.toSorted(), issued);
    assert.deepEqual(
      issued.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
      issued,
    );
  });

  for (const { text, randomHex, ...fields } of vectors.placed.vectors) {
    it(`pools 5: ${text} is read and written as published`, () => {
      const bits = BigInt(`0x${randomHex}`);
      assert.equal(encodePlaced({ ...fields, random: bits }), text);
      const read = parsePlaced(text);
      assert.ok(read !== null);
      const { type: _type, uuid, ...rest } = read;
      assert.deepEqual(rest, { ...fields, random: bits });
      assert.equal(uuid, formatUuid({ ms: fields.ms, random: bits }));
    });
  }

  it('pools 6: an id made after the clock stepped back five seconds sorts after the previous one', () => {
    let now = 1_767_225_600_123;
    const ids = createIdGenerator({ nowMs: () => now, randomBytes });
    const issued = [ids.next()];
    now -= 5_000;
    issued.push(ids.next(), ids.next());
    now += 5_001;
    issued.push(ids.next());
    const placed = issued.map((id) => toPlaced(id, 'identity', 1));
    assert.deepEqual(placed.toSorted(), placed);
    assert.equal(new Set(placed).size, placed.length);
  });

  it('a placed id gives back time, partition, type and uuid', () => {
    fc.assert(
      fc.property(ms, random, partition, type, (time, bits, place, name) => {
        const uuid = formatUuid({ ms: time, random: bits });
        assert.deepEqual(parsePlaced(toPlaced(uuid, name, place)), {
          ms: time,
          partition: place,
          typeBits: RESOURCE_TYPES[name],
          type: name,
          random: bits,
          uuid,
        });
      }),
    );
  });

  it('each of the 64 type values is kept, and those without a resource have no type', () => {
    const named = new Map<number, string>(Object.entries(RESOURCE_TYPES).map(([name, bits]) => [bits, name]));
    for (let typeBits = 0; typeBits < 64; typeBits += 1) {
      const read = parsePlaced(encodePlaced({ ms: 1, partition: 2, typeBits, random: 3n }));
      assert.equal(read?.typeBits, typeBits);
      assert.equal(read?.type, named.get(typeBits) ?? null);
    }
  });

  it('ids of one partition and type sort like their uuids', () => {
    fc.assert(
      fc.property(ms, random, ms, random, partition, (ms1, random1, ms2, random2, place) => {
        const left = formatUuid({ ms: ms1, random: random1 });
        const right = formatUuid({ ms: ms2, random: random2 });
        const order = (one: string, two: string): number => (one < two ? -1 : one > two ? 1 : 0);
        assert.equal(
          order(toPlaced(left, 'identity', place), toPlaced(right, 'identity', place)),
          order(left, right),
        );
        assert.equal(order(toTagged(left, 'idn'), toTagged(right, 'idn')), order(left, right));
      }),
    );
  });

  it('fields that do not fit are refused', () => {
    const fields = { ms: 0, partition: 0, typeBits: 0, random: 0n };
    const cases = [
      { partition: 1_073_741_824 },
      { partition: -1 },
      { partition: 1.5 },
      { ms: 2 ** 48 },
      { ms: -1 },
      { ms: Number.NaN },
      { typeBits: 64 },
      { typeBits: -1 },
      { random: 2n ** 74n },
      { random: -1n },
    ];
    for (const change of cases) assert.throws(() => encodePlaced({ ...fields, ...change }), RangeError);
    const uuid = formatUuid({ ms: 0, random: 0n });
    assert.throws(() => toPlaced(uuid, 'identity', 1_073_741_824), RangeError);
    assert.equal(parsePlaced(toPlaced(uuid, 'identity', 1_073_741_823))?.partition, 1_073_741_823);
  });

  it('malformed texts are no placed ids', () => {
    const good = '013xrzp12g3nqk8nzzzzzzzzzzzzzzzz';
    const bad = [
      '',
      good.toUpperCase(),
      good.slice(1),
      `${good}0`,
      `8${good.slice(1)}`,
      `${good}\n`,
      ` ${good}`,
    ];
    for (const text of bad) assert.equal(parsePlaced(text), null, JSON.stringify(text));
    for (const character of 'ilouA-_ é')
      assert.equal(parsePlaced(good.replace('x', character)), null, character);
  });
});

describe('uuids', () => {
  for (const { text, ms: time, randomHex } of vectors.uuid.vectors) {
    it(`${text} is read and written as published`, () => {
      assert.deepEqual(parseUuid(text), { ms: time, random: BigInt(`0x${randomHex}`) });
      assert.equal(formatUuid({ ms: time, random: BigInt(`0x${randomHex}`) }), text);
    });
  }

  it('parse after print is the identity', () => {
    fc.assert(
      fc.property(ms, random, (time, bits) => {
        const uuid = formatUuid({ ms: time, random: bits });
        assert.ok(isUuid(uuid));
        assert.deepEqual(parseUuid(uuid), { ms: time, random: bits });
      }),
    );
  });

  it('other versions, variants, cases and lengths are no uuids of ours', () => {
    const good = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f';
    const bad = [
      good.replace('-7cc3', '-4cc3'),
      good.replace('-98', '-c8'),
      good.replace('-98', '-78'),
      good.toUpperCase(),
      good.replaceAll('-', ''),
      `${good}0`,
      `{${good}}`,
      '',
    ];
    for (const text of bad) {
      assert.equal(parseUuid(text), null, text);
      assert.throws(() => toPlaced(text, 'identity', 1), TypeError);
      assert.throws(() => toTagged(text, 'idn'), TypeError);
    }
  });
});

describe('tagged ids', () => {
  for (const { text, tag, uuid } of vectors.tagged.vectors) {
    it(`${text} is read and written as published`, () => {
      assert.equal(parseTagged(text, tag), uuid);
      assert.equal(toTagged(uuid, tag), text);
    });
  }

  it('a tagged id gives back its uuid', () => {
    fc.assert(
      fc.property(ms, random, (time, bits) => {
        const uuid = formatUuid({ ms: time, random: bits });
        assert.equal(parseTagged(toTagged(uuid, 'idn'), 'idn'), uuid);
      }),
    );
  });

  it('another tag, another length, a letter outside the alphabet or another version is none', () => {
    const good = 'prefix_01h455vb4pex5vsknk084sn02q';
    assert.equal(parseTagged(good, 'idn'), null);
    assert.equal(parseTagged(good, 'pre'), null);
    for (const bad of [
      good.slice(0, -1),
      `${good}0`,
      good.replace('_0', '_8'),
      good.replace('5v', 'ul'),
      good.toUpperCase(),
      'prefix_00000000000000000000000000',
      'prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz',
    ]) {
      assert.equal(parseTagged(bad, 'prefix'), null, bad);
    }
  });

  it('any text is either null or exactly what would be written', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^x_[0-9a-z]{26}$/), (text) => {
        const uuid = parseTagged(text, 'x');
        assert.ok(uuid === null || toTagged(uuid, 'x') === text);
      }),
    );
  });
});

describe('the generator', () => {
  it('goes on to the next millisecond when the random part is used up', () => {
    const ids = createIdGenerator({
      nowMs: () => 1_000,
      randomBytes: (size) => new Uint8Array(size).fill(255),
    });
    const issued = [ids.next(), ids.next(), ids.next()];
    assert.deepEqual(
      issued.map((id) => parseUuid(id)?.ms),
      [1_000, 1_001, 1_002],
    );
  });

  it('keeps its order whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2 }), (times) => {
        let at = 0;
        const ids = createIdGenerator({ nowMs: () => times[at] ?? 0, randomBytes });
        const issued = times.map((_, index) => {
          at = index;
          return ids.next();
        });
        assert.deepEqual(issued.toSorted(), issued);
        assert.equal(new Set(issued).size, issued.length);
      }),
    );
  });
});

describe('ids of digests', () => {
  it('take their time from one id and 74 bits from the digest; stored ids depend on which', () => {
    fc.assert(
      fc.property(ms, random, fc.uint8Array({ minLength: 32, maxLength: 32 }), (time, old, bytes) => {
        const digest = Buffer.from(bytes);
        const bits = (digest.readBigUInt64BE(0) << 10n) | BigInt(digest.readUInt16BE(8) & 0x3ff);
        const made = uuidOfDigest(formatUuid({ ms: time, random: old }), digest);
        assert.equal(made, formatUuid({ ms: time, random: bits }));
      }),
    );
  });
});
