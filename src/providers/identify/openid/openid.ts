import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';
import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { OutsideProvider, VerifiedUser } from '../../../core/identify/provider-ports.ts';
import type { OpenIdSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock } from '../../../core/ports.ts';
import type { JsonObject } from '../answers.ts';
import { createKeySet } from '../key-set.ts';
import type { Line, Trip } from '../line.ts';
import { endOf, idOf, isJwt, readToken } from '../read-token.ts';
import { hasProfile, profileOf, subjectOf } from './claims.ts';
import { createManagement } from './management.ts';
import { createPlaces } from './places.ts';
import { createUserinfo } from './userinfo.ts';

/** Auth0 and any other OpenID provider, or an operator's own service that answers like one (contract identify 4.3). */
export function createOpenId(settings: OpenIdSettings, line: Line, clock: Clock): OutsideProvider {
  const issuer = settings.issuer.replace(/\/$/, '');
  const names = settings.claims;
  const places = createPlaces(settings, clock);
  const userinfo = createUserinfo(places, clock);
  const management = createManagement(settings, clock);
  const keyDuring = keysOf(settings, clock, places);

  async function readSigned(token: string, trip: Trip): Promise<VerifiedUser> {
    const audience = settings.audience ?? settings.clientId;
    if (audience === undefined)
      throw new ProviderError('provider_error', { detail: 'no audience is set for tokens' });
    const rules = { key: keyDuring(trip), issuers: [issuer, `${issuer}/`], audiences: [audience] };
    const claims = await readToken(clock, token, rules);
    const subject = subjectOf(claims, names);
    const expiresAt = endOf(claims);
    const more = hasProfile(claims, names) ? null : await userinfo.find(token, trip, expiresAt);
    requireSame(more, subject);
    const profile = profileOf({ ...more, ...claims }, names);
    return { issuer, subject, ...profile, attributes: {}, expiresAt, tokenId: idOf(claims) };
  }

  async function readByAsking(token: string, trip: Trip): Promise<VerifiedUser> {
    const claims = await userinfo.require(token, trip);
    const who = { issuer, subject: subjectOf(claims, names), ...profileOf(claims, names) };
    return { ...who, attributes: {}, expiresAt: null, tokenId: null };
  }

  /** The subject of userinfo must be that of the token (OpenID Connect Core 1.0 section 5.3.2). */
  function requireSame(more: JsonObject | null, subject: string): void {
    if (more !== null && subjectOf(more, names) !== subject)
      throw new ProviderError('invalid_token', { detail: 'userinfo is of somebody else' });
  }

  async function read(token: string, trip: Trip): Promise<VerifiedUser> {
    const asks = settings.validation === 'endpoint' || !isJwt(token);
    return asks ? readByAsking(token, trip) : readSigned(token, trip);
  }

  return {
    async verify(token, { userId } = {}) {
      const user = await read(token, line.begin());
      if (userId !== undefined && userId !== user.subject) throw new ProviderError('user_mismatch');
      return user;
    },
    ...(management === null
      ? {}
      : {
          async updateProfile(token, change) {
            const trip = line.begin();
            await management.copy((await read(token, trip)).subject, change, trip);
          },
        }),
  };
}

/** By the one key that is set, or by those that are published. */
function keysOf(
  settings: OpenIdSettings,
  clock: Clock,
  places: { keys(trip: Trip): Promise<string> },
): (trip: Trip) => JWTVerifyGetKey {
  if (settings.validation !== 'publicKey') {
    const keys = createKeySet(clock, places.keys);
    return (trip) => keys.during(trip);
  }
  const key = readKey(settings.publicKeyPem ?? '');
  return () => () => {
    if (key === null) throw new ProviderError('provider_error', { detail: 'the public key is none' });
    return key;
  };
}

function readKey(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}
