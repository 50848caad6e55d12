import type { LookupCode, OidcAccount, PublicKey, SamlAccount } from '../credentials/credentials.ts';
import type { ImportedVerifiableAddress } from '../traits/addresses.ts';
import type { IdentityState } from './record.ts';

/** Credentials that come with an identity; the shapes were checked, their contents not yet (contract iam 4.1). */
export interface CredentialImports {
  readonly password?: {
    readonly password?: string;
    readonly hashedPassword?: string;
    readonly usesMigrationHook?: boolean;
  };
  readonly oidc?: readonly OidcAccount[];
  readonly saml?: readonly SamlAccount[];
  readonly totpUrl?: string;
  readonly lookupCodes?: readonly LookupCode[];
  readonly webauthn?: PublicKeysImport;
  readonly passkey?: PublicKeysImport;
}

export interface PublicKeysImport {
  readonly keys: readonly PublicKey[];
  /** Standard base64; empty: the one that is there already. */
  readonly userHandle: string;
}

interface IdentityInput {
  readonly traits: unknown;
  /** Null and undefined clear. */
  readonly metadataPublic: unknown;
  readonly metadataAdmin: unknown;
  /** Null and the empty text clear. */
  readonly externalId: string | null;
  readonly credentials: CredentialImports;
}

export interface NewIamIdentity extends IdentityInput {
  /** Null: the pool's default. */
  readonly schemaId: string | null;
  readonly state: IdentityState;
  readonly organizationId: string | null;
  readonly verifiableAddresses: readonly ImportedVerifiableAddress[];
}

export interface IamReplacement extends IdentityInput {
  /** Null: as it is. */
  readonly schemaId: string | null;
  readonly state: IdentityState | null;
}
