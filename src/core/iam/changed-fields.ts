import { isSameJson } from '../../kit/same-json.ts';
import { CREDENTIAL_TYPES, type Credentials } from '../credentials/credentials.ts';
import type { IamProfile, Profile } from '../identities/profile.ts';
import type { Standing } from '../identities/standing.ts';
import type { IamRecord } from './record.ts';

const OWN: readonly (readonly [string, keyof IamProfile])[] = [
  ['metadata_public', 'metadataPublic'],
  ['metadata_admin', 'metadataAdmin'],
  ['external_id', 'externalId'],
  ['organization_id', 'organizationId'],
];
const STANDING = ['blocked', 'stateChangedAt'] as const;

/** Names of what an identity will have otherwise than before, attributes left out: those of `withTraits` belong to them. */
export function changedFields(
  { profile: before, credentials: old, stored }: IamRecord,
  after: { profile: Profile; schemaId: string; standing: Standing; credentials: Credentials },
): string[] {
  const { profile, schemaId, standing, credentials } = after;
  const own = OWN.filter(([, key]) => !isSameJson(before.iam?.[key], profile.iam?.[key]));
  const types = CREDENTIAL_TYPES.filter((type) => credentials[type] !== old[type]);
  return [
    ...(stored.schemaId === schemaId ? [] : ['schema_id']),
    ...(isSameJson(before.traits, profile.traits) ? [] : ['traits']),
    ...own.map(([name]) => name),
    ...(isSameJson(before.addresses, profile.addresses) ? [] : ['addresses']),
    ...STANDING.filter((name) => standing[name] !== stored.standing[name]),
    ...types.map((type) => `credentials.${type}`),
  ];
}
