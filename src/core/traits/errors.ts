import { InvalidInput } from '../errors.ts';
import { keysOf } from './pointer.ts';

/** One problem of a schema document. */
export interface SchemaProblem {
  /** JSON pointer into the document; empty for the whole. */
  readonly pointer: string;
  readonly message: string;
}

/** A schema cannot be used: it is broken, larger than allowed, or asks for something that is not safe. */
export class InvalidSchema extends InvalidInput {
  readonly schemaProblems: readonly SchemaProblem[];
  constructor(schemaProblems: readonly SchemaProblem[]) {
    super(
      schemaProblems.map(({ pointer, message }) => ({
        path: ['schema', ...keysOf(pointer)],
        code: 'invalid' as const,
        message,
      })),
    );
    this.schemaProblems = schemaProblems;
  }
}

/** Traits put more text under the schema's patterns than may be matched in one go. `CompiledSchema` makes a violation of it. */
export class PatternsTooCostly extends Error {}
