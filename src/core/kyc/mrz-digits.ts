const WEIGHTS = [7, 3, 1] as const;

/** `0`–`9` as they are, `A`–`Z` 10–35, the filler 0; null for anything else. */
function digitValue(character: string): number | null {
  if (character === '<') return 0;
  if (/^[0-9]$/.test(character)) return Number(character);
  return /^[A-Z]$/.test(character) ? character.charCodeAt(0) - 55 : null;
}

/**
 * The check digit of a field: sum of value × 7, 3, 1 in turn, modulo 10. Any one digit replaced by another is caught;
 * swaps of characters whose values lie ten apart (`A` and `K`, `0` and `A`) are not.
 *
 * @returns Null when the field has a character that no zone has.
 * @see ICAO Doc 9303 part 3, section 4.9.
 */
export function checkDigit(field: string): string | null {
  let sum = 0;
  for (const [index, character] of [...field].entries()) {
    const value = digitValue(character);
    if (value === null) return null;
    sum += value * (WEIGHTS[index % 3] ?? 0);
  }
  return String(sum % 10);
}

/** @param mayBeFiller Where an empty field may leave its digit out. */
export function isChecked(field: string, digit: string, { mayBeFiller = false } = {}): boolean {
  if (digit === '<') return mayBeFiller && /^<*$/.test(field);
  return checkDigit(field) === digit;
}
