import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { NotFound, WrongState } from '../errors.ts';
import { isOpenStatus } from '../identities/view.ts';
import type { ApiKey, IdentityId } from '../ports.ts';
import { type CreateApiKeyInput, newKeyOf } from './manage-keys.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'keys' | 'configs' | 'identities'>;

/** As for a key with a secret; it is never a publishable one, which everybody could use. */
export interface CreateIdentityKeyInput extends Omit<CreateApiKeyInput, 'kind'> {
  /** Of the same pool. */
  readonly identityId: IdentityId;
}

/**
 * Makes the API key of an identity: there is no secret to it, its credential is any active session of theirs. An act of
 * the installation, like `createApiKey`. Of two at once for one identity, one works.
 *
 * @throws NotFound No such pool, or no such identity in it that could log in some day.
 * @throws WrongState The identity has a key that is not revoked. @throws InvalidInput Every problem at once.
 * @see Contract iam 1.2; decision 0021.
 */
export async function createIdentityKey(deps: Needs, input: CreateIdentityKeyInput): Promise<ApiKey> {
  const { identityId } = input;
  const key: ApiKey = { ...(await newKeyOf(deps, input)), identityId };
  const identity = await deps.identities.findIdentity(key.poolId, identityId);
  if (identity === null || !isOpenStatus(identity.status)) throw new NotFound();
  const isMade = await deps.keys.insertApiKey({ ...key, secretHash: null }, stampOf(deps, null, key.poolId));
  if (!isMade) throw new WrongState('The identity has an API key already; revoke that one first.');
  return key;
}
