import type { OutsideKind, PasswordPolicy } from './provider-settings.ts';

export const STRATEGIES = ['email', 'simplified'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Users whose password is the identity's own. */
export interface LocalSettings {
  readonly passwordPolicy: PasswordPolicy;
  /** False: nobody logs in who has not proved their e-mail address, on whichever surface (R4). */
  readonly autoConfirm: boolean;
  /** Of access and profile tokens. */
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}

/** Settings of a provider outside without what is secret in them; `openProvider` puts that back. */
export type OpenSettings = { readonly kind: OutsideKind } & { readonly [name: string]: unknown };

export type ProviderConfig =
  | { readonly type: 'local'; readonly enabled: boolean; readonly settings: LocalSettings }
  | { readonly type: 'anonymous' | 'noLogin'; readonly enabled: boolean }
  | { readonly type: 'outside'; readonly enabled: boolean; readonly settings: OpenSettings };

export const SIGNATURE_SCHEMES = ['hmac-sha1', 'sha1-concat'] as const;
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];

export const SAME_SITES = ['strict', 'lax', 'none'] as const;

/** What cookies are like that carry the tokens of a project's own providers (RFC 6265bis section 5.6). */
export interface TokenCookies {
  /** Of the service and of all below it; default: the very host that answers. */
  readonly domain?: string;
  readonly sameSite: (typeof SAME_SITES)[number];
}

/** A pool as a project of the identify surface; what it does not say is as in `DEFAULT_IDENTIFY`. */
export interface IdentifyConfig {
  readonly name: string | null;
  /** By the names that requests have for them. */
  readonly providers: { readonly [name: string]: ProviderConfig };
  /** Which provider a request means that names none. */
  readonly defaults: { readonly [S in Strategy]?: string };
  readonly signature: { readonly scheme: SignatureScheme; readonly maxAgeSeconds: number };
  /** As `createOriginList` reads them. */
  readonly corsOrigins: readonly string[];
  /** Null: none is ever set. */
  readonly cookies: TokenCookies | null;
  readonly limits: IdentifyLimits;
  /** Seconds that `timeStamp` and `signUp` are multiples of. */
  readonly timestampStep: number;
  /** Messages as the published examples have them, where these are copies of each other. */
  readonly seedMessages: boolean;
}

export interface IdentifyLimits {
  /** Of `appProfile` as JSON. */
  readonly appProfileBytes: number;
  /** Logins and devices that are remembered of each user. */
  readonly loginHistory: number;
  readonly devices: number;
  /** Of noLogin requests from one network. */
  readonly noLoginPerMinute: number;
}

/** With what the pool keeps secret, sealed: see `secrets.ts`. Null: nothing was made yet. */
export interface PoolIdentifyConfig extends IdentifyConfig {
  readonly sealedSecrets: Buffer | null;
}

const DAY_SECONDS = 24 * 60 * 60;

/** Cognito's own defaults (contract identify 3.2, 4.2). */
export const DEFAULT_LOCAL: LocalSettings = {
  passwordPolicy: { minLength: 8, upper: true, lower: true, digit: true, symbol: true },
  autoConfirm: true,
  accessSeconds: 60 * 60,
  refreshSeconds: 30 * DAY_SECONDS,
};

/** DESIGN 7.1. */
export const DEFAULT_IDENTIFY: IdentifyConfig = {
  name: null,
  providers: {
    awsCognito: { type: 'local', enabled: true, settings: DEFAULT_LOCAL },
    local: { type: 'local', enabled: true, settings: DEFAULT_LOCAL },
    anonymous: { type: 'anonymous', enabled: true },
    noLogin: { type: 'noLogin', enabled: true },
  },
  defaults: { email: 'awsCognito', simplified: 'noLogin' },
  signature: { scheme: 'hmac-sha1', maxAgeSeconds: DAY_SECONDS },
  corsOrigins: [],
  cookies: null,
  limits: { appProfileBytes: 32 * 1024, loginHistory: 100, devices: 50, noLoginPerMinute: 60 },
  timestampStep: 10,
  seedMessages: false,
};

/** A pool's own settings over the defaults; those of a provider are taken as a whole. */
export function identifyConfigOf(own: Partial<IdentifyConfig>): IdentifyConfig {
  return {
    ...DEFAULT_IDENTIFY,
    ...own,
    providers: { ...DEFAULT_IDENTIFY.providers, ...own.providers },
    defaults: { ...DEFAULT_IDENTIFY.defaults, ...own.defaults },
    signature: { ...DEFAULT_IDENTIFY.signature, ...own.signature },
    limits: { ...DEFAULT_IDENTIFY.limits, ...own.limits },
  };
}
