import { CoreError } from '../errors.ts';

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

/** What a provider outside said no to, or failed at. Nothing that it wrote is in here. */
export class ProviderError extends CoreError {
  /** What it is, in the words of contract identify 1. */
  readonly problem: ProviderErrorCode;
  readonly fields: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number | null;
  constructor(problem: ProviderErrorCode, { detail, fields, retryAfterSeconds }: ProviderErrorOptions = {}) {
    super(
      'unavailable',
      'identity_provider_failed',
      'The identity provider did not accept this.',
      detail === undefined ? {} : { detail },
    );
    this.problem = problem;
    this.fields = fields ?? {};
    this.retryAfterSeconds = retryAfterSeconds ?? null;
  }
}
