import {
  accountIdentifier,
  type CredentialType,
  type Dated,
  type OidcAccount,
  type PublicKey,
  type PublicKeysCredential,
} from '../../core/credentials/credentials.ts';
import type { IamRecord } from '../../core/iam/record.ts';
import type { DerivedIdentifier } from '../../core/traits/ports.ts';

interface Row {
  readonly identifiers: readonly string[];
  readonly dated: Dated;
  /** Undefined: there is none to show. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

/** Kratos counts the layouts of these; the others are still at their first. */
const VERSIONS: Partial<Readonly<Record<CredentialType, number>>> = { password: 1, webauthn: 1, code: 1 };

/** Every credential of an identity; with their contents those that are asked for, and no others (contract iam 3). */
export function showCredentials(
  record: IamRecord,
  included: ReadonlySet<CredentialType>,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const type of [
    'password',
    'oidc',
    'saml',
    'totp',
    'lookup_secret',
    'webauthn',
    'passkey',
    'code',
  ] as const) {
    const row = ROWS[type](record);
    if (row === null) continue;
    shown[type] = {
      type,
      identifiers: [...row.identifiers].sort(),
      ...(included.has(type) && row.config !== undefined ? { config: row.config } : {}),
      version: VERSIONS[type] ?? 0,
      created_at: row.dated.createdAt,
      updated_at: row.dated.updatedAt,
    };
  }
  return shown;
}

const ROWS: Readonly<Record<CredentialType, (record: IamRecord) => Row | null>> = {
  password(record) {
    const { password } = record.credentials;
    const identifiers = derivedOf(record, 'password');
    if (password === undefined && identifiers.length === 0) return null;
    const config = {
      ...(password?.hash === undefined || password.hash === null ? {} : { hashed_password: password.hash }),
      ...(password?.usesMigrationHook === true ? { use_password_migration_hook: true } : {}),
    };
    return { identifiers, dated: datedOf(record, password), config };
  },

  oidc(record) {
    const { oidc } = record.credentials;
    if (oidc === undefined || oidc.providers.length === 0) return null;
    const config = { providers: oidc.providers.map(showOidc) };
    return { identifiers: oidc.providers.map(accountIdentifier), dated: oidc, config };
  },

  saml(record) {
    const { saml } = record.credentials;
    if (saml === undefined || saml.providers.length === 0) return null;
    const config = {
      providers: saml.providers.map(({ subject, provider, organization }) => {
        return { subject, provider, ...(organization === undefined ? {} : { organization }) };
      }),
    };
    return { identifiers: saml.providers.map(accountIdentifier), dated: saml, config };
  },

  totp({ stored, credentials: { totp } }) {
    if (totp === undefined) return null;
    return { identifiers: [stored.id], dated: totp, config: { totp_url: totp.url } };
  },

  lookup_secret({ stored, credentials: { lookup_secret: lookup } }) {
    if (lookup === undefined) return null;
    const codes = lookup.codes.map(({ code, usedAt }) => {
      return { code, ...(usedAt === undefined ? {} : { used_at: usedAt }) };
    });
    return { identifiers: [stored.id], dated: lookup, config: { recovery_codes: codes } };
  },

  webauthn(record) {
    const { webauthn } = record.credentials;
    const derived = derivedOf(record, 'webauthn');
    if (webauthn === undefined && derived.length === 0) return null;
    const handles = webauthn === undefined || webauthn.userHandle === '' ? [] : [webauthn.userHandle];
    return {
      identifiers: derived.length > 0 ? derived : handles,
      dated: datedOf(record, webauthn),
      config: webauthn === undefined ? {} : showKeys(webauthn),
    };
  },

  passkey({ credentials: { passkey } }) {
    if (passkey === undefined) return null;
    return { identifiers: [passkey.userHandle], dated: passkey, config: showKeys(passkey) };
  },

  code(record) {
    const codes = record.derived.identifiers.filter(({ type }) => type === 'code');
    if (codes.length === 0) return null;
    return {
      identifiers: [...new Set(codes.map(({ value }) => value))],
      dated: datedOf(record, undefined),
      config: { addresses: codes.map(({ via, value }) => ({ channel: via, address: value })) },
    };
  },
};

function derivedOf({ derived }: IamRecord, type: DerivedIdentifier['type']): string[] {
  return derived.identifiers.filter((one) => one.type === type).map(({ value }) => value);
}

/** What only follows from traits is as old as the record. */
function datedOf({ stored }: IamRecord, credential: Dated | undefined): Dated {
  const since = stored.createdAt.toISOString();
  return credential ?? { createdAt: since, updatedAt: since };
}

function showOidc({ subject, provider, organization, usesAutoLink, tokens }: OidcAccount) {
  return {
    subject,
    provider,
    ...(organization === undefined ? {} : { organization }),
    ...(usesAutoLink === true ? { use_auto_link: true } : {}),
    initial_id_token: tokens?.id ?? '',
    initial_access_token: tokens?.access ?? '',
    initial_refresh_token: tokens?.refresh ?? '',
  };
}

function showKeys({ keys, userHandle }: PublicKeysCredential) {
  return { credentials: keys.map(showKey), user_handle: userHandle };
}

function showKey(key: PublicKey) {
  const { authenticator, flags, transports, attestation } = key;
  return {
    id: key.id,
    public_key: key.publicKey,
    attestation_type: key.attestationType,
    ...(authenticator === undefined
      ? {}
      : {
          authenticator: {
            aaguid: authenticator.aaguid,
            sign_count: authenticator.signCount,
            clone_warning: authenticator.cloneWarning,
          },
        }),
    display_name: key.displayName,
    added_at: key.addedAt,
    is_passwordless: key.isPasswordless,
    ...(flags === undefined
      ? {}
      : {
          flags: {
            user_present: flags.userPresent,
            user_verified: flags.userVerified,
            backup_eligible: flags.backupEligible,
            backup_state: flags.backupState,
          },
        }),
    ...(transports === undefined ? {} : { transport: transports }),
    ...(attestation === undefined ? {} : { attestation }),
  };
}
