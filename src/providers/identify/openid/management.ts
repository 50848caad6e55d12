import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { ProviderProfile } from '../../../core/identify/provider-ports.ts';
import type { OpenIdSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock } from '../../../core/ports.ts';
import { failureOf, objectIn, textIn } from '../answers.ts';
import type { Trip } from '../line.ts';

const SPARE_MS = 60_000;

/** What we keep of a user, copied to Auth0. */
export interface Management {
  /** @throws ProviderError Only where the copy is required. */
  copy(subject: string, change: ProviderProfile, trip: Trip): Promise<void>;
}

/**
 * Auth0's management interface, as a client of its own: one token for many requests.
 * @see https://auth0.com/docs/api/management/v2/users/patch-users-by-id
 */
export function createManagement(settings: OpenIdSettings, clock: Clock): Management | null {
  const { management } = settings;
  if (management === undefined) return null;
  const issuer = settings.issuer.replace(/\/$/, '');
  const base = management.audience ?? `${issuer}/api/v2/`;
  let kept: { readonly token: string; readonly untilMs: number } | null = null;

  async function token(trip: Trip): Promise<string> {
    const nowMs = clock.now().getTime();
    if (kept !== null && nowMs < kept.untilMs) return kept.token;
    const { clientId: client_id, clientSecret: client_secret } = management ?? {};
    const body = { grant_type: 'client_credentials', client_id, client_secret, audience: base };
    const response = await trip.send({ method: 'POST', url: `${issuer}/oauth/token`, ...json(body) });
    if (response.status !== 200) throw failureOf(response, clock);
    const { access_token: access, expires_in: seconds } = objectIn(response);
    const found = textIn(access);
    if (found === null) throw new ProviderError('provider_error', { detail: 'no management token' });
    const lifeMs = typeof seconds === 'number' ? seconds * 1000 - SPARE_MS : 0;
    kept = { token: found, untilMs: nowMs + lifeMs };
    return found;
  }

  async function patch(subject: string, metadata: object, trip: Trip): Promise<void> {
    const { headers, body } = json({ user_metadata: metadata });
    const response = await trip.send({
      ...{ method: 'PATCH', url: `${base.replace(/\/$/, '')}/users/${encodeURIComponent(subject)}`, body },
      headers: { ...headers, authorization: `Bearer ${await token(trip)}` },
    });
    if (response.status === 200) return;
    // A token that was revoked there is not used again.
    if (response.status === 401) kept = null;
    throw failureOf(response, clock);
  }

  return {
    async copy(subject, { username, appProfile }, trip) {
      const metadata = {
        ...(username === undefined ? {} : { username }),
        ...(appProfile === undefined ? {} : { appProfile }),
      };
      if (Object.keys(metadata).length === 0) return;
      try {
        await patch(subject, metadata, trip);
      } catch (error) {
        if (management.required === true || !(error instanceof ProviderError)) throw error;
      }
    },
  };
}

function json(body: object) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  return { headers, body: JSON.stringify(body) };
}
