import type { Deps } from '../deps.ts';
import { accountExternalId, accountIdentifierOf, claimOf } from '../identities/claims.ts';
import type { Drafting } from '../identities/create-record.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { EMPTY_PROFILE, type IdentifyProfile } from '../identities/profile.ts';
import type { Changed } from '../identities/revision.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { changeWithin, createWithin, heldWithin, together, tryAgain } from '../records.ts';
import { firstStanding } from '../verification/config.ts';
import { TokenRejected, UserExists } from './errors.ts';
import { type Account, externalIdOf } from './external-id.ts';
import { type ProfileInput, withProfileInput } from './profile-change.ts';
import type { Caller, Project } from './project.ts';

export type AccountNeeds = Pick<
  Deps,
  ('clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'records') | ('macs' | 'externalIds')
>;

/** Somebody who is known by who they are elsewhere, or by nothing but a capability. */
export interface AccountInput {
  readonly account: Account;
  /** Default: as it follows from the account. */
  readonly externalId?: string;
  /** What a new one begins with. An e-mail address or username that another user has is not claimed (R3). */
  readonly profile?: ProfileInput;
  readonly identify?: Pick<IdentifyProfile, 'devices' | 'countryCode' | 'ageVerified'>;
  readonly caller: Caller;
}

export interface FoundUser {
  readonly stored: StoredIdentity;
  readonly isNew: boolean;
}

/** One look-up. Null: nobody; deleted ones free their account. */
export async function findByAccount(
  { identities }: Pick<Deps, 'identities'>,
  { poolId, vault }: Pick<Project, 'poolId' | 'vault'>,
  account: Account,
): Promise<StoredIdentity | null> {
  const found = await identities.findByClaim(poolId, claimOf(vault, accountIdentifierOf(account)));
  return found !== null && isVisible(found) ? found : null;
}

/** As `findByAccount`, by the external id. */
async function findByExternalId(
  { identities }: Pick<Deps, 'identities'>,
  { poolId, vault }: Pick<Project, 'poolId' | 'vault'>,
  externalId: string,
): Promise<StoredIdentity | null> {
  const found = await identities.findByClaim(poolId, claimOf(vault, accountExternalId(externalId)));
  return found !== null && isVisible(found) ? found : null;
}

/**
 * The user of an account, made when it comes for the first time: of any number at once one is made, and all others find
 * that. An e-mail address never leads to somebody who is there already: that would take a proof of both.
 *
 * @throws UserExists The external id is another account's.
 * @see Contract identify 3.1, 3.5.
 */
export async function findOrMakeUser(
  deps: AccountNeeds,
  project: Project,
  input: AccountInput,
): Promise<FoundUser> {
  const found = await findByAccount(deps, project, input.account);
  if (found !== null) return { stored: found, isNew: false };
  const key = await deps.externalIds.get(project.poolId);
  const externalId = input.externalId ?? externalIdOf(deps.macs, key, input.account);
  return together(deps, async (tx) => {
    const { config, vault } = heldWithin(deps, project.poolId);
    const other = await findByAccount(tx, { poolId: project.poolId, vault }, input.account);
    if (other !== null) return { stored: other, isNew: false };
    if ((await findByExternalId(tx, { poolId: project.poolId, vault }, externalId)) !== null) {
      const late = await findByAccount(tx, { poolId: project.poolId, vault }, input.account);
      if (late !== null) return { stored: late, isNew: false };
      // Another account's: whoever chooses an id must not be taken for that user.
      throw new UserExists();
    }
    const drafting: Drafting = { config, vault, schemaId: config.defaultSchemaId };
    const made = await make(tx, deps, input, { drafting, externalId });
    return { stored: made.stored, isNew: true };
  });
}

/** First with what is certain, then with what another user may have already. */
async function make(
  tx: RecordStores,
  deps: AccountNeeds,
  { account, profile = {}, identify = {}, caller }: AccountInput,
  { drafting, externalId }: { drafting: Drafting; externalId: string },
): Promise<Changed> {
  const at = deps.clock.now();
  const standing = firstStanding(drafting.config.verification);
  const updatedAt = Math.floor(at.getTime() / 1000);
  const draft = {
    profile: {
      ...EMPTY_PROFILE,
      identify: { ...identify, accounts: [{ ...account, externalId }], updatedAt },
    },
    ...{ standing, fields: ['identify.account'] },
  };
  const id = deps.ids.next() as IdentityId;
  const made = await createWithin(tx, deps, caller.context, { drafting, draft, id });
  if (Object.keys(profile).length === 0) return made;
  const { config } = drafting;
  const options = { newVid: () => deps.ids.next(), at };
  const next = withProfileInput(config, { ...made.stored, profile: draft.profile }, profile, options);
  if (made.key === null) throw new TokenRejected();
  const changing = { ...made, key: made.key, profile: draft.profile };
  const revision = { action: 'identity.updated', ...next, claims: 'if-free' } as const;
  return changeWithin(tx, deps, caller.context, changing, {
    ...revision,
    // Somebody took it while this was written.
    onTaken: async () => tryAgain(),
  });
}
