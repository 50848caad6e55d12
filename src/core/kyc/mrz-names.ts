/** Names as a zone holds them: without accents, apostrophes and hyphens. */
export interface MrzNames {
  /** Parts of the primary identifier, mostly the family name. */
  readonly primary: readonly string[];
  readonly secondary: readonly string[];
  /**
   * The field is filled to its last position: names may have been cut off, and any part of them shortened, down to one
   * letter (ICAO Doc 9303 part 4, 4.2.3).
   */
  readonly isTruncated: boolean;
}

const partsOf = (text: string): string[] => text.split('<').filter((part) => part !== '');

/** @param field The name field with its fillers: `ERIKSSON<<ANNA<MARIA<<<<`. */
export function readNames(field: string): MrzNames {
  const gap = field.indexOf('<<');
  const primary = gap === -1 ? field : field.slice(0, gap);
  return {
    primary: partsOf(primary),
    secondary: gap === -1 ? [] : partsOf(field.slice(gap)),
    isTruncated: field !== '' && !field.endsWith('<'),
  };
}
