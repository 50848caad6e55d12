import type { Deps } from '../deps.ts';
import { WrongState } from '../errors.ts';
import { emailClaim } from '../identities/claims.ts';
import { type Draft, type Drafting, prepareInsert } from '../identities/create-record.ts';
import { EMPTY_PROFILE } from '../identities/profile.ts';
import { untilDone } from '../identities/retry.ts';
import type { Changed } from '../identities/revision.ts';
import { setAttributes } from '../identities/set-attributes.ts';
import { standingOf } from '../identities/standing.ts';
import { IdentityLimitReached } from '../keys/errors.ts';
import { identitiesLeft } from '../keys/single-identity.ts';
import type { IdentityId, PoolId, PoolVault, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { createWithin, refreshPool, together, tryAgain } from '../records.ts';
import { firstStanding } from '../verification/config.ts';
import { attachDocuments } from './attach-documents.ts';
import { prepareVerification } from './case-verifications.ts';
import type { Documented } from './documents.ts';
import { EmailTaken } from './identity-errors.ts';
import { attributesOf, type KycInput, type KycType } from './identity-input.ts';
import { caseOf, enabledSlugs, openCases } from './open-cases.ts';
import { findOwner, requirePerson } from './owners.ts';

/** An input with what every identity needs; the rest was checked by `typeProblems`. */
export type NewKycIdentity = KycInput & {
  readonly type: KycType;
  readonly name: string;
  readonly email: string;
};

type Needs = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'records' | 'storage' | 'identities' | 'kycIdentities'
>;

/**
 * Makes a person or company of the key's pool, with its documents, in one transaction. Of many at once with one e-mail
 * exactly one is made; uploads that a refused one names are there for the next.
 *
 * @throws IdentityLimitReached @throws EmailTaken @throws OwnerNotFound @throws OwnerNotPerson
 * @throws InvalidInput An address is of no upload that is still to be had. In this order.
 * @see Contract kyc 3.1; DESIGN R3.
 */
export async function createKycIdentity(
  deps: Needs,
  context: RequestContext,
  input: NewKycIdentity,
): Promise<Documented> {
  const isAlone = filesIn(input).length === 0 && typeof input.identityOwner !== 'string';
  const made = isAlone ? await createAtOnce(deps, context, input) : null;
  return made === null ? createTogether(deps, context, input) : { identity: made, documents: [] };
}

/**
 * Somebody who brings nothing that is there already, and is asked about at one provider: as one statement.
 * @returns Null where the pool has none of these, or several, or the key is used up by what it makes.
 * @throws EmailTaken @throws WrongState
 */
async function createAtOnce(
  deps: Needs,
  context: RequestContext,
  input: NewKycIdentity,
): Promise<Changed | null> {
  const { poolId } = context.principal;
  const { result } = await untilDone(deps.configs, poolId, async () => {
    const config = await deps.configs.any(poolId);
    if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
    const vault = await deps.vault.pool(poolId, config.version);
    const drafting = { config, vault, schemaId: config.defaultSchemaId };
    const draft = draftOf(deps, drafting, input);
    const id = deps.ids.next() as IdentityId;
    const { insert, made } = prepareInsert(deps, context, { id, ...drafting, ...draft });
    const identity = { ...made, profile: draft.profile };
    const [provider, ...others] = enabledSlugs(identity);
    if (provider === undefined || others.length > 0 || insert.limitedKeyId !== null)
      return { outcome: 'done' as const, result: null };
    const verification = prepareVerification(deps, context, { identity, provider, isAgain: false });
    const { id: verificationId } = verification.verification;
    const kycCase = caseOf(identity, { provider, verificationId, before: null, at: insert.stamp.at });
    const outcome = await deps.kycIdentities.insertWithCase({ insert, verification, kycCase });
    if (outcome !== 'taken') return { outcome, result: made };
    await requireFreeEmail(deps, { poolId, vault }, input.email, null);
    // Whoever held it let go in between: try again.
    return { outcome: 'stale' as const, result: made };
  });
  return result;
}

function createTogether(deps: Needs, context: RequestContext, input: NewKycIdentity): Promise<Documented> {
  const { poolId } = context.principal;
  return together(deps, async (tx) => {
    // First: whoever may make nothing learns nothing about who is there.
    if ((await identitiesLeft(tx, context)) === 0) throw new IdentityLimitReached();
    const drafting = openDrafting(deps, poolId);
    await requireFreeEmail(tx, { poolId, vault: drafting.vault }, input.email, null);
    await requireOwner(tx, poolId, input);
    const draft = draftOf(deps, drafting, input);
    const id = deps.ids.next() as IdentityId;
    const identity = await createWithin(tx, deps, context, { drafting, draft, id });
    const documents =
      filesIn(input).length === 0 ? [] : (await attachDocuments(tx, deps, identity, input)).documents;
    await openCases(tx, deps, context, identity);
    return { identity, documents };
  });
}

/** With what is in memory; what is not is loaded between two tries. @throws WrongState */
function openDrafting({ configs, vault }: Needs, poolId: PoolId): Drafting {
  const config = configs.held(poolId, 0);
  const keys = config === null ? null : vault.held(poolId, config.version);
  if (config === null || keys === null) return tryAgain(() => refreshPool({ configs, vault }, poolId));
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  return { config, vault: keys, schemaId: config.defaultSchemaId };
}

async function requireOwner(
  tx: Pick<RecordStores, 'identities' | 'kycIdentities'>,
  poolId: PoolId,
  { identityOwner }: KycInput,
): Promise<void> {
  if (typeof identityOwner !== 'string') return;
  // Stays a person until the company is there, and cannot become one any more then.
  await tx.kycIdentities.holdOwner(poolId, identityOwner as IdentityId);
  requirePerson(await findOwner(tx, poolId, identityOwner), null);
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
    fields: ['type', ...owned, ...changed, ...filesIn(input)],
  };
}

/** Each file that is sent along is attached, or nothing is made. */
function filesIn(input: KycInput): string[] {
  return (['documents', 'faceImages'] as const).filter((name) => (input[name]?.length ?? 0) > 0);
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
