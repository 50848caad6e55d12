import type { TraitField } from '../../traits/ports.ts';
import type { Submission } from '../visit.ts';

type Json = { readonly [name: string]: unknown };

/**
 * The traits of a submit. A form's are texts all of them: numbers and checkboxes become what their fields say, and what
 * was left blank is not there.
 *
 * @returns Undefined where none were sent.
 */
export function readTraits(
  { body, isForm }: Pick<Submission, 'body' | 'isForm'>,
  fields: readonly TraitField[],
): unknown {
  const traits = Object.hasOwn(body, 'traits') ? body.traits : undefined;
  if (!isForm || !isObject(traits)) return traits;
  return typed(traits, new Map(fields.map((field) => [field.name, field.type])), ['traits']);
}

function typed(
  value: Json,
  types: ReadonlyMap<string, TraitField['type']>,
  path: readonly string[],
): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const place = [...path, name];
      if (isObject(inner)) {
        const kept = typed(inner, types, place);
        return Object.keys(kept).length === 0 ? [] : [[name, kept]];
      }
      if (inner === '') return [];
      return [[name, typeof inner === 'string' ? read(inner, types.get(place.join('.'))) : inner]];
    }),
  );
}

function read(text: string, type: TraitField['type'] | undefined): unknown {
  if (type === 'checkbox') return text === 'true' || text === 'on';
  if (type !== 'number') return text;
  const number = Number(text);
  // What is no number stays what it is, for the schema to say so.
  return Number.isFinite(number) ? number : text;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
