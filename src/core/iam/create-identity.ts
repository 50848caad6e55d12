import type { Deps } from '../deps.ts';
import { WriteConflict } from '../errors.ts';
import { setAddress } from '../identities/addresses.ts';
import { createRecord, type Draft, type Drafting } from '../identities/create-record.ts';
import { derivedOf } from '../identities/login-identifiers.ts';
import { EMPTY_PROFILE, type Profile } from '../identities/profile.ts';
import { standingOf } from '../identities/standing.ts';
import type { RequestContext } from '../ports.ts';
import type { ImportedVerifiableAddress } from '../traits/addresses.ts';
import { normaliseAddress } from '../traits/normalise-identifier.ts';
import type { PhoneNumbers } from '../traits/ports.ts';
import { firstStanding } from '../verification/config.ts';
import { IdentifierTaken } from './errors.ts';
import { newCredentials, type PreparedImports, prepareImports } from './import-credentials.ts';
import type { NewIamIdentity } from './input.ts';
import { type IamRecord, toIamRecord } from './record.ts';
import { schemaOf, withTraits } from './traits.ts';

export type CreateIamNeeds = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation' | 'passwords' | 'phones'
>;

/**
 * Makes an identity of the key's pool by its traits, with its credentials, addresses and metadata.
 *
 * @throws InvalidInput @throws InvalidTraits @throws IdentifierTaken @throws WrongState @throws IdentityLimitReached @throws Busy
 * @see Contract iam 4.1, "Create body", "Credential import".
 */
export async function createIamIdentity(
  deps: CreateIamNeeds,
  context: RequestContext,
  input: NewIamIdentity,
): Promise<IamRecord> {
  const { poolId } = context.principal;
  // What is to be hashed is, by the algorithm of now; and what is refused anyway is refused before that costs.
  const isCostly = input.credentials.password?.password !== undefined;
  const config = await (isCostly ? deps.configs.current(poolId) : deps.configs.any(poolId));
  if (isCostly) draftOf(deps, { config, schemaId: config.defaultSchemaId }, input, {});
  const imports = await prepareImports(
    { hasher: deps.passwords },
    input.credentials,
    config.iam.passwordAlgorithm,
  );
  const outcome = await createRecord(deps, context, {
    poolId,
    draft: (drafting) => draftOf(deps, drafting, input, imports),
    onTaken: async () => {
      throw new IdentifierTaken();
    },
  });
  if (!('made' in outcome)) throw new WriteConflict();
  return toIamRecord(outcome.made, outcome.made);
}

/** @throws InvalidInput @throws InvalidTraits */
export function draftOf(
  { clock, ids, phones }: Pick<Deps, 'clock' | 'ids' | 'phones'>,
  { config, schemaId: defaultId }: Pick<Drafting, 'config' | 'schemaId'>,
  input: NewIamIdentity,
  imports: PreparedImports,
): Draft & { schemaId: string } {
  const now = clock.now();
  const schemaId = input.schemaId ?? defaultId;
  schemaOf(config, schemaId);
  const isInactive = input.state === 'inactive';
  const standing = standingOf({
    ...firstStanding(config.verification),
    blocked: isInactive ? true : undefined,
  });
  const record = { schemaId, profile: EMPTY_PROFILE, standing };
  const { profile, changed } = withTraits(config, record, { schemaId, traits: input.traits }, () =>
    ids.next(),
  );
  const derived = derivedOf(config, { schemaId, traits: profile.traits });
  let next = withOwnFields(profile, input);
  if (input.organizationId !== null)
    next = { ...next, iam: { ...next.iam, organizationId: input.organizationId } };
  for (const address of derived.verifiable) {
    const said = input.verifiableAddresses.find((one) => isSaidOf(phones, one, address));
    if (said !== undefined) next = setAddress(next, address, statusOf(said, now));
  }
  const credentials = newCredentials(imports, now);
  const names = Object.keys(credentials).filter((name) => name !== 'format');
  return {
    ...{ profile: next, standing, credentials, schemaId },
    fields: [
      'traits',
      ...changed,
      ...(isInactive ? ['blocked'] : []),
      ...names.map((name) => `credentials.${name}`),
    ],
  };
}

/** Whether what was said is about this address, however it was spelled. */
export function isSaidOf(
  phones: PhoneNumbers,
  { via = 'email', value }: ImportedVerifiableAddress,
  address: { via: string; value: string },
): boolean {
  if (via !== address.via) return false;
  return value.trim() === address.value || normaliseAddress(phones, via, value) === address.value;
}

function statusOf({ verified, status, verifiedAt }: ImportedVerifiableAddress, now: Date) {
  return {
    verified,
    status: status ?? (verified ? ('completed' as const) : ('pending' as const)),
    ...(verified ? { verifiedAt: (verifiedAt ?? now).toISOString() } : {}),
    updatedAt: now.toISOString(),
  };
}

/** Metadata and the external id, as a whole: what is not given is cleared. */
export function withOwnFields(
  profile: Profile,
  {
    metadataPublic,
    metadataAdmin,
    externalId,
  }: Pick<NewIamIdentity, 'metadataPublic' | 'metadataAdmin' | 'externalId'>,
): Profile {
  const { iam: before, ...rest } = profile;
  const { organizationId } = before ?? {};
  const iam = {
    ...(organizationId === undefined ? {} : { organizationId }),
    ...(metadataPublic === undefined || metadataPublic === null ? {} : { metadataPublic }),
    ...(metadataAdmin === undefined || metadataAdmin === null ? {} : { metadataAdmin }),
    ...(externalId === null || externalId === '' ? {} : { externalId }),
  };
  return Object.keys(iam).length === 0 ? rest : { ...rest, iam };
}
