import type { FieldProblem } from '../../core/errors.ts';
import { isCountryCode } from '../../kit/countries.ts';
import { visibleOf } from '../../kit/normalise.ts';

/** How a text field is checked; lengths count characters after trimming (contract verification 3.3). */
export interface TextRule {
  readonly max: number;
  /** @returns The text as it is kept, or what is wrong with it. */
  readonly check?: (text: string, now: Date) => string | { readonly problem: string };
}

const CONTROL = /[\p{Cc}\p{Cs}]/u;
const EMAIL = /^[^\s@]+@[^\s@]+$/u;
const PHONE = /^[+\d\s\-.()]+$/;

const country = (text: string) => {
  // Of ASCII letters only: the upper case of other letters may be another country's code (`ß`).
  const upper = /^[a-z]{2}$/i.test(text) ? text.toUpperCase() : '';
  return isCountryCode(upper) ? upper : { problem: 'must be an ISO 3166-1 alpha-2 country code' };
};

const birthdate = (text: string, now: Date) => {
  const isReal =
    /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;
  if (!isReal) return { problem: 'must be a real date in YYYY-MM-DD form' };
  return text <= now.toISOString().slice(0, 10) ? text : { problem: 'must not be in the future' };
};

export const TEXT_RULES: Readonly<Record<string, TextRule>> = {
  external_ref: { max: 255 },
  first_name: { max: 255 },
  last_name: { max: 255 },
  date_of_birth: { max: 10, check: birthdate },
  address_line1: { max: 255 },
  address_line2: { max: 255 },
  city: { max: 128 },
  state: { max: 128 },
  zip_code: { max: 32 },
  document_number: { max: 64 },
  ssn: { max: 64, check: (text) => (/\d/.test(text) ? text : { problem: 'must have at least one digit' }) },
  nationality: { max: 2, check: country },
  gender: { max: 32 },
  country: { max: 2, check: country },
  email: {
    max: 254,
    check: (text) => (EMAIL.test(visibleOf(text)) ? text : { problem: 'must be an e-mail address' }),
  },
  phone: {
    max: 32,
    check: (text) => {
      const digits = text.replaceAll(/\D/g, '').length;
      const isPhone = PHONE.test(text) && digits >= 7 && digits <= 15;
      return isPhone ? text : { problem: 'must be a phone number of 7 to 15 digits' };
    },
  },
  status: { max: 64 },
  tag: { max: 100 },
};

/** Checks one text. @returns Null after a problem. */
export function readText(
  value: unknown,
  rule: TextRule,
  at: { path: FieldProblem['path']; now: Date; problems: FieldProblem[] },
): string | null {
  const problem = (message: string): null => {
    at.problems.push({ path: at.path, code: 'invalid', message });
    return null;
  };
  if (typeof value !== 'string') return problem('must be a string');
  const text = value.trim();
  if (visibleOf(text) === '') return problem('must not be empty');
  if (CONTROL.test(text)) return problem('must not hold control characters');
  if ([...text].length > rule.max) return problem(`must have at most ${rule.max} characters`);
  const checked = rule.check?.(text, at.now) ?? text;
  return typeof checked === 'string' ? checked : problem(checked.problem);
}

/** The known texts of a body; absent ones are left out. */
export function readTexts(
  body: Readonly<Record<string, unknown>>,
  names: readonly string[],
  { now, problems }: { now: Date; problems: FieldProblem[] },
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const name of names) {
    const rule = TEXT_RULES[name];
    if (rule === undefined || body[name] === undefined) continue;
    const text = readText(body[name], rule, { path: [name], now, problems });
    if (text !== null) texts.set(name, text);
  }
  return texts;
}
