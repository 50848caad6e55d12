import { normaliseEmail } from '../../../kit/normalise.ts';
import type { Credentials } from '../../credentials/credentials.ts';
import type { Deps } from '../../deps.ts';
import { InvalidInput } from '../../errors.ts';
import { claimsOfRecord } from '../../identities/claims.ts';
import type { Draft, Drafting } from '../../identities/create-record.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import { EMPTY_PROFILE } from '../../identities/profile.ts';
import type { IdentityId } from '../../ports.ts';
import { createWithin, heldWithin, together } from '../../records.ts';
import { firstStanding } from '../../verification/config.ts';
import type { LocalSettings } from '../config.ts';
import { UserExists } from '../errors.ts';
import { type ProfileInput, withProfileInput } from '../profile-change.ts';
import type { Caller, Project } from '../project.ts';
import { requireGoodPassword } from './password-policy.ts';

/**
 * Makes a user with a password, who can log in on every surface with it. Of many at once with one address one is made.
 *
 * @param input.deviceId Is known from then on, though nobody has logged in on it; null: none was named.
 * @throws UserExists @throws PasswordRefused @throws InvalidInput @throws Busy
 * @see Contract identify 3.4.
 */
export async function registerLocally(
  deps: Pick<
    Deps,
    'clock' | 'ids' | 'vault' | 'configs' | 'records' | 'passwords' | 'breached' | 'selfService'
  >,
  project: Project,
  settings: LocalSettings,
  input: {
    readonly profile: ProfileInput & { readonly email: string };
    readonly password: string;
    readonly deviceId: string | null;
    readonly caller: Caller;
  },
): Promise<void> {
  const { poolId } = project;
  const { password, profile, deviceId, caller } = input;
  const email = normaliseEmail(profile.email);
  if (email === null) throw badEmail('must be an e-mail address');
  await requireGoodPassword(deps, project, settings, { password, email });
  const hash = await deps.passwords.hash(password, project.config.iam.passwordAlgorithm);
  await together(deps, async (tx) => {
    const { config, vault } = heldWithin(deps, poolId);
    const drafting: Drafting = { config, vault, schemaId: config.defaultSchemaId };
    const draft = draftOf(deps, drafting, { profile, email, hash, deviceId });
    const { claims } = claimsOfRecord(vault, config, draft);
    const held = await tx.identities.findHolders(poolId, claims);
    if (held.length > 0) throw new UserExists();
    await createWithin(tx, deps, caller.context, { drafting, draft, id: deps.ids.next() as IdentityId });
  });
}

/** @throws InvalidInput */
function draftOf(
  { clock, ids }: Pick<Deps, 'clock' | 'ids'>,
  { config, schemaId }: Drafting,
  input: { profile: ProfileInput; email: string; hash: string; deviceId: string | null },
): Draft & { schemaId: string; credentials: Credentials } {
  const at = clock.now();
  const when = at.toISOString();
  const standing = firstStanding(config.verification);
  const { profile, fields } = withProfileInput(
    config,
    { schemaId, profile: EMPTY_PROFILE, standing },
    input.profile,
    { newVid: () => ids.next(), at },
  );
  const { identifiers } = derivedOf(config, { schemaId, traits: profile.traits });
  // Who could not log in is not made: the schema says what people log in with.
  if (!identifiers.some(({ type, value }) => type === 'password' && value === input.email))
    throw badEmail('is nothing that people of this project log in with');
  const since = Math.floor(at.getTime() / 1000);
  const devices = input.deviceId === null ? {} : { devices: [{ id: input.deviceId, since }] };
  return {
    ...{ schemaId, standing },
    profile: { ...profile, identify: { ...profile.identify, ...devices } },
    credentials: { format: 1, password: { hash: input.hash, createdAt: when, updatedAt: when } },
    fields: [...fields, 'credentials.password'],
  };
}

function badEmail(message: string): InvalidInput {
  return new InvalidInput([{ path: ['data', 'email'], code: 'invalid', rule: 'format', message }]);
}
