import { isSameJson } from '../../kit/same-json.ts';
import { type FieldProblem, InvalidInput } from '../errors.ts';
import { homesOf } from '../identities/factors.ts';
import type { Profile } from '../identities/profile.ts';
import { type AttributeChange, replaceTraits } from '../identities/set-attributes.ts';
import type { Standing } from '../identities/standing.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { ownMember } from '../traits/pointer.ts';
import type { CompiledSchema, Traits, Violation } from '../traits/ports.ts';
import { InvalidTraits } from './errors.ts';

/** @throws InvalidInput The pool has no such schema. */
export function schemaOf(config: PoolConfig, schemaId: string): CompiledSchema {
  const schema = config.schemas.get(schemaId);
  if (schema !== undefined) return schema.compiled();
  throw new InvalidInput([
    { path: ['schema_id'], code: 'invalid', message: 'There is no schema of this id.' },
  ]);
}

/**
 * The record with other traits, in the form in which they are kept.
 * @param input.traits As received; undefined and null are none.
 * @param input.judges `changes`: what breaks the schema already and stays as it is, is let be, since other surfaces write
 *   traits by rules of their own (R11). Default: everything.
 * @throws InvalidInput No such schema. @throws InvalidTraits
 * @throws InvalidInput Something that is locked would change (R1); every problem at once.
 */
export function withTraits(
  config: PoolConfig,
  record: { schemaId: string; profile: Profile; standing: Standing },
  input: { schemaId: string; traits: unknown; judges?: 'everything' | 'changes' },
  newVid: () => string,
): Omit<AttributeChange, 'problems'> {
  const schema = schemaOf(config, input.schemaId);
  const sent = input.traits ?? {};
  const isLenient = input.judges === 'changes' && input.schemaId === record.schemaId;
  const violations = isLenient
    ? newViolations(schema, { before: record.profile.traits, after: sent })
    : schema.validate(sent);
  if (violations.length > 0) throw new InvalidTraits(violations);
  const traits = schema.normaliseTraits(sent as Traits);
  const change = replaceTraits(config, record, { schemaId: input.schemaId, traits }, newVid);
  if (change.problems.length > 0) {
    const homes = homesOf(config, input.schemaId);
    throw new InvalidInput(
      change.problems.map(({ attribute, code, message }): FieldProblem => {
        return { path: ['traits', ...(homes.get(attribute) ?? [attribute])], code, message };
      }),
    );
  }
  return change;
}

function newViolations(
  schema: CompiledSchema,
  { before, after }: { before: unknown; after: unknown },
): readonly Violation[] {
  const found = schema.validate(after);
  if (found.length === 0) return found;
  const old = schema.validate(before);
  return found.filter((one) => !old.some((other) => isSameJson(one, other) && isSameAt(one, before, after)));
}

/** Where a path had to leave out a name, nobody knows what it points at. */
function isSameAt({ instancePath }: Violation, before: unknown, after: unknown): boolean {
  const path = instancePath.slice(1).map(String);
  if (path.includes('*')) return false;
  return isSameJson(path.reduce(ownMember, before), path.reduce(ownMember, after));
}
