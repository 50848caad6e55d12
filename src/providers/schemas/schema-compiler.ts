import { createHash } from 'node:crypto';
import { compileSchema } from '../../core/traits/compile-schema.ts';
import { exceededLimit, SCHEMA_LIMITS } from '../../core/traits/limits.ts';
import type { CompiledSchema, PhoneNumbers, SchemaCompiler } from '../../core/traits/ports.ts';
import { createAjvValidators } from './ajv-validators.ts';
import { phoneNumbers } from './phone-numbers.ts';

const COMPILED_MAX = 256;

export interface SchemaCompilerOptions {
  readonly phones?: PhoneNumbers;
  /** How many compiled schemas are kept: the most recently used. */
  readonly compiledMax?: number;
}

/**
 * Compiles schemas, and keeps them by the digest of their content, so that the same schema in two pools is compiled
 * once and a changed one anew. What was refused is not kept.
 */
export function createSchemaCompiler(options: SchemaCompilerOptions = {}): SchemaCompiler {
  const { phones = phoneNumbers, compiledMax = COMPILED_MAX } = options;
  const validators = createAjvValidators({ phones });
  const kept = new Map<string, CompiledSchema>();
  return {
    compile: (schema) => {
      const key = digestOf(schema);
      if (key === null) return compileSchema({ validators, phones }, schema);
      const compiled = kept.get(key) ?? compileSchema({ validators, phones }, schema);
      // A map remembers the order in which keys were set: what is used moves to the end.
      kept.delete(key);
      kept.set(key, compiled);
      const [oldest] = kept.keys();
      if (kept.size > compiledMax && oldest !== undefined) kept.delete(oldest);
      return compiled;
    },
  };
}

/** Null for what is no JSON object, or larger than a schema may be: compiling it says so. */
function digestOf(schema: unknown): string | null {
  if (typeof schema !== 'object' || exceededLimit(schema, SCHEMA_LIMITS) !== null) return null;
  return createHash('sha256').update(JSON.stringify(schema)).digest('base64');
}
