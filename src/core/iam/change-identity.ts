import type { Deps } from '../deps.ts';
import { WriteConflict } from '../errors.ts';
import { type ChangeNeeds, changeRecord } from '../identities/change.ts';
import type { IdentifierClaim } from '../identities/ports.ts';
import type { Changing, Revision } from '../identities/revision.ts';
import { resumeCases } from '../kyc/resume-cases.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { together } from '../records.ts';
import { IdentifierTaken } from './errors.ts';
import { findIamIdentity, type IamRecord, toIamRecord } from './record.ts';

/**
 * Changes an identity of the key's pool; identifiers are made anew by its schema of now (contract iam 5). Two changes at
 * once are made one after the other, each from what the other left.
 *
 * @param revise Called for each try with the record as it is; throws what is wrong with the change.
 * @throws NotFound @throws IdentifierTaken @throws WrongState
 */
export async function changeIamIdentity(
  deps: ChangeNeeds & Pick<Deps, 'records'>,
  context: RequestContext,
  id: IdentityId,
  revise: (record: IamRecord) => Omit<Revision, 'held' | 'onTaken'>,
): Promise<IamRecord> {
  const { poolId } = context.principal;
  let held: readonly IdentifierClaim[] = [];
  let wasBlocked = false;
  const find = async () => {
    const stored = await findIamIdentity(deps, poolId, id);
    wasBlocked = stored.standing.blocked === true;
    held = await deps.identities.listClaims(poolId, id);
    return stored;
  };
  const outcome = await changeRecord(deps, context, find, (changing: Changing) => ({
    ...revise(toIamRecord(changing, changing)),
    held,
    onTaken: async () => {
      throw new IdentifierTaken();
    },
  }));
  if (!('made' in outcome)) throw new WriteConflict();
  const { made } = outcome;
  // Apart from the change: what this does not come to is asked within the hour.
  if (wasBlocked && made.stored.standing.blocked !== true)
    await together(deps, (tx) => resumeCases(tx, deps, made.stored));
  return toIamRecord(made, made);
}

export type ChangeIamNeeds = ChangeNeeds & Pick<Deps, 'clock' | 'ids' | 'passwords' | 'records'>;
