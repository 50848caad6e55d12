import { EUROPEAN_RULES } from './european.ts';
import { OVERSEAS_RULES } from './overseas.ts';
import type { CountryRules } from './rules.ts';

const RULES: Readonly<Record<string, CountryRules>> = { ...EUROPEAN_RULES, ...OVERSEAS_RULES };

/** Countries whose numbers we can check, ISO 3166-1 alpha-2, sorted. */
export const TAX_ID_COUNTRIES: readonly string[] = Object.keys(RULES).sort();

/** Without spaces, dots, slashes and hyphens, in upper case. */
export function normaliseTaxId(text: string): string {
  return text.replaceAll(/[\s./\\-]/gu, '').toUpperCase();
}

/**
 * Whether a text has the form and the check digits of a country's tax number; not whether anybody holds it.
 *
 * @returns Null for a country, or a kind of holder there, that we have no rule for: the check is then skipped.
 * @see Contract kyc 4.5, table of tax ids.
 */
export function isTaxId(country: string, holder: 'person' | 'company', text: string): boolean | null {
  const rule = Object.hasOwn(RULES, country) ? RULES[country]?.[holder] : undefined;
  return rule === undefined ? null : rule(normaliseTaxId(text));
}
