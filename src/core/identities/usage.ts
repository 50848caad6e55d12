import type { PoolConfig } from '../pools/ports.ts';
import type { Profile } from './profile.ts';
import type { LifecycleStatus, Standing } from './standing.ts';

/** The running total of the identities of a type; erased ones go on showing theirs, deleted ones are not counted. */
export function typeTally(typeId: string): string {
  return `type:${typeId}`;
}

/** The running total of the identities that have a value of a custom field. */
export function fieldTally(fieldId: string): string {
  return `field:${fieldId}`;
}

/** Totals that an identity counts in because of its type and of what it has of that type's fields. */
export function usageOf(
  config: PoolConfig,
  status: LifecycleStatus,
  { standing, profile }: { standing: Standing; profile: Profile },
): string[] {
  const { typeId } = standing;
  if (typeId === undefined || status === 'deleted') return [];
  const values = status === 'erased' ? undefined : profile.customFields;
  if (values === undefined) return [typeTally(typeId)];
  const type = config.verification.types.find(({ id }) => id === typeId);
  const fields = (type?.fields ?? []).filter(({ name }) => Object.hasOwn(values, name));
  return [typeTally(typeId), ...fields.map(({ id }) => fieldTally(id))];
}
