/** Says yes or no to a number without separators, in upper case. */
export type TaxIdRule = (text: string) => boolean;

/** A country's rules; of a kind that is missing nothing can be said. */
export interface CountryRules {
  readonly person?: TaxIdRule;
  readonly company?: TaxIdRule;
}
