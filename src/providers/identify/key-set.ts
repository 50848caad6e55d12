import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { Clock } from '../../core/ports.ts';
import { failureOf, objectIn } from './answers.ts';
import type { Trip } from './line.ts';

/** Contract identify 4. */
const KEPT_MS = 10 * 60_000;
const AGAIN_MS = 30_000;

/** A provider's published keys. */
export interface KeySet {
  /** Fetches what it takes, within the time of `trip`. */
  during(trip: Trip): JWTVerifyGetKey;
}

interface Fetched {
  readonly keys: JWTVerifyGetKey;
  readonly atMs: number;
}

/**
 * Keys are kept ten minutes. One that is not among them is looked for once more, but not within 30 s of the last time:
 * whoever makes up key ids causes no traffic.
 *
 * @param locate Where the keys are.
 */
export function createKeySet(clock: Clock, locate: (trip: Trip) => Promise<string>): KeySet {
  let fetched: Fetched | null = null;
  let pending: Promise<Fetched> | null = null;
  let triedAtMs = Number.NEGATIVE_INFINITY;

  function fetchKeys(trip: Trip): Promise<Fetched> {
    pending ??= load(trip).finally(() => {
      pending = null;
    });
    return pending;
  }

  async function load(trip: Trip): Promise<Fetched> {
    const atMs = clock.now().getTime();
    triedAtMs = atMs;
    const url = await locate(trip);
    const response = await trip.send({ method: 'GET', url, headers: { accept: 'application/json' } });
    if (response.status !== 200) throw failureOf(response, clock);
    fetched = { keys: keysIn(objectIn(response)), atMs };
    return fetched;
  }

  const since = (ms: number): number => clock.now().getTime() - ms;
  return {
    during: (trip) => async (header, token) => {
      const known = fetched !== null && since(fetched.atMs) < KEPT_MS ? fetched : await fetchKeys(trip);
      try {
        return await known.keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || since(triedAtMs) < AGAIN_MS) throw error;
        return (await fetchKeys(trip)).keys(header, token);
      }
    },
  };
}

function keysIn(document: object): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(document as JSONWebKeySet);
  } catch {
    throw new ProviderError('provider_error', { detail: 'the published keys are none' });
  }
}
