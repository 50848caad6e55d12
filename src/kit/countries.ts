import { iso31661 } from 'iso-3166';

const CODES: ReadonlySet<string> = new Set(iso31661.map(({ alpha2 }) => alpha2));

/** Whether a text is an assigned code of ISO 3166-1 alpha-2, in upper case. */
export function isCountryCode(text: string): boolean {
  return CODES.has(text);
}
