import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

const RSA_BITS_MIN = 2048;
const LABEL_ALGORITHM = 3;

type Member = (label: number) => string;

/** What each algorithm has of a key, by its labels. @see RFC 9053 2, 7; RFC 8230 4. */
const AS_JWK: ReadonlyMap<unknown, (at: Member) => JsonWebKey> = new Map<unknown, (at: Member) => JsonWebKey>(
  [
    [-7, (at) => ({ kty: 'EC', crv: 'P-256', x: at(-2), y: at(-3) })],
    [-8, (at) => ({ kty: 'OKP', crv: 'Ed25519', x: at(-2) })],
    [-257, (at) => ({ kty: 'RSA', n: at(-1), e: at(-2) })],
  ],
);

/**
 * Refuses a COSE key that is not whole, not of the kind that its algorithm says, or not on its curve: the package looks at
 * none of this before the key is first used, when its person could only find themselves locked out.
 *
 * @throws Error
 */
export function requireWholeKey(cose: Uint8Array): void {
  const members = isoCBOR.decodeFirst<ReadonlyMap<number, unknown>>(Uint8Array.from(cose));
  const jwk = AS_JWK.get(members.get(LABEL_ALGORITHM))?.((label) => {
    const value = members.get(label);
    if (!(value instanceof Uint8Array)) throw new TypeError('a member of a key is missing');
    return Buffer.from(value).toString('base64url');
  });
  if (jwk === undefined) throw new TypeError('a key of another algorithm');
  const { asymmetricKeyDetails } = createPublicKey({ key: jwk, format: 'jwk' });
  const { modulusLength = RSA_BITS_MIN } = asymmetricKeyDetails ?? {};
  if (modulusLength < RSA_BITS_MIN) throw new RangeError('a key that is too short');
}
