import { withDefault } from '../field.ts';
import { boolean } from '../kinds.ts';

const flag = (on: boolean, prose: string) => withDefault({ kind: boolean, default: on, prose });

/** What people may sign in with, and prove themselves by; a part of the section `selfService`. */
export const methods = {
  password: { enabled: flag(true, 'Passwords.') },
  profile: { enabled: flag(true, 'People change their own traits.') },
  code: {
    enabled: flag(true, 'One-time codes by mail or text message: for recovery and verification.'),
    passwordless: flag(true, 'Such codes sign somebody in by themselves.'),
    mfa: flag(false, 'Such codes are a second factor.'),
  },
  link: { enabled: flag(false, 'Links by mail for recovery and verification, in the place of codes.') },
  totp: { enabled: flag(true, 'Codes of an app as a second factor.') },
  lookup_secret: { enabled: flag(true, 'Written-down codes as a second factor.') },
  webauthn: {
    enabled: flag(true, 'Security keys.'),
    passwordless: flag(false, 'Security keys sign somebody in by themselves, and are no second factor then.'),
  },
  passkey: { enabled: flag(true, 'Passkeys.') },
  oidc: { enabled: flag(true, 'Accounts at other providers (OpenID Connect): those that a pool has.') },
};
