import { keywordsOf } from './keywords.ts';
import { isObject, type JsonObject } from './pointer.ts';
import type { ValidatedDialect } from './ports.ts';

/**
 * A copy of a schema with nothing in it that only people or we read: what is left means to any validator what it
 * means to the standard. Places stay where they are, so that pointers go on pointing.
 */
export function plainSchema(schema: unknown, dialect: ValidatedDialect): unknown {
  const keywords = keywordsOf(dialect);
  const plain = (node: unknown): unknown => {
    if (!isObject(node)) return node;
    return mapObject(node, (value, keyword) => {
      const kind = keywords.get(keyword);
      if (kind === 'schemaMap' || kind === 'schemaOrNamesMap')
        return isObject(value) ? mapObject(value, plain) : value;
      if (kind === 'schema' || kind === 'schemas' || kind === 'schemaOrSchemas')
        return Array.isArray(value) ? value.map(plain) : plain(value);
      return kind === 'assertion' ? value : undefined;
    });
  };
  return plain(schema);
}

function mapObject(object: JsonObject, change: (value: unknown, key: string) => unknown): JsonObject {
  const entries = Object.entries(object).map(([key, value]) => [key, change(value, key)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
