import type { Static } from 'typebox';
import type { CredentialType } from '../../core/credentials/credentials.ts';
import type { Deps } from '../../core/deps.ts';
import { type IamRecord, stateOf } from '../../core/iam/record.ts';
import { knownAddress } from '../../core/identities/addresses.ts';
import type { DerivedAddress } from '../../core/traits/ports.ts';
import { uuidOfDigest } from '../../kit/ids.ts';
import { showCredentials } from './show-credentials.ts';
import type * as wire from './wire.ts';

export type ShownIdentity = Static<typeof wire.Identity>;

export interface ShowOptions {
  /** Null: no credentials at all, as in lists that did not ask for any. */
  readonly included: ReadonlySet<CredentialType> | null;
  /** False for the identity's own eyes. Default true. */
  readonly forAdmin?: boolean;
}

export const NONE_INCLUDED: ReadonlySet<CredentialType> = new Set();

/** An identity as contract iam 2 spells it. */
export async function showIdentity(
  { addresses }: Pick<Deps, 'addresses'>,
  record: IamRecord,
  options: ShowOptions,
): Promise<ShownIdentity> {
  return shownFrom(await addresses.baseOf(record.stored.poolId), record, options);
}

/** @param base Where the pool's schemas are. */
export function shownFrom(
  base: string,
  record: IamRecord,
  { included, forAdmin = true }: ShowOptions,
): ShownIdentity {
  const { stored, profile } = record;
  const { iam = {} } = profile;
  const { verifiable, recovery } = showAddresses(record);
  return {
    id: stored.id,
    ...(iam.externalId === undefined ? {} : { external_id: iam.externalId }),
    ...(included === null
      ? {}
      : { credentials: showCredentials(record, included) as NonNullable<ShownIdentity['credentials']> }),
    schema_id: stored.schemaId,
    schema_url: schemaUrl(base, stored.schemaId),
    state: stateOf(stored.standing),
    state_changed_at: stored.standing.stateChangedAt ?? stored.createdAt.toISOString(),
    traits: profile.traits,
    ...(verifiable.length === 0 ? {} : { verifiable_addresses: verifiable }),
    ...(recovery.length === 0 ? {} : { recovery_addresses: recovery }),
    metadata_public: iam.metadataPublic ?? null,
    ...(forAdmin ? { metadata_admin: iam.metadataAdmin ?? null } : {}),
    created_at: stored.createdAt.toISOString(),
    updated_at: stored.updatedAt.toISOString(),
    organization_id: iam.organizationId ?? null,
  };
}

/** `base64url`, without padding, of the schema's id. */
export function schemaUrl(base: string, schemaId: string): string {
  return `${base}/schemas/${Buffer.from(schemaId).toString('base64url')}`;
}

/**
 * Both lists of addresses. An address has no row of its own: its id is a keyed digest, dated with its identity, so that the
 * same address of one identity has the same id for as long as it is there. One digest, of which each list has a half.
 */
function showAddresses({ vault, stored, profile, derived }: IamRecord) {
  const digests = new Map<string, Buffer>();
  const digestOf = ({ via, value }: DerivedAddress): Buffer => {
    const key = `${via}:${value}`;
    const digest = digests.get(key) ?? vault.digest(`address:${via}`, value);
    digests.set(key, digest);
    return digest;
  };
  const verifiable = derived.verifiable.map((address) => {
    const known = knownAddress(profile, address, stored.createdAt);
    return {
      id: uuidOfDigest(stored.id, digestOf(address)),
      value: address.value,
      verified: known.verified,
      via: address.via,
      status: known.status,
      ...(known.verifiedAt === null ? {} : { verified_at: known.verifiedAt.toISOString() }),
      created_at: known.createdAt.toISOString(),
      updated_at: known.updatedAt.toISOString(),
    };
  });
  const recovery = derived.recovery.map((address) => {
    const known = knownAddress(profile, address, stored.createdAt);
    return {
      id: uuidOfDigest(stored.id, digestOf(address).subarray(16)),
      value: address.value,
      via: address.via,
      created_at: known.createdAt.toISOString(),
      updated_at: known.updatedAt.toISOString(),
    };
  });
  return { verifiable: byId(verifiable), recovery: byId(recovery) };
}

function byId<Shown extends { id: string }>(shown: readonly Shown[]): Shown[] {
  return [...shown].sort((one, other) => (one.id < other.id ? -1 : 1));
}
