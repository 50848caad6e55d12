import { normaliseEmail } from '../../kit/normalise.ts';
import type { IamRecord } from '../iam/record.ts';
import { knownAddress } from '../identities/addresses.ts';
import { type AttributeName, readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import type { SessionView } from '../sessions/view.ts';
import type { ClaimName } from './config.ts';

export interface ClaimSource {
  readonly session: SessionView;
  readonly record: IamRecord;
}

/** The claims that the record has a value for. Personal data. */
export function claimsFor(names: readonly ClaimName[], source: ClaimSource): Record<string, unknown> {
  const valued = names.map((name) => [name, claimOf(name, source)] as const);
  return Object.fromEntries(valued.filter(([, value]) => value !== undefined && value !== null));
}

function claimOf(name: ClaimName, { session, record }: ClaimSource): unknown {
  const { profile, stored } = record;
  const { externalId, organizationId, metadataPublic } = profile.iam ?? {};
  switch (name) {
    case 'email_verified':
      return isEmailVerified(record);
    case 'acr':
      return session.aal;
    case 'amr':
      return session.methods.map(({ method }) => method);
    case 'auth_time':
      return Math.floor(session.authenticatedAt.getTime() / 1000);
    case 'schema_id':
      return stored.schemaId;
    case 'external_id':
      return externalId;
    case 'organization_id':
      return organizationId;
    case 'metadata_public':
      return metadataPublic;
    case 'traits':
      return profile.traits;
    default:
      return attributeOf(record, name);
  }
}

function attributeOf({ config, stored, profile }: IamRecord, name: AttributeName): string | null {
  return readAttribute(profile, homesOf(config, stored.schemaId), name);
}

/** Undefined where there is no e-mail address at all. */
function isEmailVerified(record: IamRecord): boolean | undefined {
  const email = attributeOf(record, 'email');
  if (email === null) return undefined;
  const value = normaliseEmail(email) ?? email;
  return knownAddress(record.profile, { via: 'email', value }, record.stored.createdAt).verified;
}
