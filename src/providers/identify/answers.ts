import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { GuardedResponse } from '../net/guarded-client.ts';

const SECONDS_MAX = 86_400;

export type JsonObject = { readonly [name: string]: unknown };

/** @throws ProviderError `provider_error`: no JSON, or no object. The text is in no error. */
export function objectIn({ body }: GuardedResponse): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new ProviderError('provider_error', { detail: 'the answer is no JSON' });
  }
  if (!isObject(value)) throw new ProviderError('provider_error', { detail: 'the answer is no object' });
  return value;
}

/** What an answer is that is neither what was asked for, nor a refusal that the caller knows. */
export function failureOf(response: GuardedResponse, clock: Clock): ProviderError {
  const { status } = response;
  if (status !== 429)
    return new ProviderError('provider_error', { detail: `the provider answered ${status}` });
  const retryAfterSeconds = secondsUntilReset(response, clock);
  return new ProviderError('limit_exceeded', retryAfterSeconds === null ? {} : { retryAfterSeconds });
}

/** By `Retry-After` in seconds, else by X's and Auth0's `x-rate-limit-reset`, in unix seconds. */
function secondsUntilReset({ headers }: GuardedResponse, clock: Clock): number | null {
  const after = numberIn(headers['retry-after']);
  const reset = numberIn(headers['x-rate-limit-reset'] ?? headers['x-ratelimit-reset']);
  const seconds = after ?? (reset === null ? null : reset - Math.floor(clock.now().getTime() / 1000));
  return seconds === null ? null : Math.min(Math.max(seconds, 1), SECONDS_MAX);
}

function numberIn(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : null;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty; numbers as their digits, since some ids are written so. */
export function textIn(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * Who somebody is to a provider, which must be told.
 * @throws ProviderError `invalid_token`.
 */
export function subjectIn(value: unknown): string {
  const subject = textIn(value);
  if (subject === null || !/^[\x20-\x7e]{1,255}$/.test(subject))
    throw new ProviderError('invalid_token', { detail: 'no subject' });
  return subject;
}
