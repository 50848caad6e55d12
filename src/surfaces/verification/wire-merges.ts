import Type from 'typebox';
import { Identity } from './wire.ts';

const Reference = Type.String({ minLength: 1, description: 'An `idn_…` id or an external reference.' });

/** Contract verification 3.9. */
export const MergeInput = Type.Object({
  primary_identity_id: Reference,
  secondary_identity_id: Reference,
});
export const MergeManyInput = Type.Object({
  primary_identity_id: Reference,
  secondary_identity_ids: Type.Array(Reference, { minItems: 1, maxItems: 100 }),
});

export const Merged = Type.Object({ primary: Identity, secondary: Identity });
export const MergedMany = Type.Object({
  primary: Identity,
  merged_count: Type.Integer(),
  merged_ids: Type.Array(Type.String()),
});
