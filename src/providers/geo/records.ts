import type { Place } from '../../core/ports.ts';

type Loose = Readonly<Record<string, unknown>>;

/**
 * What a record of an `.mmdb` file says, in any of the shapes at hand: MaxMind's (`country.iso_code`, `city.names.en`,
 * `location`), ip-location-db's flat one (`country_code`, `state1`, `latitude`), with AS numbers in either. Only what
 * contract pools 5 allows comes out; what does not fit is left out, never repaired.
 */
export function readRecord(record: unknown): Place {
  const flat = loose(record);
  const location = loose(flat.location);
  const asn = asnOf(flat.autonomous_system_number ?? flat.asn);
  const countryCode = codeOf(loose(flat.country).iso_code ?? flat.country_code, /^[A-Z]{2}$/);
  const regionCode = codeOf(first(flat.subdivisions).iso_code ?? flat.state_code, /^[A-Z0-9]{1,3}$/);
  const city = textOf(loose(loose(flat.city).names).en ?? flat.city);
  const latLong = latLongOf(location.latitude ?? flat.latitude, location.longitude ?? flat.longitude);
  const timezone = timezoneOf(location.time_zone ?? flat.timezone ?? flat.time_zone);
  return {
    ...(asn === null ? {} : { asn }),
    ...(countryCode === null ? {} : { countryCode }),
    ...(regionCode === null ? {} : { regionCode }),
    ...(city === null ? {} : { city }),
    ...(latLong === null ? {} : { latLong }),
    ...(timezone === null ? {} : { timezone }),
  };
}

function loose(value: unknown): Loose {
  return typeof value === 'object' && value !== null ? (value as Loose) : {};
}

/** MaxMind lists subdivisions from the largest to the smallest; ISO 3166-2 codes are the largest's. */
function first(value: unknown): Loose {
  return loose(Array.isArray(value) ? value[0] : undefined);
}

/** ISO 3166-2 codes come with their country (`AU-VIC`) or without: the part after the hyphen counts. */
function codeOf(value: unknown, pattern: RegExp): string | null {
  if (typeof value !== 'string') return null;
  const code = value.slice(value.lastIndexOf('-') + 1);
  return pattern.test(code) ? code : null;
}

/** @param value A number, or text such as `13335` and `AS13335`. */
export function asnOf(value: unknown): number | null {
  const asn =
    typeof value === 'string' && /^(AS)?\d{1,10}$/.test(value) ? Number(value.replace('AS', '')) : value;
  return typeof asn === 'number' && Number.isInteger(asn) && asn >= 1 && asn <= 0xffff_ffff ? asn : null;
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text !== '' && text.length <= 256 && !/\p{Cc}/u.test(text) ? text : null;
}

function latLongOf(latitude: unknown, longitude: unknown): readonly [number, number] | null {
  const lat = degrees(latitude, 90);
  const long = degrees(longitude, 180);
  return lat === null || long === null ? null : [lat, long];
}

function degrees(value: unknown, bound: number): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Math.abs(number) <= bound ? number : null;
}

const zones = new Map<string, boolean>();

/** Zones that the runtime knows; it is asked once a name, since asking takes tens of microseconds. */
function timezoneOf(value: unknown): string | null {
  // Offsets such as +10:00 are zones to Intl, but not IANA names.
  if (typeof value !== 'string' || !/^[A-Za-z][\w+/-]{1,63}$/.test(value)) return null;
  let known = zones.get(value);
  if (known === undefined) {
    try {
      known = new Intl.DateTimeFormat('en', { timeZone: value }) instanceof Intl.DateTimeFormat;
    } catch {
      known = false;
    }
    if (zones.size < 1000) zones.set(value, known);
  }
  return known ? value : null;
}
