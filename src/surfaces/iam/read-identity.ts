import type { Static } from 'typebox';
import type { PublicKey } from '../../core/credentials/credentials.ts';
import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type {
  CredentialImports,
  IamReplacement,
  NewIamIdentity,
  PublicKeysImport,
} from '../../core/iam/input.ts';
import type { IdentityState } from '../../core/iam/record.ts';
import { parse } from '../../http/parse.ts';
import * as wire from './wire.ts';

type ImportsBody = Static<typeof wire.CredentialImports>;
type KeysBody = ImportsBody['webauthn'];

/** A body of POST. @throws InvalidInput Also for a property that there is not. */
export function readNewIdentity(body: unknown, now: Date): NewIamIdentity {
  return toNewIdentity(parse(wire.CreateBody, body), now);
}

export function toNewIdentity(sent: Static<typeof wire.CreateBody>, now: Date): NewIamIdentity {
  return {
    ...commonOf(sent, now),
    schemaId: blankAsNull(sent.schema_id),
    state: stateOf(sent.state) ?? 'active',
    organizationId: sent.organization_id?.toLowerCase() ?? null,
    verifiableAddresses: (sent.verifiable_addresses ?? []).map((address) => ({
      value: address.value,
      via: address.via ?? 'email',
      verified: address.verified ?? false,
      ...(address.status === undefined ? {} : { status: address.status }),
      ...(typeof address.verified_at === 'string' ? { verifiedAt: new Date(address.verified_at) } : {}),
    })),
  };
}

/** A body of PUT. @throws InvalidInput */
export function readReplacement(body: unknown, now: Date): IamReplacement {
  const sent = parse(wire.UpdateBody, body);
  return {
    ...commonOf(sent, now),
    schemaId: blankAsNull(sent.schema_id),
    state: stateOf(sent.state),
  };
}

function commonOf(sent: Static<typeof wire.UpdateBody>, now: Date) {
  return {
    traits: sent.traits,
    metadataPublic: sent.metadata_public,
    metadataAdmin: sent.metadata_admin,
    externalId: blankAsNull(sent.external_id),
    credentials: importsOf(sent.credentials ?? {}, now),
  };
}

function blankAsNull(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/** @returns Null when none is given. @throws InvalidInput */
export function stateOf(state: string | undefined): IdentityState | null {
  if (state === undefined || state === '') return null;
  if (state === 'active' || state === 'inactive') return state;
  const problem: FieldProblem = {
    path: ['state'],
    code: 'invalid',
    rule: 'enum',
    message: 'identity state is not valid: must be one of active, inactive',
  };
  throw new InvalidInput([problem]);
}

/** @param now When a key was added that says nothing of it. */
export function importsOf(sent: ImportsBody, now: Date): CredentialImports {
  const { password, oidc, saml, totp, lookup_secret: lookup, webauthn, passkey } = sent;
  return {
    ...(password?.config === undefined ? {} : { password: passwordOf(password.config) }),
    ...(oidc?.config?.providers === undefined
      ? {}
      : {
          oidc: oidc.config.providers.map(({ use_auto_link: autoLink, ...account }) => ({
            ...accountOf(account),
            ...(autoLink === true ? { usesAutoLink: true as const } : {}),
          })),
        }),
    ...(saml?.config?.providers === undefined ? {} : { saml: saml.config.providers.map(accountOf) }),
    ...(totp?.config === undefined ? {} : { totpUrl: totp.config.totp_url }),
    ...(lookup?.config === undefined
      ? {}
      : {
          lookupCodes: lookup.config.codes.map(({ code, used_at: usedAt }) => ({
            code,
            ...(usedAt === undefined ? {} : { usedAt: new Date(usedAt).toISOString() }),
          })),
        }),
    ...(webauthn?.config === undefined ? {} : { webauthn: keysOf(webauthn.config, now, false) }),
    ...(passkey?.config === undefined ? {} : { passkey: keysOf(passkey.config, now, true) }),
  };
}

function passwordOf(config: NonNullable<NonNullable<ImportsBody['password']>['config']>) {
  const { password, hashed_password: hashedPassword, use_password_migration_hook: usesHook } = config;
  return {
    ...(password === undefined || password === '' ? {} : { password }),
    ...(hashedPassword === undefined || hashedPassword === '' ? {} : { hashedPassword }),
    ...(usesHook === true ? { usesMigrationHook: true } : {}),
  };
}

function accountOf({
  provider,
  subject,
  organization,
}: {
  provider: string;
  subject: string;
  organization?: string | null;
}) {
  const hasOrganization = organization !== undefined && organization !== null && organization !== '';
  return { provider, subject, ...(hasOrganization ? { organization } : {}) };
}

function keysOf(
  { credentials, user_handle: userHandle = '' }: NonNullable<NonNullable<KeysBody>['config']>,
  now: Date,
  isPasskey: boolean,
): PublicKeysImport {
  return { keys: credentials.map((key) => keyOf(key, now, isPasskey)), userHandle };
}

function keyOf(
  key: NonNullable<NonNullable<KeysBody>['config']>['credentials'][number],
  now: Date,
  isPasskey: boolean,
): PublicKey {
  const { authenticator, flags, transport, attestation } = key;
  return {
    id: key.id,
    publicKey: key.public_key,
    attestationType: key.attestation_type ?? '',
    displayName: key.display_name ?? '',
    addedAt: (key.added_at === undefined ? now : new Date(key.added_at)).toISOString(),
    isPasswordless: isPasskey || (key.is_passwordless ?? false),
    ...(authenticator === undefined
      ? {}
      : {
          authenticator: {
            aaguid: authenticator.aaguid,
            signCount: authenticator.sign_count,
            cloneWarning: authenticator.clone_warning,
          },
        }),
    ...(flags === undefined
      ? {}
      : {
          flags: {
            userPresent: flags.user_present,
            userVerified: flags.user_verified,
            backupEligible: flags.backup_eligible,
            backupState: flags.backup_state,
          },
        }),
    ...(transport === undefined ? {} : { transports: transport }),
    ...(attestation === undefined ? {} : { attestation }),
  };
}
