import { SealBroken } from '../errors.ts';
import type { DataKey } from '../ports.ts';

/** When a credential of one type was first made and last changed; ISO 8601. */
export interface Dated {
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface PasswordCredential extends Dated {
  /** In any format that is verified (contract iam 4.1). Null: only the hook below is asked. */
  readonly hash: string | null;
  readonly usesMigrationHook?: true;
}

/** An account at another provider of identities. */
export interface OidcAccount {
  readonly provider: string;
  /** Who somebody is at that provider, in its own spelling. */
  readonly subject: string;
  readonly organization?: string;
  readonly usesAutoLink?: true;
  /** What the provider gave out when the account was linked. */
  readonly tokens?: { readonly id: string; readonly access: string; readonly refresh: string };
}

export type SamlAccount = Pick<OidcAccount, 'provider' | 'subject' | 'organization'>;

export interface AccountsCredential<Account> extends Dated {
  readonly providers: readonly Account[];
}

export interface TotpCredential extends Dated {
  /** `otpauth://totp/…?secret=…` */
  readonly url: string;
  /** The last time step that was used: none is used twice (RFC 6238, 5.2). */
  readonly usedStep?: number;
}

export interface LookupCode {
  readonly code: string;
  readonly usedAt?: string;
}

export interface LookupCredential extends Dated {
  readonly codes: readonly LookupCode[];
}

/** A public key of WebAuthn. Bytes in standard base64, as contract iam 3 shows them. */
export interface PublicKey {
  readonly id: string;
  readonly publicKey: string;
  readonly attestationType: string;
  readonly authenticator?: {
    readonly aaguid: string;
    readonly signCount: number;
    readonly cloneWarning: boolean;
  };
  readonly displayName: string;
  readonly addedAt: string;
  readonly isPasswordless: boolean;
  readonly flags?: {
    readonly userPresent: boolean;
    readonly userVerified: boolean;
    readonly backupEligible: boolean;
    readonly backupState: boolean;
  };
  readonly transports?: readonly string[];
  readonly attestation?: unknown;
}

export interface PublicKeysCredential extends Dated {
  readonly keys: readonly PublicKey[];
  /** Standard base64; what an authenticator calls its user. */
  readonly userHandle: string;
}

/**
 * The sealed section `credentials` of an identity. What is only derived from traits, identifiers and the one-time code,
 * is not in it.
 */
export interface Credentials {
  readonly format: 1;
  readonly password?: PasswordCredential;
  readonly oidc?: AccountsCredential<OidcAccount>;
  readonly saml?: AccountsCredential<SamlAccount>;
  readonly totp?: TotpCredential;
  readonly lookup_secret?: LookupCredential;
  readonly webauthn?: PublicKeysCredential;
  readonly passkey?: PublicKeysCredential;
}

export const CREDENTIAL_TYPES = [
  'password',
  'oidc',
  'saml',
  'totp',
  'lookup_secret',
  'webauthn',
  'passkey',
] as const;
/** Types that hold something of their own. */
export type StoredCredentialType = (typeof CREDENTIAL_TYPES)[number];
/** `code` is nothing but what traits say. */
export type CredentialType = StoredCredentialType | 'code';

export const NO_CREDENTIALS: Credentials = { format: 1 };

const SECTION_CREDENTIALS = 'credentials';

/** @returns Null where there is nothing to keep. */
export function sealCredentials(key: DataKey, credentials: Credentials): Buffer | null {
  if (!CREDENTIAL_TYPES.some((type) => credentials[type] !== undefined)) return null;
  return key.seal(SECTION_CREDENTIALS, Buffer.from(JSON.stringify(credentials)));
}

/** @throws SealBroken */
export function openCredentials(key: DataKey | null, sealed: Buffer | null): Credentials {
  if (key === null || sealed === null) return NO_CREDENTIALS;
  const plaintext = key.open(SECTION_CREDENTIALS, sealed);
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('a sealed section holds no JSON');
  } finally {
    plaintext.fill(0);
  }
}

/** As contract iam 3 spells the identifier of an account elsewhere; case counts. */
export function accountIdentifier({ provider, subject }: SamlAccount): string {
  return `${provider}:${subject}`;
}

/** Spaces of identifiers that come with credentials. */
export const OIDC = 'oidc';
export const SAML = 'saml';
export const USER_HANDLE = 'user_handle';

/** What credentials find their identity by (R3), with the space in which each is unique. */
export function credentialIdentifiers(credentials: Credentials): { space: string; value: string }[] {
  const { oidc, saml, webauthn, passkey } = credentials;
  const handles = [webauthn, passkey].flatMap((one) => (one === undefined ? [] : [one.userHandle]));
  return [
    ...(oidc?.providers ?? []).map((account) => ({ space: OIDC, value: accountIdentifier(account) })),
    ...(saml?.providers ?? []).map((account) => ({ space: SAML, value: accountIdentifier(account) })),
    ...[...new Set(handles)].map((value) => ({ space: USER_HANDLE, value })),
  ];
}
