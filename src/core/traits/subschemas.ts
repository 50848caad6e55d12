import { NEWER_KEYWORDS } from './keywords.ts';
import { isObject, type JsonObject, pointerTo } from './pointer.ts';

/** A subschema and where it stands. */
export interface Subschema {
  readonly keyword: string;
  readonly node: unknown;
  readonly pointer: string;
}

/** The subschemas directly within a schema, by the place of each; nothing is followed. Lists of names are none. */
export function subschemasOf(schema: unknown, pointer: string): Subschema[] {
  if (!isObject(schema)) return [];
  return Object.entries(schema).flatMap(([keyword, value]) =>
    within(keyword, value, pointerTo(pointer, keyword)),
  );
}

function within(keyword: string, value: unknown, pointer: string): Subschema[] {
  switch (NEWER_KEYWORDS.get(keyword)) {
    case 'schema':
      return [{ keyword, node: value, pointer }];
    case 'schemas':
      return listed(keyword, value, pointer);
    case 'schemaOrSchemas':
      return Array.isArray(value) ? listed(keyword, value, pointer) : [{ keyword, node: value, pointer }];
    case 'schemaMap':
    case 'schemaOrNamesMap':
      return mapped(keyword, value, pointer);
    default:
      return [];
  }
}

function listed(keyword: string, value: unknown, pointer: string): Subschema[] {
  if (!Array.isArray(value)) return [];
  return value.map((node, index) => ({ keyword, node, pointer: pointerTo(pointer, index) }));
}

function mapped(keyword: string, value: unknown, pointer: string): Subschema[] {
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter(([, node]) => !Array.isArray(node))
    .map(([name, node]) => ({ keyword, node, pointer: pointerTo(pointer, name) }));
}

/** Every subschema of a document, the document itself first, each before what it holds. */
export function allSubschemas(document: JsonObject): Subschema[] {
  const found: Subschema[] = [{ keyword: '', node: document, pointer: '' }];
  for (const one of found) found.push(...subschemasOf(one.node, one.pointer));
  return found;
}
