import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecord } from './records.ts';

test("ip-location-db's flat shape is read; a state's name is no region code", () => {
  const record = {
    ...{ country_code: 'AU', state1: 'Victoria', city: 'Melbourne', latitude: -37.8, longitude: 144.9 },
    timezone: 'Australia/Melbourne',
  };
  assert.deepEqual(readRecord(record), {
    countryCode: 'AU',
    city: 'Melbourne',
    latLong: [-37.8, 144.9],
    timezone: 'Australia/Melbourne',
  });
});

test('coordinates come both or not at all, and only within bounds', () => {
  const at = (latitude: unknown, longitude: unknown) =>
    readRecord({ location: { latitude, longitude } }).latLong;
  assert.deepEqual(at(90, -180), [90, -180]);
  assert.deepEqual(at('51.5', '-0.1'), [51.5, -0.1]);
  for (const [lat, long] of [
    [1],
    [undefined, 1],
    [90.1, 0],
    [0, 180.1],
    [Number.NaN, 0],
    ['', 0],
    [null, 0],
  ]) {
    assert.equal(at(lat, long), undefined);
  }
});

test('a region code is what follows the hyphen', () => {
  const region = (iso_code: unknown) => readRecord({ subdivisions: [{ iso_code }] }).regionCode;
  assert.equal(region('AU-VIC'), 'VIC');
  assert.equal(region('13'), '13');
  for (const wrong of ['', 'AU-', 'Victoria', 3]) assert.equal(region(wrong), undefined);
});

test('values that do not fit are left out', () => {
  assert.deepEqual(
    readRecord({
      ...{ autonomous_system_number: 0, country_code: 'aus', city: ' \u0000 ', timezone: 'Mars/Olympus' },
      ...{ subdivisions: 'x', location: null },
    }),
    {},
  );
  for (const timezone of ['+10:00', '', 'UTC\n', 7]) assert.deepEqual(readRecord({ timezone }), {});
  for (const record of [null, 3, 'x', [], undefined]) assert.deepEqual(readRecord(record), {});
});

test('AS numbers are read as number and as text', () => {
  assert.equal(readRecord({ autonomous_system_number: 13335 }).asn, 13335);
  assert.equal(readRecord({ asn: 'AS13335' }).asn, 13335);
  for (const asn of ['AS0', -1, 1.5, 2 ** 32, 'ASX']) assert.equal(readRecord({ asn }).asn, undefined);
});
