import { compareDays, type Day, formatDay } from '../../core/kyc/dates.ts';
import { matchGender } from '../../core/kyc/gender-match.ts';
import { matchBirthday, resolveExpiry } from '../../core/kyc/mrz-dates.ts';
import { matchNames } from '../../core/kyc/name-match.ts';
import { type Mrz, parseMrz } from '../../core/kyc/parse-mrz.ts';
import type { PersonFacts } from '../../core/kyc/provider.ts';
import { type Check, type CheckCode, check } from './checks.ts';
import type { Zone } from './read-files.ts';

/** All zones have to agree; one that can say nothing leaves it to the others. */
function worst(results: readonly (boolean | null)[]): boolean | null {
  if (results.includes(false)) return false;
  return results.includes(true) ? true : null;
}

const ZONE_CODES = [
  'mrz_check_digits',
  'document_expiry',
  'name_match',
  'birthday_match',
  'gender_match',
] as const satisfies readonly CheckCode[];

/**
 * Holds what the zones of a person's documents say against the facts. A zone whose digits disagree fails its own check
 * and is used for nothing else.
 *
 * @returns `validUntil`: the day on which the first of the documents expires; null when no zone says.
 */
export function checkZones(
  zones: readonly Zone[],
  person: PersonFacts,
  today: Day,
): { checks: Check[]; validUntil: string | null } {
  if (zones.length === 0)
    return { checks: ZONE_CODES.map((code) => check(code, null, 'no zone was read')), validUntil: null };
  const parsed = zones.filter(({ isSound }) => isSound).map(({ lines }) => parseMrz(lines));
  const sound = parsed.filter((mrz) => mrz !== null);
  const over = (test: (mrz: Mrz) => boolean | null): boolean | null => worst(sound.map(test));
  const expiries = sound.map(({ expiry }) => resolveExpiry(expiry, today));
  const first = expiries.filter((day) => day !== null).sort(compareDays)[0];
  const checks = [
    check('mrz_check_digits', sound.length === zones.length),
    check(
      'document_expiry',
      worst(expiries.map((day) => (day === null ? null : compareDays(day, today) >= 0))),
    ),
    check(
      'name_match',
      over(({ names }) => matchNames(names, person.name)),
    ),
    check(
      'birthday_match',
      over(({ birth }) => matchBirthday(birth, person.birthday, today)),
    ),
    check(
      'gender_match',
      over(({ sex }) => matchGender(sex, person.gender)),
    ),
  ];
  return { checks, validUntil: first === undefined ? null : formatDay(first) };
}
