import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createClientAddress, normaliseAddress } from './client-address.ts';

test('without trusted proxies the peer counts, whatever the header says', () => {
  const addressOf = createClientAddress([]);
  fc.assert(
    fc.property(fc.ipV4(), fc.string(), (peer, header) => {
      assert.deepEqual(addressOf(peer, header), { address: peer, fromTrustedProxy: false });
    }),
  );
});

test('behind trusted proxies the right-most stranger counts', () => {
  const addressOf = createClientAddress(['10.0.0.0/8', '2001:db8::/32', '192.0.2.1']);
  const cases: [string, string | undefined, string][] = [
    ['10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['::ffff:10.0.0.1', '6.6.6.6, 203.0.113.9 , 10.1.1.1', '203.0.113.9'],
    ['10.0.0.1', '203.0.113.9, 192.0.2.1, 2001:DB8:0::7', '203.0.113.9'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '10.2.2.2', '10.2.2.2'],
    // A malformed entry ends the walk at what was understood.
    ['10.0.0.1', '203.0.113.9, junk, 10.2.2.2', '10.2.2.2'],
    ['10.0.0.1', '203.0.113.9, 1, 10.2.2.2', '10.2.2.2'],
    ['10.0.0.1', '203.0.113.9, 010.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '203.0.113.9:4711', '10.0.0.1'],
  ];
  for (const [peer, header, address] of cases)
    assert.deepEqual(addressOf(peer, header), { address, fromTrustedProxy: true }, `${peer} ${header}`);
  assert.deepEqual(addressOf('192.0.2.2', '203.0.113.9'), { address: '192.0.2.2', fromTrustedProxy: false });
});

test('what a stranger writes to the left never changes the answer', () => {
  const addressOf = createClientAddress(['10.0.0.0/8']);
  const stranger = fc.ipV4().filter((address) => !address.startsWith('10.'));
  fc.assert(
    fc.property(fc.string(), stranger, (forged, client) => {
      assert.equal(addressOf('10.0.0.1', `${forged},${client}`).address, client);
    }),
  );
});

test('an address has one spelling', () => {
  assert.equal(normaliseAddress('2001:DB8:0:0:1:0:0:1'), '2001:db8::1:0:0:1');
  assert.equal(normaliseAddress('::FFFF:192.0.2.1'), '192.0.2.1');
  assert.equal(normaliseAddress('fe80::1%eth0'), 'fe80::1');
  for (const text of ['', '1', '0x7f.1', '127.1', '01.2.3.4', '[::1]', 'example.com'])
    assert.equal(normaliseAddress(text), null, text);
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const once = normaliseAddress(address);
      assert.ok(once !== null);
      assert.equal(normaliseAddress(once), once);
    }),
  );
});

test('a range that is none is refused at the start', () => {
  for (const range of [
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'localhost',
    '::/129',
    '::ffff:10.0.0.0/8',
  ])
    assert.throws(() => createClientAddress([range]), TypeError, range);
  assert.equal(createClientAddress(['::ffff:10.0.0.0/104'])('10.9.9.9', '9.9.9.9').address, '9.9.9.9');
});
