import { findTraitHomes, type TraitHomes } from '../identities/attributes.ts';
import type { CompiledSchema, SchemaCompiler } from './ports.ts';

/** A schema of a pool. */
export interface TraitSchema {
  /** As callers name it: `default`, `employee`. */
  readonly id: string;
  /** The JSON Schema document as it was given. */
  readonly document: unknown;
  readonly createdAt: Date;
  readonly homes: TraitHomes;
  /**
   * Made when it is first asked for, since many pools are read that never need it.
   * @throws InvalidSchema It was stored under wider limits than there are now.
   */
  compiled(): CompiledSchema;
}

export function traitSchema(
  compiler: SchemaCompiler,
  { id, document, createdAt }: Pick<TraitSchema, 'id' | 'document' | 'createdAt'>,
): TraitSchema {
  let compiled: CompiledSchema | null = null;
  return {
    id,
    document,
    createdAt,
    homes: findTraitHomes(document),
    compiled: () => {
      compiled ??= compiler.compile(document);
      return compiled;
    },
  };
}
