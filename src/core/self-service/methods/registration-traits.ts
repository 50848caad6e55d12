import { schemaOf } from '../../iam/traits.ts';
import type { PoolConfig } from '../../pools/ports.ts';
import type { TraitField } from '../../traits/ports.ts';
import type { Submission } from '../visit.ts';
import { readTraits } from './read-traits.ts';

/** The fields that a pool asks whoever signs up for. */
export function fieldsOf(config: PoolConfig): readonly TraitField[] {
  return schemaOf(config, config.defaultSchemaId).fields;
}

/** Those that were sent; else those that an earlier step kept. */
export function traitsOf(submission: Submission, config: PoolConfig): unknown {
  return readTraits(submission, fieldsOf(config)) ?? submission.flow.content.data.traits;
}
