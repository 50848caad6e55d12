import { CoreError, type ErrorKind } from '../errors.ts';

/** Codes of contract identify 1 that come from a provider. */
export type ProviderErrorCode =
  | 'validation_error'
  | 'invalid_password'
  | 'code_mismatch'
  | 'code_expired'
  | 'invalid_token'
  | 'token_expired'
  | 'invalid_credentials'
  | 'user_not_confirmed'
  | 'user_mismatch'
  | 'user_exists'
  | 'limit_exceeded'
  | 'provider_error'
  | 'provider_timeout';

export interface ProviderErrorOptions {
  /** For the log: words of ours, nothing of what was sent or answered. */
  readonly detail?: string;
  /** By field of the request, reasons of ours. */
  readonly fields?: Readonly<Record<string, string>>;
  /** At least 1, where the provider said so. */
  readonly retryAfterSeconds?: number;
}

const MESSAGES: Readonly<Record<ProviderErrorCode, string>> = {
  validation_error: 'The identity provider does not take these values.',
  invalid_password: 'The password does not meet the password policy.',
  code_mismatch: 'The code is not right.',
  code_expired: 'The code is too old, or was used already.',
  invalid_token: 'The token is not valid.',
  token_expired: 'The token has expired.',
  invalid_credentials: 'The e-mail address or the password is not right.',
  user_not_confirmed: 'The account is not confirmed, or needs more than a password.',
  user_mismatch: 'The token is another user’s.',
  user_exists: 'There is a user with this e-mail address already.',
  limit_exceeded: 'The identity provider was asked too often; try again later.',
  provider_error: 'The identity provider does not work at the moment.',
  provider_timeout: 'The identity provider did not answer in time.',
};

/** Faults of a provider, which an operator wants to hear of; all others are between it and the caller. */
const FAULTS: ReadonlySet<ProviderErrorCode> = new Set(['provider_error', 'provider_timeout']);

/**
 * What a provider outside said no to, or failed at. Nothing that it wrote is in here. Of the kind `invalid` where it said
 * no: whoever makes up tokens fills no log.
 */
export class ProviderError extends CoreError {
  override readonly kind: ErrorKind;
  /** What it is, in the words of contract identify 1. */
  readonly problem: ProviderErrorCode;
  readonly fields: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number | null;
  constructor(problem: ProviderErrorCode, { detail, fields, retryAfterSeconds }: ProviderErrorOptions = {}) {
    const options = detail === undefined ? {} : { detail };
    super('invalid', 'identity_provider_failed', MESSAGES[problem], options);
    this.kind = FAULTS.has(problem) ? 'unavailable' : 'invalid';
    this.problem = problem;
    this.fields = fields ?? {};
    this.retryAfterSeconds = retryAfterSeconds ?? null;
  }
}
