import { isObject } from '../traits/pointer.ts';
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
    readonly [K in 'password' | 'profile' | 'totp' | 'lookup_secret' | 'passkey' | 'link' | 'oidc']: {
      readonly enabled: boolean;
    };
  } & {
    /** Recovery and verification use it; `passwordless`: also to sign in and up; `mfa`: as a second factor. */
    readonly code: { readonly enabled: boolean; readonly passwordless: boolean; readonly mfa: boolean };
    /** `passwordless`: its keys are a first factor, in the place of a second one. */
    readonly webauthn: { readonly enabled: boolean; readonly passwordless: boolean };
  };
  readonly webauthn: RelyingPartyConfig;
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
  /** Of pages that may call from a browser, cookies included, beside those at `uiUrl`. */
  readonly corsOrigins: readonly string[];
  readonly lockout: LockoutPolicy;
  readonly hooks: HookConfig;
}

/** What is done beside, when somebody has signed in, or changed how they do. */
export interface HookConfig {
  /** Whoever has proved no address is not signed in, and sent a code instead. */
  readonly requireVerifiedAddress: boolean;
  /** A browser that signed up goes on to verify its address before anything else. */
  readonly showVerification: boolean;
  /** After which of these all other sessions of the person end. */
  readonly revokeOtherSessions: { readonly [K in 'login' | 'settings' | 'recovery']: boolean };
}

/** What one pool says of it: what it leaves out is as the installation has it. Lists are taken as a whole. */
export type SelfServiceSettings = PartOf<SelfServiceConfig>;

type PartOf<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: PartOf<T[K]> }
    : T;

/** Failures within the window that lock; the window begins with the first of them. */
export interface LockoutPolicy {
  readonly windowSeconds: number;
  readonly perIdentifierMax: number;
  readonly perAddressMax: number;
}

/** What authenticators know a pool as; for security keys and passkeys alike. */
export interface RelyingPartyConfig {
  /** A domain, which keys are bound to for good; null: the host name of the pool's own address. */
  readonly rpId: string | null;
  /** What browsers show. */
  readonly rpName: string;
  /** Where keys may be used beside the pool's own address: `https://login.example.com`, `android:apk-key-hash:…`. */
  readonly origins: readonly string[];
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
    ...{ password: ON, profile: ON, totp: ON, lookup_secret: ON, passkey: ON },
    // With whatever providers a pool has; at first none.
    ...{ link: OFF, oidc: ON },
    code: { enabled: true, passwordless: true, mfa: false },
    webauthn: { enabled: true, passwordless: false },
  },
  webauthn: { rpId: null, rpName: 'Selfsame', origins: [] },
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
  corsOrigins: [],
  lockout: { windowSeconds: 15 * 60, perIdentifierMax: 10, perAddressMax: 300 },
  hooks: {
    requireVerifiedAddress: false,
    showVerification: true,
    revokeOtherSessions: { login: false, settings: true, recovery: true },
  },
};

/** What a pool offers: its own settings, over the installation's. Whatever asks for one asks here. */
export function selfServiceOf(
  { selfService }: { readonly selfService: SelfServiceConfig },
  {
    iam,
  }: { readonly iam: { readonly passwordlessCode: boolean; readonly selfService: SelfServiceSettings } },
): SelfServiceConfig {
  const own = withSettings<SelfServiceConfig>(selfService, iam.selfService);
  const { methods } = own;
  const passwordless = methods.code.passwordless && iam.passwordlessCode;
  return { ...own, methods: { ...methods, code: { ...methods.code, passwordless } } };
}

/** Settings that were read by `readSelfServiceSettings`, over others. */
export function withSettings<T extends object>(base: T, settings: PartOf<T>): T {
  const merged = Object.entries(settings).map(([name, value]) => {
    const below = (base as Record<string, unknown>)[name];
    return [name, isObject(value) && isObject(below) ? withSettings(below, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}
