import type { MrzNames } from './mrz-names.ts';
import { spellingsOf, upperCase } from './transliteration.ts';

/** A word of a name: for each letter, what a document may print for it. */
type Word = readonly (readonly string[])[];

const APOSTROPHES = /['’‘ʼ`´]/gu;
const BETWEEN_WORDS = /[^\p{L}\p{M}'’‘ʼ`´]+/gu;

/** @returns Null when a letter cannot be written in a zone's alphabet by any rule that we know. */
function wordsOf(name: string): Word[] | null {
  const texts = upperCase(name).replaceAll(BETWEEN_WORDS, ' ').split(' ');
  // `O'CONNOR` is printed as one word; some issuers print two.
  const both = texts.flatMap((text) => [text.replaceAll(APOSTROPHES, ''), ...text.split(APOSTROPHES)]);
  const words: Word[] = [];
  for (const text of new Set(both)) {
    if (text === '') continue;
    const word: (readonly string[])[] = [];
    for (const letter of text) {
      const spellings = spellingsOf(letter);
      if (spellings === null) return null;
      word.push(spellings);
    }
    words.push(word);
  }
  return words;
}

/** Walks all spellings of the word at once: `reached` are the lengths of `part` that some spelling so far covers. */
function isSpelling(word: Word, part: string, asPrefix: boolean): boolean {
  let reached = new Set([0]);
  for (const spellings of word) {
    const next = new Set<number>();
    for (const at of reached) {
      for (const spelling of spellings) {
        const rest = part.slice(at);
        if (rest.startsWith(spelling)) next.add(at + spelling.length);
        // The part ends within this letter's spelling, or has ended before it.
        else if (asPrefix && spelling.startsWith(rest)) return true;
      }
    }
    reached = next;
  }
  return reached.has(part.length);
}

/**
 * Whether every part of a zone's names is a word of the given name, in any order: upper case, marks either dropped or
 * spelled out (`Ä` as `A` or `AE`). The name may have more words than the zone. Names that fill their field are
 * compared as prefixes.
 *
 * @returns Null when nothing can be compared: a zone without names, or a name in another script.
 */
export function matchNames(zone: MrzNames, name: string): boolean | null {
  const parts = [...zone.primary, ...zone.secondary];
  const words = wordsOf(name);
  if (words === null || words.length === 0 || parts.length === 0) return null;
  return parts.every((part) => words.some((word) => isSpelling(word, part, zone.isTruncated)));
}
