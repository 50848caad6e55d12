import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAddressPolicy } from './address-policy.ts';

const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::200e',
];
const LINK_LOCAL = ['169.254.169.254', 'fe80::1', 'fe80::1%eth0'];
const PRIVATE = [
  '127.0.0.1',
  '127.8.9.10',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fd00::1',
];
const NEVER = [
  ...['0.0.0.0', '0.1.2.3', '224.0.0.1', '239.255.255.250', '255.255.255.255', '240.0.0.1'],
  ...['192.0.0.1', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.51.100.1', '203.0.113.1'],
  ...[
    '::',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2001:20::1',
    '100::1',
    'fec0::1',
    '4000::1',
    '5f00::1',
    '3fff::1',
  ],
  ...['', 'localhost', '1.2.3', 'x'],
];
/** IPv6 forms of an IPv4 address: mapped, compatible, translated, NAT64 and 6to4. */
const formsOf = (hex: string): string[] => [
  `::ffff:${hex}`,
  `::${hex}`,
  `::ffff:0:${hex}`,
  `64:ff9b::${hex}`,
  `2002:${hex}::1`,
];
const refused = (allow: boolean | string[], addresses: string[]): void => {
  const isAllowed = createAddressPolicy(allow);
  assert.deepEqual(addresses.filter(isAllowed), []);
};
const allowed = (allow: boolean | string[], addresses: string[]): void => {
  const isAllowed = createAddressPolicy(allow);
  assert.deepEqual(
    addresses.filter((address) => !isAllowed(address)),
    [],
  );
};

describe('the address policy', () => {
  it('allows public addresses only', () => {
    allowed(false, PUBLIC);
    refused(false, [...LINK_LOCAL, ...PRIVATE, ...NEVER]);
  });

  it('refuses every IPv6 form that carries an IPv4 address, public ones included', () => {
    for (const hex of ['7f00:1', 'a9fe:a9fe', '808:808']) refused(false, formsOf(hex));
    refused(false, ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1']);
  });

  it('with private ones allowed still refuses link-local, multicast and reserved ones', () => {
    allowed(true, [...PUBLIC, ...PRIVATE, ...formsOf('7f00:1')]);
    refused(true, [...LINK_LOCAL, ...NEVER, ...formsOf('a9fe:a9fe')]);
  });

  it('with ranges allowed refuses what lies outside them', () => {
    const ranges = ['127.0.0.0/8', '10.1.0.0/16', '::1/128', '169.254.1.1'];
    allowed(ranges, [...PUBLIC, '127.0.0.1', '10.1.2.3', '::1', '169.254.1.1', ...formsOf('7f00:1')]);
    refused(ranges, ['10.2.0.1', '192.168.1.1', 'fd00::1', '169.254.169.254', ...formsOf('a02:1')]);
    refused([], PRIVATE);
    assert.throws(() => createAddressPolicy(['10.0.0.0/33']), TypeError);
    assert.throws(() => createAddressPolicy(['example.com']), TypeError);
  });
});
