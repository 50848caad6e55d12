import type { JWTPayload } from 'jose';
import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock } from '../../../core/ports.ts';
import { createKeySet } from '../key-set.ts';
import type { Trip } from '../line.ts';
import { readLateToken, readToken, type TokenRules } from '../read-token.ts';
import { endpointOf, issuersOf } from './places.ts';

/** An access token that this user pool made for this client. */
export interface AccessClaims extends JWTPayload {
  /** Cognito's own name of the user, which is not always the e-mail. */
  readonly username: string;
  readonly sub: string;
}

export interface AccessTokens {
  /** @throws ProviderError `invalid_token`, `token_expired`. */
  read(token: string, trip: Trip): Promise<AccessClaims>;
  /** As `read`, also of a token that has run out. */
  readLate(token: string, trip: Trip): Promise<AccessClaims>;
}

/**
 * Checks access tokens here, by the user pool's published keys. An emulator at `endpoint` publishes them there, and signs
 * as itself.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function createAccessTokens(settings: CognitoSettings, clock: Clock): AccessTokens {
  const { userPoolId, clientId } = settings;
  const issuers = issuersOf(settings);
  const place = `${endpointOf(settings)}/${userPoolId}/.well-known/jwks.json`;
  const keys = createKeySet(clock, async () => place);
  // The client is in a claim of its own: access tokens have no audience.
  const rules = (trip: Trip): TokenRules => ({ key: keys.during(trip), issuers, audiences: null });
  return {
    read: async (token, trip) => accessClaims(await readToken(clock, token, rules(trip)), clientId),
    readLate: async (token, trip) => accessClaims(await readLateToken(clock, token, rules(trip)), clientId),
  };
}

function accessClaims(claims: JWTPayload, clientId: string): AccessClaims {
  const { sub, username, client_id: client, token_use: use } = claims;
  const isAccess = use === 'access' && client === clientId;
  if (!isAccess || typeof sub !== 'string' || typeof username !== 'string')
    throw new ProviderError('invalid_token', { detail: 'no access token for this client' });
  return { ...claims, sub, username };
}
