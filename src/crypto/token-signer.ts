import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { InternalFault } from '../core/errors.ts';
import type { TokenSigner } from '../core/jwt/ports.ts';

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
};
