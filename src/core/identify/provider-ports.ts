import type { PoolId } from '../ports.ts';
import type { OutsideSettings } from './provider-settings.ts';

export { ProviderError, type ProviderErrorCode } from './provider-errors.ts';
export type { OutsideKind, OutsideSettings } from './provider-settings.ts';

/** Who a provider says that the bearer of a token is. Personal data. */
export interface VerifiedUser {
  /** As the table of contract identify 3.2 has it: for the external id, and for telling subjects apart. */
  readonly issuer: string;
  readonly subject: string;
  readonly username?: string;
  readonly nickname?: string;
  readonly email?: string;
  /** False without an e-mail. */
  readonly emailIsVerified: boolean;
  /** Two upper-case letters. */
  readonly countryCode?: string;
  readonly ageVerified?: boolean;
  /** Names `custom:…`; `{}` where a provider has none. */
  readonly attributes: Readonly<Record<string, string>>;
  /** When the token ends; null: nobody knows. */
  readonly expiresAt: Date | null;
  /** The token's `jti`. Who logged out is refused by it, until `expiresAt`, by the caller. Null: the token has none. */
  readonly tokenId: string | null;
}

/** Tokens as the provider made them, passed through. */
export interface ProviderTokens {
  readonly access: string;
  readonly profile: string;
  /** The one that was presented, where a provider does not rotate. */
  readonly refresh: string;
}

export interface LoggedIn {
  readonly user: VerifiedUser;
  readonly tokens: ProviderTokens;
}

/** What the provider keeps of a user and not we. Only what is named changes. */
export interface ProviderProfile {
  readonly email?: string;
  readonly nickname?: string;
  /** Names `custom:…`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Ours; a provider outside gets a copy where it is set up so (`management`). */
  readonly username?: string;
  readonly appProfile?: Readonly<Record<string, unknown>>;
}

/**
 * The refresh tokens that somebody was given through the caller and that may still work, the latest first, not more than a
 * few. Only a provider that cannot end all of somebody's logins at once asks for them, and revokes each.
 */
export type RefreshTokensOf = (user: Pick<VerifiedUser, 'issuer' | 'subject'>) => Promise<readonly string[]>;

/**
 * One provider of one pool. What a provider cannot do is absent. Every call takes `timeoutMs` at most, is bounded in
 * number, and throws `ProviderError` for whatever a provider says or fails at; nothing that it wrote is in the error.
 *
 * @see Contract identify 4.
 */
export interface OutsideProvider {
  /**
   * @param expected.userId The provider's own id of the user, when the request names one.
   * @throws ProviderError `invalid_token`, `token_expired`, `user_mismatch`, `limit_exceeded`, `provider_error`,
   *   `provider_timeout`.
   */
  verify(token: string, expected?: { readonly userId?: string }): Promise<VerifiedUser>;
  /** @throws ProviderError Also `user_exists`, `invalid_password`, `validation_error`. */
  register?(
    input: ProviderProfile & { readonly email: string; readonly password: string },
  ): Promise<{ readonly issuer: string; readonly subject: string }>;
  /** @throws ProviderError Also `invalid_credentials`, and `user_not_confirmed` with a challenge in `fields`. */
  login?(input: { readonly email: string; readonly password: string }): Promise<LoggedIn>;
  /** @throws ProviderError Also `user_exists`, `validation_error`; then nothing changed. */
  updateProfile?(token: string, change: ProviderProfile): Promise<void>;
  /**
   * Ends what was logged in before, as `logout` does, and logs in anew.
   * @throws ProviderError Also `invalid_credentials`, `invalid_password`.
   */
  changePassword?(
    token: string,
    input: {
      readonly previousPassword: string;
      readonly password: string;
      readonly refreshTokensOf: RefreshTokensOf;
    },
  ): Promise<LoggedIn>;
  /** Whether or not there is such a user. @throws ProviderError */
  forgot?(email: string): Promise<void>;
  /**
   * Sets a new password, and ends what was logged in before as far as the provider can.
   * @returns Whose it is: refresh tokens that were given out before are the caller's to refuse. Null: the provider wants
   *   more than a password before it tells.
   * @throws ProviderError Also `code_mismatch`, `code_expired`, `invalid_password`.
   */
  confirmForgot?(input: {
    readonly email: string;
    readonly code: string;
    readonly password: string;
    readonly refreshTokensOf: RefreshTokensOf;
  }): Promise<{ readonly issuer: string; readonly subject: string } | null>;
  /** @param tokens.access May be past its time, nothing else may be wrong with it. @throws ProviderError */
  refresh?(tokens: { readonly access: string; readonly refresh: string }): Promise<LoggedIn>;
  /**
   * Ends all sessions, as far as the provider can; the caller refuses the access token from then on by its `tokenId`. What
   * fails may be asked for again: a login that has ended already is none to end.
   * @throws ProviderError
   */
  logout?(input: {
    readonly access: string;
    readonly refreshTokensOf: RefreshTokensOf;
  }): Promise<VerifiedUser>;
}

/** Providers of all pools, with what they remember for a while: keys, circuits, tokens that were just looked at. */
export interface OutsideProviders {
  /** @param name As the project calls it: `awsCognito`, `authZero`, or its own. Cheap: called for each request. */
  of(poolId: PoolId, name: string, settings: OutsideSettings): OutsideProvider;
}
