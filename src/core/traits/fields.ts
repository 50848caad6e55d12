import { readMarks } from './marks.ts';
import { isObject, type JsonObject } from './pointer.ts';
import type { TraitField } from './ports.ts';
import { referenceOf } from './references.ts';

type Kind = Pick<TraitField, 'type' | 'autocomplete'>;

/** As Kratos chooses the type of an input, and what a browser may fill it with. */
const BY_FORMAT: ReadonlyMap<unknown, Kind> = new Map<unknown, Kind>([
  ['email', { type: 'email', autocomplete: 'email' }],
  ['tel', { type: 'tel', autocomplete: 'tel' }],
  ['uri', { type: 'url', autocomplete: 'url' }],
  ['date', { type: 'date' }],
  ['date-time', { type: 'datetime-local' }],
]);
const BY_TYPE: ReadonlyMap<unknown, Kind> = new Map<unknown, Kind>([
  ['boolean', { type: 'checkbox' }],
  ['number', { type: 'number' }],
  ['integer', { type: 'number' }],
]);

/**
 * The scalar traits that every identity of the schema may have, in the schema's order: below `properties`, also behind
 * `$ref` and `allOf`. Lists, and what stands in branches, are no fields.
 */
export function fieldsOf(document: JsonObject): TraitField[] {
  const { traits } = isObject(document.properties) ? document.properties : {};
  const fields = fieldsBelow(document, traits, ['traits']);
  return fields.filter(({ name }, index) => fields.findIndex((other) => other.name === name) === index);
}

function fieldsBelow(document: JsonObject, schema: unknown, path: readonly string[]): TraitField[] {
  return layersOf(document, schema).flatMap((layer, _, layers) => {
    const required = new Set(layers.flatMap((one) => (Array.isArray(one.required) ? one.required : [])));
    return Object.entries(isObject(layer.properties) ? layer.properties : {}).flatMap(([name, child]) =>
      fieldsAt(document, child, [...path, name], required.has(name)),
    );
  });
}

function fieldsAt(
  document: JsonObject,
  schema: unknown,
  path: readonly string[],
  required: boolean,
): TraitField[] {
  const layers = layersOf(document, schema);
  if (layers.length === 0) return [];
  // What stands nearer wins over what it refers to.
  const whole: JsonObject = Object.fromEntries(layers.toReversed().flatMap((layer) => Object.entries(layer)));
  const type = [whole.type].flat().find((one) => one !== 'null');
  if (type === 'object' || whole.properties !== undefined) return fieldsBelow(document, schema, path);
  return type === 'array' || (type === undefined && whole.items !== undefined)
    ? []
    : [field(whole, type, path, required)];
}

/** A schema and those that hold of the same value, nearest first. */
function layersOf(document: JsonObject, schema: unknown): JsonObject[] {
  if (!isObject(schema)) return [];
  const target = referenceOf(schema, document);
  const further = [
    ...(target === null ? [] : [target.node]),
    ...(Array.isArray(schema.allOf) ? schema.allOf : []),
  ];
  return [schema, ...further.flatMap((one) => layersOf(document, one))];
}

function field(schema: JsonObject, type: unknown, path: readonly string[], required: boolean): TraitField {
  const { title, pattern, minLength, maxLength, disableFormField } = schema;
  return {
    name: path.join('.'),
    path,
    ...(BY_FORMAT.get(schema.format) ?? BY_TYPE.get(type) ?? { type: 'text' }),
    ...(typeof title === 'string' && title !== '' ? { title } : {}),
    required,
    ...(typeof pattern === 'string' ? { pattern } : {}),
    ...(typeof minLength === 'number' ? { minLength } : {}),
    ...(typeof maxLength === 'number' ? { maxLength } : {}),
    ...(disableFormField === true ? { disabled: true } : {}),
    ...(readMarks(schema)?.passkeyName === true ? { namesPasskeys: true } : {}),
  };
}
