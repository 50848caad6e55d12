import type { Deps } from '../deps.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { Changed } from '../identities/revision.ts';
import type { ActingContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { changeWithin, openWithin } from '../records.ts';
import { blocking } from './set-blocked.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs'>;

/**
 * A case is a part of its record as the kyc surface shows it: where it changes without anything else of the record, this
 * moves the record's time, and writes the audit entry and the event that tell of it (R7; contract kyc 2, `updatedAt`).
 * Before the case itself and its verification are written.
 *
 * @param stored As it was read in this transaction. @throws WrongState The identity or its pool is closed.
 */
export function changeCasesOf(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  stored: StoredIdentity,
): Promise<Changed> {
  return changeWithin(tx, deps, context, openWithin(deps, stored), {
    action: 'identity.updated',
    fields: ['kyc_status'],
  });
}

/**
 * The block that a provider's report asks for beside what it says of the case (contract kyc 4.2).
 * @returns The record afterwards. @throws WrongState The identity or its pool is closed.
 */
export async function blockByReport(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  stored: StoredIdentity,
): Promise<StoredIdentity> {
  if (stored.standing.blocked === true) return stored;
  const revision = blocking(stored.standing, true);
  return (await changeWithin(tx, deps, context, openWithin(deps, stored), revision)).stored;
}
