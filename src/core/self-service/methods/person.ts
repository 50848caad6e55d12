import type { Credentials } from '../../credentials/credentials.ts';
import { openIamRecord, type WholeRecord } from '../../iam/record.ts';
import { claimOf } from '../../identities/claims.ts';
import type { IdentifierClaim, StoredIdentity } from '../../identities/ports.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { PoolId, PoolVault } from '../../ports.ts';
import { identifierSpaceOf, normaliseIdentifier } from '../../traits/normalise-identifier.ts';
import { type Offer, offerOf } from '../begin-flow.ts';
import type { SelfServiceConfig } from '../config.ts';
import { type Attempt, checkAllowed, lockoutKeysOf, requireAllowed } from '../lockout.ts';
import type { FlowDeps, Submission } from '../visit.ts';

/** Nobody types more; folding a text of a megabyte would take its time. */
const LENGTH_MAX = 1024;

/**
 * Who signs in by an identifier.
 *
 * @param input.type What the identifier must be of: an address alone signs nobody in.
 * @returns `identifier` normalised; null for one that nobody can have: nothing in it can be seen, or it is too long. `person` null: nobody's.
 */
export async function findPerson(
  deps: Pick<FlowDeps, 'identities' | 'vault' | 'configs' | 'phones'>,
  input: {
    readonly poolId: PoolId;
    readonly identifier: string;
    readonly type: 'password' | 'code' | 'webauthn';
  },
): Promise<{ readonly identifier: string | null; readonly person: WholeRecord | null }> {
  const { poolId, type } = input;
  const identifier = identifierOf(deps, input.identifier);
  if (identifier === null) return { identifier, person: null };
  const claim = claimFor(await deps.vault.pool(poolId), identifier);
  const stored = await deps.identities.findByClaim(poolId, claim);
  return { identifier, person: await whose(deps, stored, { identifier, type }) };
}

/**
 * As `findPerson`, with what failed of late and what the pool offers as of the same moment: one read.
 * @throws LockedOut See `checkAllowed`.
 */
export async function findAllowed(
  deps: Pick<FlowDeps, 'logins' | 'lockouts' | 'vault' | 'configs' | 'phones' | 'clock' | 'selfService'>,
  { poolId, address, flow }: Pick<Submission, 'poolId' | 'address' | 'flow'>,
  named: { readonly identifier: string; readonly type: 'password' },
): Promise<{ readonly attempt: Attempt; readonly person: WholeRecord | null; readonly offer: Offer }> {
  const identifier = identifierOf(deps, named.identifier);
  const vault = await deps.vault.pool(poolId);
  const attempt: Attempt = { poolId, vault, identifier, address };
  if (identifier === null) {
    const offer = await offerOf(deps, { poolId, flow });
    await checkAllowed(deps, offer.offered.lockout, attempt);
    return { attempt, person: null, offer };
  }
  const keys = lockoutKeysOf(attempt);
  const found = await deps.logins.findClaimant(poolId, claimFor(vault, identifier), keys);
  const offer = await offerOf(deps, { poolId, flow: found });
  requireAllowed(deps, offer.offered.lockout, found.failures);
  return { attempt, person: await whose(deps, found.stored, { identifier, type: named.type }), offer };
}

function identifierOf({ phones }: Pick<FlowDeps, 'phones'>, text: string): string | null {
  return text.length <= LENGTH_MAX ? normaliseIdentifier(phones, text) : null;
}

function claimFor(vault: PoolVault, identifier: string): IdentifierClaim {
  return claimOf(vault, { space: identifierSpaceOf(identifier), value: identifier });
}

/** Null: nobody's, or somebody's who does not sign in by it. */
async function whose(
  deps: Pick<FlowDeps, 'vault' | 'configs'>,
  stored: StoredIdentity | null,
  { identifier, type }: { readonly identifier: string; readonly type: string },
): Promise<WholeRecord | null> {
  if (stored === null || !isVisible(stored)) return null;
  const record = await openIamRecord(deps, stored);
  const isTheirs = record.derived.identifiers.some((one) => one.type === type && one.value === identifier);
  return isTheirs ? record : null;
}

/** Second factors that an identity has set up and the pool offers. @see Contract iam 5, "AAL available". */
export function secondFactorsOf(
  { methods }: Pick<SelfServiceConfig, 'methods'>,
  { totp, lookup_secret: lookup, webauthn }: Credentials,
): ('totp' | 'lookup_secret' | 'webauthn')[] {
  const has = {
    totp: totp !== undefined,
    lookup_secret: (lookup?.codes.length ?? 0) > 0,
    webauthn: webauthn?.keys.some(({ isPasswordless }) => !isPasswordless) ?? false,
  };
  return (['totp', 'lookup_secret', 'webauthn'] as const).filter(
    (name) => has[name] && methods[name].enabled,
  );
}
