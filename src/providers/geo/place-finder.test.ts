import assert from 'node:assert/strict';
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { encodeMmdb, type MmdbValue } from '../../../test/harness/mmdb.ts';
import { openPlaceFinder } from './place-finder.ts';
import { GeoFileUnusable } from './tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'selfsame-geo-'));
let files = 0;

function mmdb(networks: Record<string, MmdbValue>): string {
  files += 1;
  const path = join(folder, `${files}.mmdb`);
  writeFileSync(path, encodeMmdb(networks));
  return path;
}

const MELBOURNE = {
  city: { names: { de: 'Melbourne (de)', en: 'Melbourne' } },
  country: { iso_code: 'AU', names: { en: 'Australia' } },
  location: { latitude: -37.8159, longitude: 144.9669, time_zone: 'Australia/Melbourne' },
  subdivisions: [{ iso_code: 'VIC' }, { iso_code: 'XX' }],
};
const HERE = {
  countryCode: 'AU',
  regionCode: 'VIC',
  city: 'Melbourne',
  latLong: [-37.8159, 144.9669],
  timezone: 'Australia/Melbourne',
};

describe('packaged data', () => {
  test('tell country and network of public addresses of both families', async () => {
    const finder = await openPlaceFinder();
    assert.deepEqual(finder.findPlace('8.8.8.8'), { asn: 15169, countryCode: 'US' });
    assert.deepEqual(finder.findPlace('2001:4860:4860::8888'), { asn: 15169, countryCode: 'US' });
    assert.ok(finder.sources.length >= 3);
    finder.close();
    assert.deepEqual(finder.findPlace('8.8.8.8'), {});
  });

  const NOWHERE = [
    ...[
      '10.0.0.1',
      '127.0.0.1',
      '169.254.1.1',
      '192.168.0.1',
      '172.16.0.1',
      '100.64.0.1',
      '0.0.0.0',
      '192.0.2.1',
    ],
    ...[
      '255.255.255.255',
      '224.0.0.1',
      '::',
      '::1',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      '2001:db8::1',
      '4000::1',
    ],
    ...[
      'ff02::1',
      '::ffff:10.0.0.1',
      '',
      'x',
      '8.8.8',
      '8.8.8.8.8',
      '0x8.8.8.8',
      '010.8.8.8',
      '8.8.8.8/32',
      '134744072',
    ],
  ];
  test('private, reserved and malformed addresses are nowhere', async () => {
    const finder = await openPlaceFinder();
    for (const address of NOWHERE) assert.deepEqual(finder.findPlace(address), {}, address);
    finder.close();
  });
});

describe('a city file', () => {
  test('is read in both families, an IPv4-mapped address as IPv4', async () => {
    const cityFile = mmdb({ '1.128.0.0/11': MELBOURNE, '2001:4860::/32': MELBOURNE });
    const finder = await openPlaceFinder({ cityFile });
    for (const address of ['1.128.0.1', '::ffff:1.128.0.1', '2001:4860::1']) {
      const { asn: _, ...place } = finder.findPlace(address);
      assert.deepEqual(place, HERE, address);
    }
    finder.close();
  });

  test('has the word on countries; what it lacks comes from the others', async () => {
    const cityFile = mmdb({
      '8.8.8.0/24': { country: { iso_code: 'NZ' } },
      '8.8.4.0/24': { city: 'Somewhere' },
    });
    const finder = await openPlaceFinder({ cityFile });
    assert.deepEqual(finder.findPlace('8.8.8.8'), { asn: 15169, countryCode: 'NZ' });
    assert.deepEqual(finder.findPlace('8.8.4.4'), { asn: 15169, countryCode: 'US', city: 'Somewhere' });
    finder.close();
  });

  test('a narrower network wins over a wider one', async () => {
    const cityFile = mmdb({ '8.8.8.8/32': { city: 'narrow' }, '8.0.0.0/8': { city: 'wide' } });
    const finder = await openPlaceFinder({ cityFile });
    assert.equal(finder.findPlace('8.8.8.8').city, 'narrow');
    assert.equal(finder.findPlace('8.8.8.9').city, 'wide');
    finder.close();
  });
});

describe('operator files in place of packaged ones', () => {
  test('AS numbers and countries come from them alone', async () => {
    const asnFile = mmdb({ '8.8.8.0/24': { autonomous_system_number: 64500 } });
    const countryFile = mmdb({ '8.8.8.0/24': { country_code: 'FR' } });
    const finder = await openPlaceFinder({ asnFile, countryFile });
    assert.deepEqual(finder.findPlace('8.8.8.8'), { asn: 64500, countryCode: 'FR' });
    assert.deepEqual(finder.findPlace('1.1.1.1'), {});
    assert.deepEqual(finder.sources, [countryFile, asnFile]);
    finder.close();
  });

  for (const [name, spoil] of Object.entries({
    missing: (): string => '/nowhere/x.mmdb',
    empty: (): string => writeTo('empty.mmdb', Buffer.alloc(0)),
    'something else': (): string =>
      writeTo('text.mmdb', Buffer.from('hello, this is no database'.repeat(99))),
    'cut off': (): string => {
      const path = mmdb({ '8.0.0.0/8': MELBOURNE });
      truncateSync(path, 900);
      return path;
    },
  })) {
    test(`a file that is ${name} is refused by name`, async () => {
      const cityFile = spoil();
      await assert.rejects(openPlaceFinder({ cityFile }), (error) => {
        return error instanceof GeoFileUnusable && error.message.startsWith(`${cityFile}: `);
      });
    });
  }

  test('a damaged record is an unknown place', async () => {
    const bytes = encodeMmdb({ '9.9.9.0/24': { city: 'Somewhere' } });
    bytes[bytes.indexOf('city') - 1] = 0;
    bytes.fill(0, bytes.indexOf('city'), bytes.indexOf('Somewhere') + 9);
    const finder = await openPlaceFinder({ cityFile: writeTo('damaged.mmdb', bytes) });
    assert.equal(finder.findPlace('9.9.9.9').city, undefined);
    finder.close();
  });

  test('reload turns to new content, and keeps the old when the new is bad', async () => {
    const cityFile = mmdb({ '8.8.8.0/24': { city: 'old' } });
    const finder = await openPlaceFinder({ cityFile });
    writeFileSync(cityFile, encodeMmdb({ '8.8.8.0/24': { city: 'new' } }));
    assert.equal(finder.findPlace('8.8.8.8').city, 'old');
    await finder.reload();
    assert.equal(finder.findPlace('8.8.8.8').city, 'new');
    writeFileSync(cityFile, 'bad');
    await assert.rejects(finder.reload(), GeoFileUnusable);
    assert.deepEqual(finder.findPlace('8.8.8.8'), { asn: 15169, countryCode: 'US', city: 'new' });
    finder.close();
  });
});

function writeTo(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
