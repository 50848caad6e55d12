/**
 * Letters that documents write in more than one way: as the letter without its mark, or spelled out. ICAO Doc 9303
 * part 3, section 6, table A, and national habits beside it.
 */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  Ä: ['A', 'AE'],
  Æ: ['AE', 'A'],
  Å: ['A', 'AA'],
  Ð: ['D', 'DH'],
  Đ: ['D'],
  Ħ: ['H'],
  İ: ['I'],
  I: ['I'],
  Ĳ: ['IJ'],
  ĸ: ['Q'],
  Ł: ['L'],
  Ŋ: ['N'],
  Ñ: ['N', 'NXX'],
  Ö: ['O', 'OE'],
  Ø: ['O', 'OE'],
  Œ: ['OE'],
  ß: ['SS'],
  ẞ: ['SS'],
  Þ: ['TH'],
  Ŧ: ['T'],
  Ü: ['U', 'UE', 'UXX'],
  Ə: ['E', 'A'],
};

/** Combining marks; after NFD every other accented Latin letter is its base letter and some of these. */
const MARKS = /\p{M}/gu;

/**
 * What a zone may show for one letter: nothing for a mark of its own, one or more spellings for a Latin letter.
 *
 * @returns Null when the letter is none that this table knows, such as a Greek one: then nothing can be said.
 */
export function spellingsOf(letter: string): readonly string[] | null {
  const known = SPELLINGS[letter];
  if (known !== undefined) return known;
  const base = letter.normalize('NFD').replaceAll(MARKS, '');
  return /^[A-Z]*$/.test(base) ? [base] : null;
}

/** Upper case without touching `ß`, which would become `SS` and could then not be told from it. */
export function upperCase(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll('ı', 'I')
    .replaceAll(/[^ßĸ]/gu, (letter) => letter.toUpperCase());
}
