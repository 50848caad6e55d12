import type { Deps } from '../../deps.ts';
import type { OpenSigningKey } from '../../jwt/signing-keys.ts';
import type { IdentityId, PoolId } from '../../ports.ts';
import type { SessionId } from '../../sessions/ports.ts';
import type { LocalSettings } from '../config.ts';
import { issuerOf, type TokenClaims, writeToken } from './json-web-token.ts';

/** Shown this once: a refresh token is kept as a digest only. */
export interface UserTokens {
  readonly access: string;
  readonly profile: string;
  readonly refresh: string;
}

/** Whose tokens they are. */
export interface TokenOwner {
  readonly poolId: PoolId;
  readonly userId: IdentityId;
  readonly sessionId: SessionId;
  readonly deviceId: string;
  readonly email: string | null;
  readonly username: string | null;
  readonly nickname: string | null;
}

/** The three tokens of a login, or of a refresh (contract identify 3.2). */
export function makeTokens(
  deps: Pick<Deps, 'clock' | 'ids' | 'tokenSigner'>,
  key: OpenSigningKey,
  settings: Pick<LocalSettings, 'accessSeconds' | 'refreshSeconds'>,
  owner: TokenOwner,
): UserTokens {
  const iat = Math.floor(deps.clock.now().getTime() / 1000);
  const { poolId, userId, sessionId, deviceId } = owner;
  const write = (use: TokenClaims['token_use'], seconds: number, more: object = {}) =>
    writeToken(deps, key, {
      ...{ iss: issuerOf(poolId), sub: userId, pid: poolId, token_use: use, jti: deps.ids.next() },
      ...{ iat, exp: iat + seconds, sid: sessionId, did: deviceId },
      ...more,
    });
  return {
    access: write('access', settings.accessSeconds),
    profile: write('id', settings.accessSeconds, profileOf(owner)),
    refresh: write('refresh', settings.refreshSeconds),
  };
}

/** OpenID Connect Core 1.0 section 5.1; what is not known is left out. */
function profileOf({ email, username, nickname }: TokenOwner): Record<string, string> {
  const claims = { email, preferred_username: username, nickname };
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

export function refreshDigest({ secrets }: Pick<Deps, 'secrets'>, token: string): Buffer {
  return secrets.hash('identify-refresh', token);
}
