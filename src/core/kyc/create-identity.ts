import type { Deps } from '../deps.ts';
import { EmailTaken } from '../errors.ts';
import { emailClaim } from '../identities/claims.ts';
import { type CreateNeeds, createRecord, type Draft, type Drafting } from '../identities/create-record.ts';
import { EMPTY_PROFILE } from '../identities/profile.ts';
import type { Changed } from '../identities/revision.ts';
import { setAttributes } from '../identities/set-attributes.ts';
import { standingOf } from '../identities/standing.ts';
import type { IdentityId, PoolId, PoolVault, RequestContext } from '../ports.ts';
import { firstStanding } from '../verification/config.ts';
import { attributesOf, type KycInput, type KycType } from './identity-input.ts';
import { findOwner, requirePerson } from './owners.ts';

/** An input with what every identity needs; the rest was checked by `typeProblems`. */
export type NewKycIdentity = KycInput & {
  readonly type: KycType;
  readonly name: string;
  readonly email: string;
};

/**
 * Makes a person or company of the key's pool, in one statement. Of many at once with one e-mail exactly one is made.
 *
 * @throws EmailTaken @throws OwnerNotFound @throws OwnerNotPerson In this order.
 * @see Contract kyc 3.1; DESIGN R3.
 */
export async function createKycIdentity(
  deps: CreateNeeds,
  context: RequestContext,
  input: NewKycIdentity,
): Promise<Changed> {
  const { poolId } = context.principal;
  await requireFreeEmail(deps, { poolId, vault: await deps.vault.pool(poolId) }, input.email, null);
  const { identityOwner } = input;
  if (typeof identityOwner === 'string') requirePerson(await findOwner(deps, poolId, identityOwner), null);
  const outcome = await createRecord(deps, context, {
    poolId,
    draft: (drafting) => draftOf(deps, drafting, input),
    onTaken: ({ vault }) => requireFreeEmail(deps, { poolId, vault }, input.email, null),
  });
  // Without an idempotency key nothing is replayed.
  if ('replay' in outcome) throw new TypeError('replayed without a key');
  return outcome.made;
}

function draftOf({ ids }: Pick<Deps, 'ids'>, { config, schemaId }: Drafting, input: NewKycIdentity): Draft {
  const { type, identityOwner, phone } = input;
  const standing = standingOf({
    ...firstStanding(config.verification),
    type,
    identityOwner: typeof identityOwner === 'string' ? (identityOwner as IdentityId) : undefined,
  });
  const record = { schemaId, profile: EMPTY_PROFILE, standing };
  const { profile, changed } = setAttributes(config, record, attributesOf(input), () => ids.next());
  const owned = standing.identityOwner === undefined ? [] : ['identityOwner'];
  return {
    profile: phone?.sms === true ? { ...profile, kyc: { phoneSms: true } } : profile,
    standing,
    fields: ['type', ...owned, ...changed],
  };
}

/** @throws EmailTaken Somebody else holds it, whichever surface claimed it. */
export async function requireFreeEmail(
  { identities }: Pick<Deps, 'identities'>,
  { poolId, vault }: { poolId: PoolId; vault: PoolVault },
  email: string,
  own: IdentityId | null,
): Promise<void> {
  const claim = emailClaim(vault, email);
  const holders = claim === null ? [] : await identities.findHolders(poolId, [claim]);
  if (holders.some(({ identityId }) => identityId !== own)) throw new EmailTaken();
}
