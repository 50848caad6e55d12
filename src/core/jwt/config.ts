import type { AttributeName } from '../identities/attributes.ts';

/** OpenID Connect Core 1.0 section 5.1: as they are in the record. */
const ATTRIBUTE_CLAIMS = [
  'email',
  'phone_number',
  'given_name',
  'family_name',
  'nickname',
  'preferred_username',
  'birthdate',
  'gender',
] as const satisfies readonly AttributeName[];

/** Everything that a template may add; none of them is one that every token has. */
export const CLAIM_NAMES = [
  ...ATTRIBUTE_CLAIMS,
  'email_verified',
  'acr',
  'amr',
  'auth_time',
  'schema_id',
  'external_id',
  'organization_id',
  'metadata_public',
  'traits',
] as const;
export type ClaimName = (typeof CLAIM_NAMES)[number];

/** What tokens are made after; a part of a pool's settings. */
export interface TokenTemplate {
  /** As requests name it in `tokenize_as`. */
  readonly name: string;
  readonly ttlSeconds: number;
  /** Beside those that every token has: those that the record has a value for. */
  readonly claims: readonly ClaimName[];
  /** What `sub` is. */
  readonly subject: 'id' | 'external_id';
}
