import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Hmac } from './hmac.ts';

const hex = (bytes: Buffer) => bytes.toString('hex');

test('digests are those of RFC 4231, test cases 1 to 3', () => {
  const vectors: [Buffer, Buffer, string][] = [
    [
      Buffer.alloc(20, 0x0b),
      Buffer.from('Hi There'),
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      Buffer.from('Jefe'),
      Buffer.from('what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      Buffer.alloc(20, 0xaa),
      Buffer.alloc(50, 0xdd),
      '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    ],
  ];
  for (const [key, message, digest] of vectors) assert.equal(hex(new Hmac(key).digest(message)), digest);
});

test('they are the runtime’s own, whatever key and message, one after the other', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.array(fc.uint8Array({ maxLength: 300 })),
      (key, messages) => {
        const mac = new Hmac(key);
        for (const message of messages)
          assert.equal(hex(mac.digest(message)), createHmac('sha256', key).update(message).digest('hex'));
      },
    ),
  );
});

test('a digest that was given out stays what it is', () => {
  const mac = new Hmac(Buffer.alloc(32, 1));
  const first = mac.digest(Buffer.from('one'));
  const copy = hex(first);
  mac.digest(Buffer.from('other'));
  assert.equal(hex(first), copy);
});

test('a key that is longer than a block is refused', () => {
  assert.throws(() => new Hmac(Buffer.alloc(65)), RangeError);
});
