import { digitsOf, isAllEqual, isLuhn, isMod11And10, weightedSum } from './arithmetic.ts';
import type { CountryRules, TaxIdRule } from './rules.ts';

const ES_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const ES_COMPANY_LETTERS = 'JABCDEFGHI';
const IE_LETTERS = 'WABCDEFGHIJKLMNOPQRSTUV';
const IT_ODD_VALUES = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];
/** Places of digits in which the register writes letters where two people would share a code. */
const IT_DIGIT = '[0-9LMNP-V]';
const IT_CODE = new RegExp(`^[A-Z]{6}${IT_DIGIT}{2}[ABCDEHLMPRST]${IT_DIGIT}{2}[A-Z]${IT_DIGIT}{3}[A-Z]$`);
/** Prefixes that were never given out, and letters that are not used at their place (HMRC, NIM39110). */
const GB_NINO = /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]$/;

const isPortuguese: TaxIdRule = (text) => {
  if (!/^[0-9]{9}$/.test(text) || isAllEqual(text)) return false;
  const check = 11 - (weightedSum(text, [9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return Number(text[8]) === (check > 9 ? 0 : check);
};

const isSpanishPerson: TaxIdRule = (text) => {
  const match = /^([XYZ]?)([0-9]{7,8})([A-Z])$/.exec(text);
  if (match === null) return false;
  const [, foreigner = '', digits = '', letter] = match;
  if (digits.length !== (foreigner === '' ? 8 : 7)) return false;
  const prefix = foreigner === '' ? '' : String('XYZ'.indexOf(foreigner));
  return ES_LETTERS[Number(prefix + digits) % 23] === letter;
};

const isSpanishCompany: TaxIdRule = (text) => {
  if (!/^[ABCDEFGHJNPQRSUVW][0-9]{7}[0-9A-J]$/.test(text)) return false;
  const sum = digitsOf(text.slice(1, 8))
    .map((digit, index) => (index % 2 === 1 ? digit : digit * 2 - (digit > 4 ? 9 : 0)))
    .reduce((total, part) => total + part, 0);
  const check = (10 - (sum % 10)) % 10;
  return text[8] === String(check) || text[8] === ES_COMPANY_LETTERS[check];
};

const isFrenchPerson: TaxIdRule = (text) =>
  /^[0-9]{13}$/.test(text) && Number(text.slice(0, 10)) % 511 === Number(text.slice(10));

const isFrenchCompany: TaxIdRule = (text) => /^[0-9]{9}$/.test(text) && !isAllEqual(text) && isLuhn(text);

const isGermanPerson: TaxIdRule = (text) => /^[1-9][0-9]{10}$/.test(text) && isMod11And10(text);

const isItalianPerson: TaxIdRule = (text) => {
  if (!IT_CODE.test(text)) return false;
  const sum = [...text.slice(0, 15)].reduce((total, character, index) => {
    // Letters and digits share one row of values: A and 0, B and 1, …
    const place = /[0-9]/.test(character) ? Number(character) : character.charCodeAt(0) - 65;
    return total + (index % 2 === 0 ? (IT_ODD_VALUES[place] ?? 0) : place);
  }, 0);
  return text[15] === String.fromCharCode(65 + (sum % 26));
};

const isItalianCompany: TaxIdRule = (text) => /^[0-9]{11}$/.test(text) && !isAllEqual(text) && isLuhn(text);

const isDutch: TaxIdRule = (text) =>
  /^[0-9]{9}$/.test(text) && !isAllEqual(text) && weightedSum(text, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;

const isBelgian: TaxIdRule = (text) => {
  if (!/^[0-9]{11}$/.test(text)) return false;
  const check = Number(text.slice(9));
  // Who was born from 2000 on has the remainder of the number with a 2 before it.
  return ['', '2'].some((prefix) => 97 - (Number(prefix + text.slice(0, 9)) % 97) === check);
};

const isPolishPerson: TaxIdRule = (text) =>
  /^[0-9]{11}$/.test(text) &&
  !isAllEqual(text) &&
  (10 - (weightedSum(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(text[10]);

const isPolishCompany: TaxIdRule = (text) =>
  /^[0-9]{10}$/.test(text) &&
  !isAllEqual(text) &&
  weightedSum(text, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === Number(text[9]);

const isBritishReference: TaxIdRule = (text) =>
  /^[0-9]{10}$/.test(text) &&
  '21987654321'[weightedSum(text, [0, 6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11] === text[0];

const isIrish: TaxIdRule = (text) => {
  const match = /^([0-9]{7})([A-W])([A-W]?)$/.exec(text);
  if (match === null) return false;
  const [, digits = '', letter, second = ''] = match;
  const added = second === '' ? 0 : 9 * IE_LETTERS.indexOf(second);
  return IE_LETTERS[(weightedSum(digits, [8, 7, 6, 5, 4, 3, 2]) + added) % 23] === letter;
};

export const EUROPEAN_RULES: Readonly<Record<string, CountryRules>> = {
  BE: { person: isBelgian },
  DE: { person: isGermanPerson },
  ES: { person: isSpanishPerson, company: isSpanishCompany },
  FR: { person: isFrenchPerson, company: isFrenchCompany },
  GB: {
    person: (text) => isBritishReference(text) || GB_NINO.test(text),
    company: isBritishReference,
  },
  IE: { person: isIrish },
  IT: { person: isItalianPerson, company: isItalianCompany },
  NL: { person: isDutch },
  PL: { person: isPolishPerson, company: isPolishCompany },
  PT: { person: isPortuguese, company: isPortuguese },
};
