import type { Credentials } from '../../credentials/credentials.ts';
import { type IamRecord, openIamRecord } from '../../iam/record.ts';
import { claimOf } from '../../identities/claims.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { PoolId } from '../../ports.ts';
import { identifierSpaceOf, normaliseIdentifier } from '../../traits/normalise-identifier.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { FlowDeps } from '../visit.ts';

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
): Promise<{ readonly identifier: string | null; readonly person: IamRecord | null }> {
  const { poolId, type } = input;
  const isPossible = input.identifier.length <= LENGTH_MAX;
  const identifier = isPossible ? normaliseIdentifier(deps.phones, input.identifier) : null;
  if (identifier === null) return { identifier, person: null };
  const vault = await deps.vault.pool(poolId);
  const claim = claimOf(vault, { space: identifierSpaceOf(identifier), value: identifier });
  const stored = await deps.identities.findByClaim(poolId, claim);
  if (stored === null || !isVisible(stored)) return { identifier, person: null };
  const record = await openIamRecord(deps, stored);
  const isTheirs = record.derived.identifiers.some((one) => one.type === type && one.value === identifier);
  return { identifier, person: isTheirs ? record : null };
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
