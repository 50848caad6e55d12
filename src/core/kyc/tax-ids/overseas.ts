import { isAllEqual, isLuhn, weightedSum } from './arithmetic.ts';
import type { CountryRules, TaxIdRule } from './rules.ts';

/** Prefixes that no office of the revenue service gives out ("How EINs are assigned and valid EIN prefixes"). */
const UNASSIGNED_EIN_PREFIXES: ReadonlySet<string> = new Set(
  '00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97'.split(' '),
);

/** Modulo 11 as both Brazilian registers do it: 10 and 11 become 0. */
function brazilianDigit(text: string, weights: readonly number[]): string {
  const rest = weightedSum(text, weights) % 11;
  return String(rest < 2 ? 0 : 11 - rest);
}

function endsInBrazilianDigits(text: string, weights: readonly number[]): boolean {
  const body = text.slice(0, -2);
  const first = brazilianDigit(body, weights.slice(1));
  return text.endsWith(first + brazilianDigit(body + first, weights));
}

const isBrazilianPerson: TaxIdRule = (text) =>
  /^[0-9]{11}$/.test(text) &&
  !isAllEqual(text) &&
  endsInBrazilianDigits(text, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);

const isBrazilianCompany: TaxIdRule = (text) =>
  /^[0-9]{14}$/.test(text) &&
  !isAllEqual(text) &&
  endsInBrazilianDigits(text, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);

/** Groups of an ITIN, the number for those who have no social security number. */
function isItinGroup(group: number): boolean {
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 99 && group !== 89 && group !== 93);
}

const isAmericanPerson: TaxIdRule = (text) => {
  const match = /^([0-9]{3})([0-9]{2})([0-9]{4})$/.exec(text);
  if (match === null) return false;
  const [, area = '', group = '', serial] = match;
  if (area === '000' || area === '666' || group === '00' || serial === '0000') return false;
  return !area.startsWith('9') || isItinGroup(Number(group));
};

const isAmericanCompany: TaxIdRule = (text) =>
  /^[0-9]{9}$/.test(text) && !UNASSIGNED_EIN_PREFIXES.has(text.slice(0, 2));

const isCanadian: TaxIdRule = (text) => /^[0-9]{9}$/.test(text) && !isAllEqual(text) && isLuhn(text);

const isAustralian: TaxIdRule = (text) =>
  /^[0-9]{9}$/.test(text) && !isAllEqual(text) && weightedSum(text, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0;

/** The Americas, and Australia. */
export const OVERSEAS_RULES: Readonly<Record<string, CountryRules>> = {
  AU: { person: isAustralian, company: isAustralian },
  BR: { person: isBrazilianPerson, company: isBrazilianCompany },
  CA: { person: isCanadian },
  US: { person: isAmericanPerson, company: isAmericanCompany },
};
