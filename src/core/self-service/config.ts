import type { IamConfig } from '../iam/config.ts';
import type { Aal, FlowKind } from './ports.ts';

const HOUR_SECONDS = 60 * 60;

/** What a pool's self-service offers, and for how long; contract iam 6.7. */
export interface SelfServiceConfig {
  /** Sign-in is always on. */
  readonly enabled: { readonly [K in Exclude<FlowKind, 'login' | 'settings'>]: boolean };
  readonly flowSeconds: { readonly [K in FlowKind]: number };
  readonly registrationStyle: 'profile_first' | 'one_step';
  readonly loginStyle: 'unified' | 'identifier_first';
  /** Whoever signed up is signed in. */
  readonly sessionAfterRegistration: boolean;
  readonly methods: {
    readonly [K in
      | 'password'
      | 'profile'
      | 'totp'
      | 'lookup_secret'
      | 'webauthn'
      | 'passkey'
      | 'link'
      | 'oidc']: {
      readonly enabled: boolean;
    };
  } & {
    /** Recovery and verification use it; `passwordless`: also to sign in and up; `mfa`: as a second factor. */
    readonly code: { readonly enabled: boolean; readonly passwordless: boolean; readonly mfa: boolean };
  };
  readonly codes: { readonly seconds: number; readonly submissionsMax: number };
  readonly sessions: {
    readonly seconds: number;
    /** How long after signing in privileged settings may be changed. */
    readonly privilegedSeconds: number;
    readonly whoamiAal: Aal | 'highest_available';
    readonly settingsAal: Aal | 'highest_available';
  };
  /** Refuses passwords of the packaged lists. */
  readonly refusesBreachedPasswords: boolean;
  /** Answers with `continue_with` where a client could also be redirected. */
  readonly continuesWith: boolean;
  /** Where the pages are that show flows, without a slash at the end; null: at the pool's own address. */
  readonly uiUrl: string | null;
  /** Entries as `createReturnToList` reads them. */
  readonly returnTo: readonly string[];
  readonly lockout: LockoutPolicy;
}

/** Failures within the window that lock; the window begins with the first of them. */
export interface LockoutPolicy {
  readonly windowSeconds: number;
  readonly perIdentifierMax: number;
  readonly perAddressMax: number;
}

const ON = { enabled: true };
const OFF = { enabled: false };

/** DESIGN 7.1. */
export const DEFAULT_SELF_SERVICE: SelfServiceConfig = {
  enabled: { registration: true, recovery: true, verification: true },
  flowSeconds: {
    login: HOUR_SECONDS,
    registration: HOUR_SECONDS,
    settings: HOUR_SECONDS,
    recovery: HOUR_SECONDS,
    verification: HOUR_SECONDS,
  },
  registrationStyle: 'profile_first',
  loginStyle: 'unified',
  sessionAfterRegistration: false,
  methods: {
    ...{ password: ON, profile: ON, totp: ON, lookup_secret: ON, webauthn: ON, passkey: ON },
    ...{ link: OFF, oidc: OFF },
    code: { enabled: true, passwordless: true, mfa: false },
  },
  codes: { seconds: HOUR_SECONDS, submissionsMax: 5 },
  sessions: {
    seconds: 24 * HOUR_SECONDS,
    privilegedSeconds: HOUR_SECONDS,
    whoamiAal: 'highest_available',
    settingsAal: 'highest_available',
  },
  refusesBreachedPasswords: true,
  continuesWith: true,
  uiUrl: null,
  returnTo: [],
  lockout: { windowSeconds: 15 * 60, perIdentifierMax: 10, perAddressMax: 300 },
};

/** What a pool offers: the installation's settings, and what the pool says of its credentials. */
export function selfServiceOf(
  { selfService }: { readonly selfService: SelfServiceConfig },
  { iam }: { readonly iam: IamConfig },
): SelfServiceConfig {
  const { methods } = selfService;
  const passwordless = methods.code.passwordless && iam.passwordlessCode;
  return { ...selfService, methods: { ...methods, code: { ...methods.code, passwordless } } };
}
