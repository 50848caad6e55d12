import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../../../core/ports.ts';

/** Signs tokens of a provider, and publishes its keys. */
export interface Signer {
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly pem: string;
  /** `iat` and `exp` are the clock's, for an hour, unless claims say otherwise. */
  sign(claims: JWTPayload, header?: { readonly alg?: string; readonly kid?: string }): Promise<string>;
}

export async function createSigner(clock: Clock, kid = 'one', alg = 'RS256'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return {
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }] },
    pem: await exportSPKI(publicKey),
    sign: (claims, header = {}) =>
      new SignJWT({ ...timesOf(clock), ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey),
  };
}

/** A token that nobody signed, or that is signed with a public key as if that were a shared secret. */
export function forge(
  clock: Clock,
  claims: JWTPayload,
  header: { alg: string; kid: string },
  key = '',
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part({ ...timesOf(clock), ...claims })}`;
  const signature = header.alg === 'none' ? '' : createHmac('sha256', key).update(text).digest('base64url');
  return `${text}.${signature}`;
}

function timesOf(clock: Clock): { iat: number; exp: number } {
  const iat = Math.floor(clock.now().getTime() / 1000);
  return { iat, exp: iat + 3600 };
}
