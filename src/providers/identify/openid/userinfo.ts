import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { Clock } from '../../../core/ports.ts';
import { failureOf, type JsonObject, objectIn } from '../answers.ts';
import type { Trip } from '../line.ts';
import { createRecent } from '../recent.ts';
import type { Places } from './places.ts';

const KEPT_MS = 5 * 60_000;

/** What a provider's userinfo says of a token's bearer. */
export interface Userinfo {
  /**
   * Of a token that was found good here.
   * @param expiresAt When it ends: nothing is kept longer, and never longer than 5 minutes.
   * @returns Null: the provider has no userinfo, or not for this token.
   * @throws ProviderError `limit_exceeded`, `provider_error`, `provider_timeout`.
   */
  find(token: string, trip: Trip, expiresAt: Date | null): Promise<JsonObject | null>;
  /** Of a token that only the provider can read. @throws ProviderError Also `invalid_token`. */
  require(token: string, trip: Trip): Promise<JsonObject>;
}

export function createUserinfo(places: Places, clock: Clock): Userinfo {
  const recent = createRecent<JsonObject | null>(clock);

  async function ask(token: string, trip: Trip, old: Promise<JsonObject | null> | null) {
    const url = await places.userinfo(trip);
    if (url === null) return null;
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
    const response = await trip.send({ method: 'GET', url, headers });
    if (response.status === 401 || response.status === 403) return null;
    // Too many questions: what was said before still counts (contract identify 4.3).
    if (response.status === 429 && old !== null) return old;
    if (response.status !== 200) throw failureOf(response, clock);
    return objectIn(response);
  }

  return {
    find(token, trip, expiresAt) {
      const leftMs = expiresAt === null ? KEPT_MS : expiresAt.getTime() - clock.now().getTime();
      return recent.of(token, (old) => ask(token, trip, old), Math.min(KEPT_MS, leftMs));
    },
    async require(token, trip) {
      const refused = new ProviderError('invalid_token', { detail: 'refused by userinfo' });
      // Thrown within, so that what somebody makes up is not remembered.
      const orThrow = async (old: Promise<JsonObject | null> | null) => {
        const claims = await ask(token, trip, old);
        if (claims === null) throw refused;
        return claims;
      };
      const claims = await recent.of(token, orThrow, KEPT_MS);
      if (claims === null) throw refused;
      return claims;
    },
  };
}
