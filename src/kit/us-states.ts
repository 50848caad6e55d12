import { iso31662 } from 'iso-3166';

// ISO 3166-2:US has the states, the district and the outlying areas.
const CODES: ReadonlySet<string> = new Set(
  iso31662.filter(({ parent }) => parent === 'US').map(({ code }) => code.slice('US-'.length)),
);

/** Whether a text is the code of a state, the district or a territory of the United States, in upper case: `WA`. */
export function isUsStateCode(text: string): boolean {
  return CODES.has(text);
}
