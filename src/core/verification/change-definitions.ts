import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { NotFound, WrongState } from '../errors.ts';
import { fieldTally, typeTally } from '../identities/usage.ts';
import type { AuditEvent } from '../pools/ports.ts';
import type { PoolId, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import type { CustomField, IdentityType, VerificationConfig } from './config.ts';

export type DefinitionNeeds = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'records' | 'organisation' | 'identities'
>;

/** What a change of definitions sees and writes through. */
export interface Defining {
  readonly tx: RecordStores;
  readonly poolId: PoolId;
  readonly verification: VerificationConfig;
  readonly at: Date;
}

/**
 * Changes definitions within a transaction: takes the pool's configuration for itself, so that writers of identities
 * who rely on it are done and new ones wait, and no other change comes in between; then has it decided upon.
 *
 * @param decide Null `event`: nothing changed.
 * @throws WrongState The pool is closed.
 */
export async function changeDefinitions<Made>(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault'>,
  tx: RecordStores,
  context: RequestContext,
  decide: (defining: Defining) => Promise<{ made: Made; event: AuditEvent | null }>,
): Promise<Made> {
  const { poolId } = context.principal;
  await tx.organisation.raiseConfigVersion(poolId);
  const config = await tx.poolConfigs.findPoolConfig(poolId);
  if (config === null) throw new NotFound();
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  const stamp = stampOf(deps, context, poolId, await deps.vault.pool(poolId));
  const { made, event } = await decide({
    ...{ tx, poolId, at: stamp.at },
    verification: config.verification,
  });
  if (event !== null) await tx.organisation.record(stamp, event);
  return made;
}

/** @throws NotFound */
export function typeOf({ types }: VerificationConfig, id: string): IdentityType {
  const type = types.find((one) => one.id === id);
  if (type === undefined) throw new NotFound();
  return type;
}

/** @throws NotFound */
export function fieldOf(type: IdentityType, id: string): CustomField {
  const field = type.fields.find((one) => one.id === id);
  if (field === undefined) throw new NotFound();
  return field;
}

/** Whether an identity is of the type: exact, since who gives or takes it holds the configuration. */
export function isTypeUsed(defining: Pick<Defining, 'tx' | 'poolId'>, typeId: string): Promise<boolean> {
  return isCounted(defining, typeTally(typeId));
}

/** Whether an identity has a value of the field. */
export function isFieldUsed(defining: Pick<Defining, 'tx' | 'poolId'>, fieldId: string): Promise<boolean> {
  return isCounted(defining, fieldTally(fieldId));
}

async function isCounted({ tx, poolId }: Pick<Defining, 'tx' | 'poolId'>, name: string): Promise<boolean> {
  const tallies = await tx.identities.tallies(poolId, [name]);
  return (tallies.get(name) ?? 0) > 0;
}
