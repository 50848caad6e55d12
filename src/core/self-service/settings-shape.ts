import type { SelfServiceConfig } from './config.ts';
import { createReturnToList } from './return-to.ts';

/** One setting: what it has to be, and how it is read. */
export interface Setting<T> {
  /** Goes on after "must be". */
  readonly rule: string;
  /** @returns Undefined for what does not fit. */
  read(value: unknown): T | undefined;
}

/** A setting for each that there is: one that is missing here does not compile. */
export type Shape<T> = {
  readonly [K in keyof T]: NonNullable<T[K]> extends readonly unknown[]
    ? Setting<T[K]>
    : NonNullable<T[K]> extends object
      ? Shape<T[K]>
      : Setting<T[K]>;
};

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TEXT_LENGTH_MAX = 2048;
const LIST_LENGTH_MAX = 100;
const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const ORIGIN = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const APP = /^android:apk-key-hash:[A-Za-z0-9_-]{1,128}$/;

const flag: Setting<boolean> = {
  rule: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};
const method = { enabled: flag };
const flowSeconds = seconds(MINUTE, 30 * DAY);
const aal = oneOf('aal1', 'aal2', 'highest_available');

/** Every setting of self-service, with its bounds. */
export const SELF_SERVICE_SHAPE: Shape<SelfServiceConfig> = {
  enabled: { registration: flag, recovery: flag, verification: flag },
  flowSeconds: {
    ...{ login: flowSeconds, registration: flowSeconds, settings: flowSeconds },
    ...{ recovery: flowSeconds, verification: flowSeconds },
  },
  registrationStyle: oneOf('profile_first', 'one_step'),
  loginStyle: oneOf('unified', 'identifier_first'),
  sessionAfterRegistration: flag,
  methods: {
    ...{ password: method, profile: method, totp: method, lookup_secret: method },
    ...{ passkey: method, link: method, oidc: method },
    code: { enabled: flag, passwordless: flag, mfa: flag },
    webauthn: { enabled: flag, passwordless: flag },
  },
  webauthn: {
    rpId: orNull({ rule: 'a domain', read: (value) => textIf(value, (text) => DOMAIN.test(text)) }),
    rpName: { rule: 'a line of 1 to 64 characters', read: (value) => textIf(value, isLine) },
    origins: listOf('origins', (text) => APP.test(text) || isOrigin(text)),
  },
  // Six digits are a million codes: with more guesses a flow, or more time for them, they would be worth less.
  codes: { seconds: seconds(MINUTE, DAY), submissionsMax: wholeNumber(1, 20) },
  sessions: {
    seconds: seconds(MINUTE, 365 * DAY),
    privilegedSeconds: seconds(MINUTE, 365 * DAY),
    whoamiAal: aal,
    settingsAal: aal,
  },
  refusesBreachedPasswords: flag,
  continuesWith: flag,
  uiUrl: orNull({
    rule: 'an address that begins with https:// or http://, without user, query or fragment',
    read: (value) => (typeof value === 'string' && isPlace(value) ? value.replace(/\/+$/, '') : undefined),
  }),
  returnTo: listOf('addresses', isReturnPlace),
  corsOrigins: listOf('origins', isOrigin),
  lockout: {
    windowSeconds: seconds(MINUTE, DAY),
    perIdentifierMax: wholeNumber(1, 1000),
    perAddressMax: wholeNumber(1, 100_000),
  },
  hooks: {
    requireVerifiedAddress: flag,
    showVerification: flag,
    revokeOtherSessions: { login: flag, settings: flag, recovery: flag },
  },
};

function seconds(min: number, max: number): Setting<number> {
  const { rule, read } = wholeNumber(min, max);
  return { rule: rule.replace('number', 'number of seconds'), read };
}

function wholeNumber(min: number, max: number): Setting<number> {
  return {
    rule: `a whole number from ${min} to ${max}`,
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined,
  };
}

function oneOf<const T extends string>(...choices: readonly T[]): Setting<T> {
  return { rule: choices.join(' or '), read: (value) => choices.find((choice) => choice === value) };
}

function orNull<T>({ rule, read }: Setting<T>): Setting<T | null> {
  return { rule: `${rule}, or null`, read: (value) => (value === null ? null : read(value)) };
}

function listOf(what: string, isOne: (text: string) => boolean): Setting<readonly string[]> {
  return {
    rule: `a list of at most ${LIST_LENGTH_MAX} ${what}`,
    read(value) {
      if (!Array.isArray(value) || value.length > LIST_LENGTH_MAX) return undefined;
      const fits = value.every(
        (one) => typeof one === 'string' && one.length <= TEXT_LENGTH_MAX && isOne(one),
      );
      return fits ? value : undefined;
    },
  };
}

function textIf(value: unknown, fits: (text: string) => boolean): string | undefined {
  return typeof value === 'string' && fits(value) ? value : undefined;
}

function isLine(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(text) && text.trim() !== '';
}

/** As browsers spell it: exactly what they send as Origin. */
function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function isPlace(text: string): boolean {
  if (text.length > TEXT_LENGTH_MAX || !/^https?:\/\/[^\s\\]+$/.test(text) || !URL.canParse(text))
    return false;
  const { search, hash, username, password } = new URL(text);
  return `${search}${hash}${username}${password}` === '' && !/[?#]/.test(text);
}

function isReturnPlace(text: string): boolean {
  try {
    createReturnToList([text], 'https://localhost');
    return true;
  } catch {
    return false;
  }
}
