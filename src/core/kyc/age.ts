import { type Day, dayOf, parseDay } from './dates.ts';

export const AGE_MIN = 18;
export const AGE_MAX = 99;

/**
 * Completed years. Who was born on 29 February has the birthday on 1 March in common years (contract kyc 3.1), which
 * is what comparing month and day gives by itself: 28 February comes before 29 February, 1 March after it.
 */
export function completedYears(born: Day, today: Day): number {
  const hadBirthday = today.month > born.month || (today.month === born.month && today.day >= born.day);
  return today.year - born.year - (hadBirthday ? 0 : 1);
}

/**
 * Whether somebody is between 18 and 99 on the UTC date of `now`, both ends allowed.
 *
 * @param birthday `YYYY-MM-DD`; anything else is of no age.
 * @returns Which end it is beyond; null when between.
 */
export function ageProblem(birthday: string, now: Date): 'min_age' | 'max_age' | 'format' | null {
  const born = parseDay(birthday);
  if (born === null) return 'format';
  const years = completedYears(born, dayOf(now));
  if (years < AGE_MIN) return 'min_age';
  return years > AGE_MAX ? 'max_age' : null;
}
