import { randomBytes } from 'node:crypto';
import { RootKeyMismatch, RootKeyUnusable } from '../core/errors.ts';
import type { KeyManagementService } from '../core/ports.ts';
import { LocalKms } from './local-kms.ts';
import { Redacted } from './redacted.ts';
import {
  createRootKeyFile,
  decodeRootKey,
  type RootKeyFile,
  readRootKeyFile,
  stampRootKeyFile,
} from './root-key-file.ts';

export interface FileKmsOptions {
  readonly path: string;
  /** Make a root key when there is none and no data needs one. */
  readonly create: boolean;
  /** The root key ids recorded with the data; empty says that no data exists. */
  readonly storedRootKeyIds: readonly string[];
}

/**
 * Opens the root key file: JSON `{ note, format: 1, keys: [{ id, key }] }` with base64 keys of 32 bytes, the
 * current one first and older ones after it, mode 0600.
 *
 * The file may be changed under a running process: it is read again before anything is wrapped and when a key id is
 * asked for that is not held, each time only if it is another file by then.
 *
 * @throws RootKeyMismatch There is no file, and data needs one or `create` is false.
 * @throws RootKeyUnusable Others may read the file, it is not what it should be, or it cannot be read or
 *   made.
 */
export async function openFileKms(options: FileKmsOptions): Promise<KeyManagementService> {
  const { path, create, storedRootKeyIds } = options;
  const found = await readRootKeyFile(path);
  if (found !== null) return new FileKms(path, found);
  if (storedRootKeyIds.length > 0) {
    throw new RootKeyMismatch(
      `The data needs the root key ${storedRootKeyIds.join(', ')}, but there is no root key file at ${path}. ` +
        'Put the file that was made with this data back there.',
    );
  }
  if (!create) throw new RootKeyMismatch(`There is no root key file at ${path}.`);
  await createRootKeyFile(path);
  const made = await readRootKeyFile(path);
  if (made === null) throw new RootKeyUnusable(`The root key file ${path} vanished while it was made.`);
  return new FileKms(path, made);
}

/**
 * Root keys from the environment.
 *
 * @param secret The one that wraps: 32 bytes in base64 (`openssl rand -base64 32`) or base64url.
 * @param others Further ones that open only, while data moves from one to another.
 * @throws RootKeyUnusable
 */
export function openEnvironmentKms(secret: string, others: readonly string[] = []): KeyManagementService {
  const [current, ...older] = [secret, ...others].map((text) => decodeRootKey(text.trim()));
  if (!current || !older.every((bytes) => bytes !== null)) {
    throw new RootKeyUnusable('The root key in the environment is not 32 random bytes in base64.');
  }
  return new LocalKms({ source: 'environment', secrets: [current, ...older], randomBytes });
}

/** Root keys of a file that a rotation may replace. What it held once goes on opening. Prints as `[redacted]`. */
class FileKms extends Redacted implements KeyManagementService {
  readonly #path: string;
  #local: LocalKms;
  #stamp: string;
  #reading: Promise<void> | null = null;

  constructor(path: string, file: RootKeyFile) {
    super();
    this.#path = path;
    this.#local = localKms(file);
    this.#stamp = file.stamp;
  }

  async currentKeyId(): Promise<string> {
    await this.#readAgain();
    return this.#local.currentKeyId();
  }

  /** Under the key that is first in the file now: one wrapped under an older key might outlive that key. */
  async wrap(plaintext: Uint8Array, context: string): Promise<{ keyId: string; wrapped: Buffer }> {
    await this.#readAgain();
    return this.#local.wrap(plaintext, context);
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Buffer> {
    if (!this.#local.holds(keyId)) await this.#readAgain();
    return this.#local.unwrap(keyId, wrapped, context);
  }

  /** One at a time for all who ask; an unchanged file costs no more than a look at its date. */
  async #readAgain(): Promise<void> {
    // One that is running began before the caller asked, perhaps before the file was changed.
    await this.#reading;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    const stamp = await stampRootKeyFile(this.#path);
    // Some take the file away once the server has started.
    if (stamp === null || stamp === this.#stamp) return;
    const file = await readRootKeyFile(this.#path);
    if (file === null) return;
    this.#local = localKms(file, this.#local);
    this.#stamp = file.stamp;
  }
}

function localKms({ secrets }: RootKeyFile, before?: LocalKms): LocalKms {
  return new LocalKms({ source: 'file', secrets, randomBytes, ...(before === undefined ? {} : { before }) });
}
