import type { RandomSource } from '../deps.ts';
import type { PoolId } from '../ports.ts';
import type { BlobKey } from './ports.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const NAME_LENGTH = 16;
const POOL = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const OBJECT = '(?:[0-9a-f]{2}/){4}[0-9A-Za-z]{16}\\.[a-z]{2,5}';
const OBJECT_NAME = new RegExp(`^${OBJECT}$`);
const BLOB_KEY = new RegExp(`^${POOL}/${OBJECT}$`);

/**
 * A fresh object name as clients see it: `f1/ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg` (contract kyc 3.6). 127 random bits;
 * nothing of it comes from the file's own name but the extension, which the caller has looked up in a list.
 */
export function createObjectName(random: RandomSource, extension: string): string {
  const folders = [...random.bytes(4)].map((byte) => byte.toString(16).padStart(2, '0'));
  let name = '';
  while (name.length < NAME_LENGTH) {
    for (const byte of random.bytes(NAME_LENGTH)) {
      // 248 is four times 62: above it some characters would be likelier than others.
      if (byte < 248 && name.length < NAME_LENGTH) name += ALPHABET.charAt(byte % 62);
    }
  }
  return `${folders.join('/')}/${name}.${extension}`;
}

/**
 * The key of an object in the store. One pattern for everything that may ever become a path or a URL: no dots but the
 * one before the extension, no empty part, no percent sign, no backslash.
 *
 * @returns Null for anything else.
 */
export function toBlobKey(poolId: PoolId, objectName: string): BlobKey | null {
  return OBJECT_NAME.test(objectName) ? readBlobKey(`${poolId}/${objectName}`) : null;
}

/** @returns Null for what no key looks like. Adapters ask again before they build a path of one. */
export function readBlobKey(text: string): BlobKey | null {
  return BLOB_KEY.test(text) ? (text as BlobKey) : null;
}

/** The extension, without its dot. */
export function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The object's name as clients see it: the key without its pool. */
export function objectNameOfKey(key: BlobKey): string {
  return key.slice(key.indexOf('/') + 1);
}
