import type { Gender } from './provider.ts';

/** Whether a zone's sex is the given gender. @returns Null when either of them says nothing. */
export function matchGender(zone: Gender, given: Gender | null): boolean | null {
  if (zone === 'undefined' || given === null || given === 'undefined') return null;
  return zone === given;
}
