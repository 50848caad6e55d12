import { AuthorizationResponseError, ClientError } from 'openid-client';
import { CoreError, DestinationRefused, Unavailable } from '../../core/errors.ts';
import { OpenIdFailed } from '../../core/oidc/errors.ts';

/** Codes of RFC 6749 section 4.1.2.1 and OpenID Connect Core 1.0 section 3.1.2.6 by which somebody said no. */
const DENIALS: ReadonlySet<string> = new Set([
  ...['access_denied', 'login_required', 'consent_required', 'interaction_required'],
  'account_selection_required',
]);
/** By which a provider says that it cannot at the moment. */
const OUTAGES: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

/** What went wrong at a provider, without anything that it wrote: its texts may hold whatever it likes. */
export function failureOf(error: unknown): OpenIdFailed {
  if (error instanceof OpenIdFailed) return error;
  const own = ownError(error);
  if (own instanceof OpenIdFailed) return own;
  if (own instanceof DestinationRefused || own instanceof Unavailable)
    return new OpenIdFailed('unavailable', own.code);
  if (error instanceof AuthorizationResponseError) {
    if (DENIALS.has(error.error)) return new OpenIdFailed('denied', error.error);
    return new OpenIdFailed(OUTAGES.has(error.error) ? 'unavailable' : 'untrusted', 'authorization_refused');
  }
  if (error instanceof ClientError) return new OpenIdFailed(problemOf(error), error.code ?? 'unknown');
  return new OpenIdFailed('untrusted', 'unknown');
}

/** Status codes that do not fit are outages; what was answered and is wrong is not to be trusted. */
function problemOf({ code }: ClientError): 'unavailable' | 'untrusted' {
  return code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' ? 'unavailable' : 'untrusted';
}

/** One of ours, under what the library put around it. */
function ownError(error: unknown): CoreError | null {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof CoreError) return one;
  return null;
}
