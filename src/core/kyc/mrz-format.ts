export type MrzFormat = 'TD1' | 'TD2' | 'TD3';

/**
 * What may stand at a position: `L` letter or filler, `D` digit, `F` digit or filler, `S` sex, `A` anything. A reader
 * of pictures corrects a look-alike only where this leaves one choice.
 */
export type PositionClass = 'L' | 'D' | 'F' | 'S' | 'A';

export interface MrzLayout {
  readonly format: MrzFormat;
  readonly length: number;
  /** One text a line, a class for each position. */
  readonly classes: readonly string[];
  /** The line that holds names, and where in it they begin, from zero. */
  readonly names: { readonly line: number; readonly start: number };
}

const times = (letter: PositionClass, count: number): string => letter.repeat(count);

/** ICAO Doc 9303 parts 4 (TD3), 5 (TD1) and 6 (TD2). Birth dates may have fillers for what is not known. */
export const LAYOUTS: readonly MrzLayout[] = [
  {
    format: 'TD3',
    length: 44,
    classes: [
      times('L', 44),
      `${times('A', 9)}D${times('L', 3)}${times('F', 6)}DS${times('D', 7)}${times('A', 14)}FD`,
    ],
    names: { line: 0, start: 5 },
  },
  {
    format: 'TD2',
    length: 36,
    classes: [
      times('L', 36),
      `${times('A', 9)}F${times('L', 3)}${times('F', 6)}DS${times('D', 7)}${times('A', 7)}D`,
    ],
    names: { line: 0, start: 5 },
  },
  {
    format: 'TD1',
    length: 30,
    classes: [
      `${times('L', 5)}${times('A', 9)}F${times('A', 15)}`,
      `${times('F', 6)}DS${times('D', 7)}${times('L', 3)}${times('A', 11)}D`,
      times('L', 30),
    ],
    names: { line: 2, start: 0 },
  },
];

/** The layout that lines of these lengths have; null when none has. */
export function findLayout(lines: readonly string[]): MrzLayout | null {
  return (
    LAYOUTS.find(
      ({ classes, length }) =>
        classes.length === lines.length && lines.every((line) => line.length === length),
    ) ?? null
  );
}
