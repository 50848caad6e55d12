import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { InternalFault } from '../core/errors.ts';
import type { PublicKeyMaterial, TokenSigner } from '../core/jwt/ports.ts';

const KEYS_MAX = 10_000;
/** Reading a key takes longer than checking a signature with it. */
const publicKeys = new Map<string, KeyObject>();

function publicKeyOf({ kty, crv, x, y }: PublicKeyMaterial): KeyObject {
  const name = `${x}.${y}`;
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  if (publicKeys.size >= KEYS_MAX) publicKeys.clear();
  publicKeys.set(name, key);
  return key;
}

/** ES256: ECDSA over P-256 with SHA-256; signatures are the two numbers side by side, as JWS has them. */
export const tokenSigner: TokenSigner = {
  createKey() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' });
    if (x === undefined || y === undefined) throw new InternalFault('a key of ours has no coordinates');
    return {
      publicKey: { kty: 'EC', crv: 'P-256', x, y },
      privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
    };
  },
  sign(privateKey, text) {
    const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
    return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  },
  verify(publicKey, text, signature) {
    const key = publicKeyOf(publicKey);
    return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, signature);
  },
};
