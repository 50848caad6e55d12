import { isChecked } from './mrz-digits.ts';
import { findLayout, type MrzFormat } from './mrz-format.ts';
import { type MrzNames, readNames } from './mrz-names.ts';

export type MrzDigit = 'number' | 'birth' | 'expiry' | 'personal' | 'composite';

/** A machine-readable zone, taken apart. What it says is not yet believed: see `wrongDigits`. */
export interface Mrz {
  readonly format: MrzFormat;
  /** `P`, `I`, `ID`, `AC`, …, without fillers. */
  readonly documentCode: string;
  /** Three letters as printed, without fillers: mostly ISO 3166-1 alpha-3, but also `D` and `UTO`. */
  readonly issuer: string;
  readonly nationality: string;
  readonly documentNumber: string;
  /** `YYMMDD`; of what is not known, fillers. */
  readonly birth: string;
  readonly sex: 'male' | 'female' | 'undefined';
  /** `YYMMDD`. */
  readonly expiry: string;
  readonly optional: readonly string[];
  readonly names: MrzNames;
  /** Check digits that disagree with their fields; none: the zone is sound. */
  readonly wrongDigits: readonly MrzDigit[];
}

interface Fields {
  readonly head: string;
  readonly number: NumberField;
  readonly birth: string;
  readonly birthDigit: string;
  readonly sex: string;
  readonly expiry: string;
  readonly expiryDigit: string;
  readonly nationality: string;
  readonly optional: readonly string[];
  readonly personal: { readonly field: string; readonly digit: string } | null;
  readonly composite: { readonly field: string; readonly digit: string };
  readonly names: string;
}

interface NumberField {
  readonly number: string;
  readonly digit: string;
}

/**
 * A number of more than nine characters goes on in the optional field, where its digit follows, and a filler stands in
 * the digit's usual place (part 5, note j; part 6, note j).
 */
function numberField(number: string, digit: string, optional: string): NumberField {
  if (digit !== '<') return { number, digit };
  const rest = /^([A-Z0-9<]*?)([0-9])(?:<|$)/.exec(optional);
  return rest === null || rest[1]?.includes('<')
    ? { number, digit }
    : { number: number + rest[1], digit: rest[2] ?? '' };
}

function fieldsOfTd3(top: string, line: string): Fields {
  return {
    head: top.slice(0, 5),
    names: top.slice(5),
    number: { number: line.slice(0, 9), digit: line.slice(9, 10) },
    nationality: line.slice(10, 13),
    birth: line.slice(13, 19),
    birthDigit: line.slice(19, 20),
    sex: line.slice(20, 21),
    expiry: line.slice(21, 27),
    expiryDigit: line.slice(27, 28),
    optional: [line.slice(28, 42)],
    personal: { field: line.slice(28, 42), digit: line.slice(42, 43) },
    composite: {
      field: line.slice(0, 10) + line.slice(13, 20) + line.slice(21, 43),
      digit: line.slice(43),
    },
  };
}

function fieldsOfTd2(top: string, line: string): Fields {
  return {
    head: top.slice(0, 5),
    names: top.slice(5),
    number: numberField(line.slice(0, 9), line.slice(9, 10), line.slice(28, 35)),
    nationality: line.slice(10, 13),
    birth: line.slice(13, 19),
    birthDigit: line.slice(19, 20),
    sex: line.slice(20, 21),
    expiry: line.slice(21, 27),
    expiryDigit: line.slice(27, 28),
    optional: [line.slice(28, 35)],
    personal: null,
    composite: {
      field: line.slice(0, 10) + line.slice(13, 20) + line.slice(21, 35),
      digit: line.slice(35),
    },
  };
}

function fieldsOfTd1(top: string, line: string, names: string): Fields {
  return {
    head: top.slice(0, 5),
    names,
    number: numberField(top.slice(5, 14), top.slice(14, 15), top.slice(15)),
    nationality: line.slice(15, 18),
    birth: line.slice(0, 6),
    birthDigit: line.slice(6, 7),
    sex: line.slice(7, 8),
    expiry: line.slice(8, 14),
    expiryDigit: line.slice(14, 15),
    optional: [top.slice(15), line.slice(18, 29)],
    personal: null,
    composite: {
      field: top.slice(5) + line.slice(0, 7) + line.slice(8, 15) + line.slice(18, 29),
      digit: line.slice(29),
    },
  };
}

const SEXES: Readonly<Record<string, Mrz['sex']>> = { M: 'male', F: 'female' };
const withoutFillers = (text: string): string => text.replaceAll('<', '');

function wrongDigitsOf(fields: Fields): MrzDigit[] {
  const { number, personal, composite } = fields;
  const sound: Record<MrzDigit, boolean> = {
    number: isChecked(number.number, number.digit),
    birth: isChecked(fields.birth, fields.birthDigit),
    expiry: isChecked(fields.expiry, fields.expiryDigit),
    personal: personal === null || isChecked(personal.field, personal.digit, { mayBeFiller: true }),
    composite: isChecked(composite.field, composite.digit),
  };
  return (Object.keys(sound) as MrzDigit[]).filter((digit) => !sound[digit]);
}

/**
 * Takes a zone apart: two lines of 44 (TD3, passports) or 36 (TD2), or three of 30 (TD1, cards). The issuing state is
 * not looked up, and dates are left as printed.
 *
 * @param lines Upper case letters, digits and `<`.
 * @returns Null when lines of these lengths, or with other characters, are no zone.
 * @see ICAO Doc 9303 parts 4, 5 and 6.
 */
export function parseMrz(lines: readonly string[]): Mrz | null {
  const layout = findLayout(lines);
  if (layout === null || lines.some((line) => !/^[A-Z0-9<]+$/.test(line))) return null;
  const [first = '', second = '', third = ''] = lines;
  const fields =
    layout.format === 'TD3'
      ? fieldsOfTd3(first, second)
      : layout.format === 'TD2'
        ? fieldsOfTd2(first, second)
        : fieldsOfTd1(first, second, third);
  return {
    format: layout.format,
    documentCode: withoutFillers(fields.head.slice(0, 2)),
    issuer: withoutFillers(fields.head.slice(2)),
    nationality: withoutFillers(fields.nationality),
    documentNumber: withoutFillers(fields.number.number),
    birth: fields.birth,
    sex: SEXES[fields.sex] ?? 'undefined',
    expiry: fields.expiry,
    optional: fields.optional.map(withoutFillers),
    names: readNames(fields.names),
    wrongDigits: wrongDigitsOf(fields),
  };
}
