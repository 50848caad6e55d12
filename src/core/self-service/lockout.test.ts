import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from './lockout.ts';

test('an IPv4 address counts for itself, in whichever spelling', () => {
  assert.equal(networkOf('203.0.113.9'), '203.0.113.9');
  assert.equal(networkOf('::ffff:203.0.113.9'), '203.0.113.9');
});

test('of IPv6 everything below the same 64 bits counts as one', () => {
  const network = '2001:db8:1:2::/64';
  for (const address of ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:0db8:0001:0002::']) {
    assert.equal(networkOf(address), network);
  }
  assert.notEqual(networkOf('2001:db8:1:3::1'), network);
  assert.equal(networkOf('2001:db8::1'), '2001:db8:0:0::/64');
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('1:2:3:4:5:6:7:8'), '1:2:3:4::/64');
});

test('what is no address shares one count', () => {
  assert.equal(networkOf(''), networkOf('unknown'));
});
