import type { Uuid } from '../../kit/ids.ts';
import type { PoolId } from '../ports.ts';

/** Names a key in the tokens that it signed (`kid`). */
export type SigningKeyId = Uuid & { readonly isSigningKey: true };

/** RFC 7518 section 6.2: coordinates in unpadded base64url. */
export interface PublicKeyMaterial {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** ES256 (RFC 7518 section 3.4). */
export interface TokenSigner {
  /** @returns `privateKey`: PKCS #8, DER. */
  createKey(): { publicKey: PublicKeyMaterial; privateKey: Buffer };
  /** @returns 64 bytes. */
  sign(privateKey: Buffer, text: string): Buffer;
  /** Whether the 64 bytes are the key's signature of the text; false for anything else. */
  verify(publicKey: PublicKeyMaterial, text: string, signature: Buffer): boolean;
}

export interface SigningKey {
  readonly poolId: PoolId;
  readonly id: SigningKeyId;
  readonly publicKey: PublicKeyMaterial;
  /** The private key, sealed under the pool's key. */
  readonly sealed: Buffer;
  readonly createdAt: Date;
}

/** Keys of pools that sign tokens. A pool has one, which stays. */
export interface SigningKeyStore {
  /** With the pool's configuration version at that moment. */
  findKey(poolId: PoolId): Promise<{ readonly key: SigningKey; readonly configVersion: number } | null>;
  /** Of several at once the first stays, and nothing is said to the others. */
  insertKey(key: SigningKey): Promise<void>;
}
