import type { Deps } from '../deps.ts';
import type { Place } from '../ports.ts';
import type { SessionDevice } from './content.ts';

const BYTES_MAX = 512;
const CONTROL = /\p{Cc}/gu;

/** What a login says of where it comes from. */
export interface LoginOrigin {
  /** Normalised: IPv4 dotted, or IPv6 in RFC 5952 form. */
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

/** @see Contract iam 4.2: user agent and location are cut at 512 bytes. */
export function deviceOf(
  { ids, places }: Pick<Deps, 'ids' | 'places'>,
  { ipAddress, userAgent }: LoginOrigin,
): SessionDevice {
  return {
    id: ids.next(),
    ipAddress,
    userAgent: cut(userAgent ?? ''),
    location: ipAddress === null ? null : cut(placeName(places.findPlace(ipAddress))),
  };
}

function placeName({ city, countryCode }: Place): string {
  return [city, countryCode].filter((part) => part !== undefined).join(', ');
}

function cut(text: string): string | null {
  const bytes = Buffer.from(text.replace(CONTROL, '')).subarray(0, BYTES_MAX);
  // As a stream: a character that was cut in two is left out.
  const kept = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
  return kept === '' ? null : kept;
}
