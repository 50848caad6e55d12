import { compareDays, type Day, isDay, parseDay } from './dates.ts';

function parts(text: string): { year: number; month: number; day: number } | null {
  const match = /^(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  return { year, month, day };
}

/**
 * A birth date of a zone: the latest day of that year, month and day that is not in the future.
 *
 * @param text `YYMMDD`. @returns Null when it is no day, or has fillers.
 */
export function resolveBirth(text: string, today: Day): Day | null {
  const read = parts(text);
  if (read === null) return null;
  const century = today.year - (today.year % 100);
  const candidates = [century, century - 100].map((from) => ({ ...read, year: from + read.year }));
  return candidates.find((day) => isDay(day) && compareDays(day, today) <= 0) ?? null;
}

/** Documents hold for ten years, some cards for longer; what seems further ahead expired in the last century. */
const AHEAD_YEARS_MAX = 50;

/** An expiry date of a zone. @param text `YYMMDD`. @returns Null when it is no day. */
export function resolveExpiry(text: string, today: Day): Day | null {
  const read = parts(text);
  if (read === null) return null;
  const century = today.year - (today.year % 100);
  const candidates = [century + 100, century, century - 100].map((from) => ({
    ...read,
    year: from + read.year,
  }));
  return candidates.find((day) => isDay(day) && day.year - today.year <= AHEAD_YEARS_MAX) ?? null;
}

/**
 * Whether a zone's birth date is the given one. Parts that the zone does not know (fillers) are not compared.
 *
 * @param birthday `YYYY-MM-DD`.
 * @returns Null when the zone knows nothing of it.
 */
export function matchBirthday(zone: string, birthday: string, today: Day): boolean | null {
  if (/^<*$/.test(zone)) return null;
  const given = parseDay(birthday);
  if (given === null) return false;
  if (zone.includes('<')) {
    const printed = birthday.slice(2).replaceAll('-', '');
    return [...zone].every((character, index) => character === '<' || character === printed[index]);
  }
  const born = resolveBirth(zone, today);
  return born !== null && compareDays(born, given) === 0;
}
