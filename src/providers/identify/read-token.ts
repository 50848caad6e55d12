import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { Clock } from '../../core/ports.ts';

/** Never `none`, and never an HMAC whose key would be a public one. */
const ALGORITHMS = ['RS256', 'ES256'];
/** What clocks may differ by. */
const TOLERANCE_SECONDS = 60;

export interface TokenRules {
  readonly key: JWTVerifyGetKey;
  readonly issuers: readonly string[];
  /** Null: the token says in another claim whom it is for. */
  readonly audiences: readonly string[] | null;
}

/** Whether it looks like a signed token, and not like something to ask the provider about. */
export function isJwt(token: string): boolean {
  if (token.split('.').length !== 3) return false;
  try {
    return typeof decodeProtectedHeader(token).alg === 'string';
  } catch {
    return false;
  }
}

/**
 * The claims of a token whose signature, issuer, audience and times are right.
 *
 * @throws ProviderError `token_expired` when nothing else is wrong; `invalid_token`; what fetching keys threw.
 */
export async function readToken(clock: Clock, token: string, rules: TokenRules): Promise<JWTPayload> {
  try {
    return await verified(clock, token, rules);
  } catch (error) {
    throw refusalOf(error);
  }
}

/** As `readToken`, also of a token that has run out and is right otherwise. */
export async function readLateToken(clock: Clock, token: string, rules: TokenRules): Promise<JWTPayload> {
  try {
    return await verified(clock, token, rules);
  } catch (error) {
    // Thrown after signature, issuer and audience were found right.
    if (error instanceof errors.JWTExpired) return error.payload;
    throw refusalOf(error);
  }
}

async function verified(clock: Clock, token: string, rules: TokenRules): Promise<JWTPayload> {
  const options: JWTVerifyOptions = {
    algorithms: ALGORITHMS,
    issuer: [...rules.issuers],
    ...(rules.audiences === null ? {} : { audience: [...rules.audiences] }),
    requiredClaims: ['exp'],
    clockTolerance: TOLERANCE_SECONDS,
    currentDate: clock.now(),
  };
  const { payload } = await jwtVerify(token, rules.key, options);
  const { iat } = payload;
  if (iat !== undefined && iat > clock.now().getTime() / 1000 + TOLERANCE_SECONDS)
    throw new ProviderError('invalid_token', { detail: 'issued in the future' });
  return payload;
}

function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new ProviderError('token_expired');
  if (error instanceof errors.JOSEError) return new ProviderError('invalid_token', { detail: error.code });
  // Keys that are none: the library's own words for them.
  if (error instanceof TypeError || error instanceof SyntaxError)
    return new ProviderError('invalid_token', { detail: 'key not usable' });
  return error;
}

/** When a token ends by its own word. */
export function endOf({ exp }: JWTPayload): Date | null {
  return exp === undefined ? null : new Date(exp * 1000);
}

export function idOf({ jti }: JWTPayload): string | null {
  return typeof jti === 'string' && jti !== '' ? jti : null;
}
