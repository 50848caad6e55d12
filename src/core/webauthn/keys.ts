import type { Credentials, PublicKey, PublicKeysCredential } from '../credentials/credentials.ts';
import type { AnswerJson, AuthenticatorState, NewKey } from './ports.ts';

/** Types of credentials that are made of keys. */
export type KeyType = 'webauthn' | 'passkey';

const AAGUID_BYTES = 16;

/** A key as identities keep it. */
export function toPublicKey(
  made: NewKey,
  about: {
    readonly displayName: string;
    readonly addedAt: Date;
    readonly isPasswordless: boolean;
    readonly transports: AnswerJson['transports'];
  },
): PublicKey {
  const { displayName, addedAt, isPasswordless, transports } = about;
  const aaguid = Buffer.from(made.aaguid.replaceAll('-', ''), 'hex').subarray(0, AAGUID_BYTES);
  return {
    ...{ id: made.id, publicKey: made.publicKey, attestationType: 'none', displayName, isPasswordless },
    authenticator: { aaguid: aaguid.toString('base64'), signCount: made.signCount, cloneWarning: false },
    addedAt: addedAt.toISOString(),
    flags: flagsOf(made),
    ...(transports.length === 0 ? {} : { transports }),
  };
}

/** As forms name a key, since an attribute's value is compared byte by byte. */
export function hexOf({ id }: Pick<PublicKey, 'id'>): string {
  return Buffer.from(id, 'base64').toString('hex');
}

export function findKey(credentials: Credentials, type: KeyType, id: string): PublicKey | null {
  return credentials[type]?.keys.find((key) => key.id === id) ?? null;
}

/** All keys of an identity, whatever they are for. */
export function keysOf({ webauthn, passkey }: Credentials): PublicKey[] {
  return [...(webauthn?.keys ?? []), ...(passkey?.keys ?? [])];
}

/** Null: the identity has had no key yet. */
export function userHandleOf({ webauthn, passkey }: Credentials): string | null {
  return [passkey, webauthn].find((one) => one !== undefined && one.userHandle !== '')?.userHandle ?? null;
}

/** What a verified use of a key comes to. `cloned`: its counter did not move on, so that there are two of it. */
export type KeyUse =
  | { readonly is: 'good'; readonly credentials: Credentials }
  | { readonly is: 'wrong' | 'cloned' };

/**
 * Notes the use of a key on the record as it is by now.
 * @param used.publicKey The one that the use was verified with.
 */
export function useKey(
  credentials: Credentials,
  type: KeyType,
  used: { readonly id: string; readonly publicKey: string; readonly state: AuthenticatorState },
): KeyUse {
  const key = findKey(credentials, type, used.id);
  const { state } = used;
  if (key === null || key.publicKey !== used.publicKey) return { is: 'wrong' };
  // What may be copied to other devices is settled when a key is made. @see WebAuthn 7.2.
  if (key.flags !== undefined && key.flags.backupEligible !== state.isBackupEligible) return { is: 'wrong' };
  const { aaguid = '', signCount = 0, cloneWarning = false } = key.authenticator ?? {};
  // Authenticators that do not count always say 0.
  if ((state.signCount > 0 || signCount > 0) && state.signCount <= signCount) return { is: 'cloned' };
  const authenticator = { aaguid, signCount: state.signCount, cloneWarning };
  return {
    is: 'good',
    credentials: withKey(credentials, type, { ...key, authenticator, flags: flagsOf(state) }),
  };
}

/** Notes that there are two of a key. */
export function markCloned(credentials: Credentials, type: KeyType, id: string): Credentials {
  const key = findKey(credentials, type, id);
  if (key === null) return credentials;
  const { aaguid = '', signCount = 0 } = key.authenticator ?? {};
  return withKey(credentials, type, { ...key, authenticator: { aaguid, signCount, cloneWarning: true } });
}

/** In the place of the key of the same id. Nobody changed what is set up: `updatedAt` stays. */
function withKey(credentials: Credentials, type: KeyType, changed: PublicKey): Credentials {
  const held = credentials[type];
  if (held === undefined) return credentials;
  const keys = held.keys.map((key) => (key.id === changed.id ? changed : key));
  return { ...credentials, [type]: { ...held, keys } };
}

/** With one key more. @param at ISO 8601. */
export function addKey(
  credentials: Credentials,
  type: KeyType,
  { key, userHandle, at }: { readonly key: PublicKey; readonly userHandle: string; readonly at: string },
): Credentials {
  const held: PublicKeysCredential = credentials[type] ?? {
    keys: [],
    userHandle,
    createdAt: at,
    updatedAt: at,
  };
  // Security keys may have been imported without one.
  const handle = held.userHandle === '' ? userHandle : held.userHandle;
  return {
    ...credentials,
    [type]: { ...held, userHandle: handle, keys: [...held.keys, key], updatedAt: at },
  };
}

/** Without one key; without the credential, where it was the last one. @param at ISO 8601. */
export function removeKey(
  credentials: Credentials,
  type: KeyType,
  { id, at }: { readonly id: string; readonly at: string },
): Credentials {
  const { [type]: held, ...rest } = credentials;
  if (held === undefined) return credentials;
  const keys = held.keys.filter((key) => key.id !== id);
  return keys.length === 0 ? rest : { ...rest, [type]: { ...held, keys, updatedAt: at } };
}

function flagsOf({ isUserVerified, isBackupEligible, isBackedUp }: AuthenticatorState) {
  return {
    ...{ userPresent: true, userVerified: isUserVerified },
    ...{ backupEligible: isBackupEligible, backupState: isBackedUp },
  };
}
