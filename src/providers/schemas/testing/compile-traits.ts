import type { CompiledSchema } from '../../../core/traits/ports.ts';
import { createSchemaCompiler } from '../schema-compiler.ts';

const compiler = createSchemaCompiler();

/** @param traits What the schema says of traits, beside that they are an object; `rest` goes to the document's root. */
export function compileTraits(traits: object, rest: object = {}): CompiledSchema {
  return compiler.compile({ type: 'object', properties: { traits: { type: 'object', ...traits } }, ...rest });
}

/** An e-mail address to log in with, to verify and to recover at. */
export const EMAIL = {
  type: 'string',
  format: 'email',
  'ory.sh/kratos': {
    credentials: { password: { identifier: true } },
    verification: { via: 'email' },
    recovery: { via: 'email' },
  },
};
