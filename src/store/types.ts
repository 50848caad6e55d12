import { StoreError } from './errors.ts';

/**
 * Values on the wire. Every parameter goes as text and the server takes its type from the statement, so a statement
 * has one prepared form whatever is null in it, and an array needs no catalogue look-up before the first query.
 * Where the statement alone does not tell (`$1 - interval '1 day'`), the statement casts.
 *
 * Comes back: int2, int4, int8, float → number; numeric → string; timestamptz → Date; bytea → Buffer; json →
 * parsed; uuid and everything else → string; arrays of these → arrays.
 */
export function encodeParameter(value: unknown): string | null {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      if (value instanceof Uint8Array) return encodeBytes(value);
      if (value instanceof Date) return value.toISOString();
      if (Array.isArray(value)) return encodeArray(value);
  }
  // Callers give JSON as text, cast `$1::jsonb`; an object here is a forgotten JSON.stringify.
  throw new StoreError('parameter', `a parameter of type ${typeof value} cannot be sent`);
}

function encodeBytes(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

function encodeArray(values: readonly unknown[]): string {
  return `{${values.map(encodeElement).join(',')}}`;
}

function encodeElement(value: unknown): string {
  if (Array.isArray(value)) return encodeArray(value);
  // Of bytes the one character to escape is known: long lists of them need no search.
  if (value instanceof Uint8Array) return `"\\${encodeBytes(value)}"`;
  const text = encodeParameter(value);
  return text === null ? 'null' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

type Parse = (text: string) => unknown;

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new StoreError('22003', 'an int8 exceeds the safe integers');
  return value;
}

const parseBytes: Parse = (text) => Buffer.from(text.slice(2), 'hex');
const parseTime: Parse = (text) => new Date(text);
const parseJson: Parse = (text) => JSON.parse(text);
const parseText: Parse = (text) => text;

/** [type, array type, parse] of what our tables and functions return. Numbers are PostgreSQL's fixed oids. */
const TYPES: readonly (readonly [number, number, Parse])[] = [
  [16, 1000, (text) => text === 't'],
  [17, 1001, parseBytes],
  [20, 1016, parseInt8],
  [21, 1005, Number],
  [23, 1007, Number],
  [25, 1009, parseText],
  [26, 1028, Number],
  [114, 199, parseJson],
  [700, 1021, Number],
  [701, 1022, Number],
  [1043, 1015, parseText],
  [1114, 1115, (text) => new Date(`${text}Z`)],
  [1184, 1185, parseTime],
  [1700, 1231, parseText],
  [2950, 2951, parseText],
  [3802, 3807, parseJson],
];

/** Elements of a one-dimensional array in PostgreSQL's text form; null where it says NULL. */
export function parseArray(text: string, parse: Parse): unknown[] {
  const values: unknown[] = [];
  const element = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)/gs;
  for (const [, quoted, bare] of text.matchAll(element)) {
    if (quoted !== undefined) values.push(parse(quoted.replace(/\\(.)/gs, '$1')));
    else if (bare !== undefined) values.push(bare === 'NULL' ? null : parse(bare));
  }
  return values;
}

export interface WireType {
  readonly to: number;
  readonly from: number[];
  readonly serialize: (value: string) => string;
  readonly parse: Parse;
}

/** For postgres.js. Its own serializers would encode our text a second time, hence the identity. */
export const WIRE_TYPES: Record<string, WireType> = Object.fromEntries(
  TYPES.flatMap(([oid, arrayOid, parse]) => [
    wireType(oid, parse),
    wireType(arrayOid, (text) => parseArray(text, parse)),
  ]),
);

function wireType(oid: number, parse: Parse): [string, WireType] {
  return [`oid${oid}`, { to: oid, from: [oid], serialize: (value) => value, parse }];
}
