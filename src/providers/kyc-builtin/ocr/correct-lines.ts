import { LAYOUTS, type MrzLayout, type PositionClass } from '../../../core/kyc/mrz-format.ts';

const TO_DIGIT: Readonly<Record<string, string>> = {
  ...{ O: '0', Q: '0', D: '0', I: '1', L: '1', Z: '2', A: '4', S: '5', G: '6', T: '7', B: '8' },
};
const TO_LETTER: Readonly<Record<string, string>> = {
  ...{ '0': 'O', '1': 'I', '2': 'Z', '4': 'A', '5': 'S', '6': 'G', '7': 'T', '8': 'B' },
};
const TO_SEX: Readonly<Record<string, string>> = { H: 'M', N: 'M', P: 'F', E: 'F', K: '<', C: '<' };

const LOOK_ALIKES = [
  '0OQDU',
  '1ILT7',
  '2Z',
  '5S',
  '6G',
  '8B',
  '4A',
  'MNHW',
  'PFE',
  '<KCLE',
  'VUY',
  '3B',
  '9G',
];

/** The lines with one character replaced by one that it may be taken for, in every way. */
export function lookAlikesOf(lines: readonly string[]): string[][] {
  const others = (character: string): string =>
    LOOK_ALIKES.filter((group) => group.includes(character))
      .join('')
      .replaceAll(character, '');
  return lines.flatMap((line, index) =>
    // Names are under no check digit; fillers are right more often than anything else.
    [...line].flatMap((character, at) =>
      character === '<'
        ? []
        : [...others(character)].map((other) =>
            lines.with(index, line.slice(0, at) + other + line.slice(at + 1)),
          ),
    ),
  );
}

/** Corrected where the position leaves one choice; elsewhere as read. */
function correctCharacter(character: string, kind: PositionClass): string {
  if (kind === 'D' || kind === 'F') return TO_DIGIT[character] ?? character;
  if (kind === 'L') return TO_LETTER[character] ?? character;
  return kind === 'S' ? (TO_SEX[character] ?? character) : character;
}

/** What fillers are taken for in a row of them. */
const BROKEN_FILLERS = /^[<KCLE]*$/;

/** Names never have three fillers in a row, so behind the first three there is nothing but fillers. */
function correctNames(line: string, { length, names }: MrzLayout, index: number): string {
  if (index !== names.line) return line;
  const end = line.indexOf('<<<', names.start);
  if (end === -1 || !BROKEN_FILLERS.test(line.slice(end))) return line;
  return line.slice(0, end).padEnd(length, '<');
}

/** Fillers in a long row are miscounted; the line's length says how many there were. */
function correctLength(line: string, length: number): string {
  if (line.length === length) return line;
  const runs = [...line.matchAll(/<{3,}/g)].sort((one, other) => other[0].length - one[0].length);
  const longest = runs[0];
  const count = (longest?.[0].length ?? 0) + length - line.length;
  if (longest === undefined || count < 1 || Math.abs(line.length - length) > 3) return line;
  const end = longest.index + longest[0].length;
  return line.slice(0, longest.index) + '<'.repeat(count) + line.slice(end);
}

function correctLine(line: string, layout: MrzLayout, index: number): string {
  const named = correctNames(line, layout, index);
  const full = correctLength(named, layout.length);
  const classes = layout.classes[index] ?? '';
  return [...full]
    .map((character, at) => correctCharacter(character, (classes[at] ?? 'A') as PositionClass))
    .join('');
}

export interface CorrectedLines {
  readonly lines: readonly string[];
  /** No line was longer or shorter than it has to be: a letter read as two shows in nothing else, in a name. */
  readonly isExact: boolean;
}

/**
 * What the lines of a reading can be as a zone: for each layout that neighbouring lines fit by their length, the lines
 * with look-alikes corrected. Whether one is right is for its check digits to say.
 */
export function correctLines(lines: readonly string[]): CorrectedLines[] {
  const candidates: CorrectedLines[] = [];
  for (const layout of LAYOUTS) {
    const count = layout.classes.length;
    for (let from = 0; from + count <= lines.length; from += 1) {
      const read = lines.slice(from, from + count);
      const corrected = read.map((line, index) => correctLine(line, layout, index));
      if (corrected.some((line) => line.length !== layout.length)) continue;
      candidates.push({ lines: corrected, isExact: read.every((line) => line.length === layout.length) });
    }
  }
  return candidates;
}
