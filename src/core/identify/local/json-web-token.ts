import type { Deps } from '../../deps.ts';
import type { PublicKeyMaterial, SigningKeyId, SigningKeyStore } from '../../jwt/ports.ts';
import type { OpenSigningKey } from '../../jwt/signing-keys.ts';
import type { PoolId } from '../../ports.ts';
import { TokenOver, TokenRejected } from '../errors.ts';

/** What tokens of ours say (contract identify 3.2). Times are Unix seconds. */
export interface TokenClaims {
  readonly iss: string;
  /** The identity. */
  readonly sub: string;
  /** The project. */
  readonly pid: string;
  readonly token_use: 'access' | 'id' | 'refresh';
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  /** The session, which ends all of its tokens. */
  readonly sid: string;
  /** The device that it was begun on. */
  readonly did: string;
}

/** Longer is none of ours (contract identify 3.1). */
const TOKEN_LENGTH_MAX = 8 * 1024;
const PART = /^[A-Za-z0-9_-]+$/;

/** Stays the same wherever the pool is reached; its public keys are at the pool's `/.well-known/jwks.json`. */
export function issuerOf(poolId: PoolId): string {
  return `urn:selfsame:${poolId}`;
}

/** A JSON Web Token of ES256. @see RFC 7519, RFC 7515. */
export function writeToken(
  { tokenSigner }: Pick<Deps, 'tokenSigner'>,
  { id: kid, privateKey }: OpenSigningKey,
  claims: TokenClaims & { readonly [name: string]: unknown },
): string {
  const text = `${encode({ alg: 'ES256', typ: 'JWT', kid })}.${encode(claims)}`;
  return `${text}.${tokenSigner.sign(privateKey, text).toString('base64url')}`;
}

/**
 * A token of ours, for this pool and this use. Whether its session still is there is to be asked.
 *
 * @param options.mayBeOver Its time is not looked at.
 * @throws TokenRejected @throws TokenOver It is good but for its time.
 */
export async function readToken(
  deps: Pick<Deps, 'clock' | 'signingKeys' | 'tokenSigner'>,
  poolId: PoolId,
  token: string,
  options: { readonly use: TokenClaims['token_use']; readonly mayBeOver?: true },
): Promise<TokenClaims> {
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  const isToken = token.length <= TOKEN_LENGTH_MAX && more.length === 0;
  if (!isToken || ![head, body, signature].every((part) => PART.test(part))) throw new TokenRejected();
  const { alg, kid } = decode(head);
  const key = await publicKeyOf(deps, poolId, kid);
  if (key === null || alg !== 'ES256' || kid !== key.id) throw new TokenRejected();
  const isSigned = deps.tokenSigner.verify(
    key.publicKey,
    `${head}.${body}`,
    Buffer.from(signature, 'base64url'),
  );
  // What the pool signs for others (contract iam 6.5) has neither project nor use.
  const claims = isSigned ? (decode(body) as Partial<TokenClaims>) : {};
  if (claims.token_use !== options.use || claims.pid !== poolId || claims.iss !== issuerOf(poolId))
    throw new TokenRejected();
  const now = deps.clock.now().getTime() / 1000;
  if (options.mayBeOver !== true && (claims.exp ?? 0) <= now) throw new TokenOver();
  return claims as TokenClaims;
}

interface PublicKey {
  readonly id: SigningKeyId;
  readonly publicKey: PublicKeyMaterial;
}

/** A pool has one key, which stays until an operator replaces it: it is asked for once, and again for another name. */
const known = new WeakMap<SigningKeyStore, Map<PoolId, PublicKey>>();

async function publicKeyOf(
  { signingKeys }: Pick<Deps, 'signingKeys'>,
  poolId: PoolId,
  kid: unknown,
): Promise<PublicKey | null> {
  const keys = known.get(signingKeys) ?? new Map<PoolId, PublicKey>();
  known.set(signingKeys, keys);
  const kept = keys.get(poolId);
  if (kept !== undefined && kept.id === kid) return kept;
  const found = await signingKeys.findKey(poolId);
  if (found === null) return null;
  const { id, publicKey } = found.key;
  keys.set(poolId, { id, publicKey });
  return { id, publicKey };
}

function encode(part: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** @returns An empty object for anything that is none. */
function decode(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
