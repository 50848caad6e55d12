import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RootKeyMismatch, RootKeyUnusable } from '../core/errors.ts';
import type { KeyManagementService } from '../core/ports.ts';
import { fingerprintOf, isRootKey, LocalKms } from './local-kms.ts';
import { KEY_BYTES } from './seal.ts';

const FILE_BYTES_MAX = 64 * 1024;
const NOTE =
  'Root key of a Selfsame installation. Without it the data cannot be read: keep a copy apart from backups.';

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
 * A new file is written apart, synced, and linked to its name, so that it is whole or absent; an existing one
 * is never replaced, and of two processes that start at once both get the same key.
 *
 * @throws RootKeyMismatch There is no file, and data needs one or `create` is false.
 * @throws RootKeyUnusable Others may read the file, it is not what it should be, or it cannot be read or
 *   made.
 */
export async function openFileKms(options: FileKmsOptions): Promise<KeyManagementService> {
  const { path, create, storedRootKeyIds } = options;
  const found = await readKeyFile(path);
  if (found !== null) return found;
  if (storedRootKeyIds.length > 0) {
    throw new RootKeyMismatch(
      `The data needs the root key ${storedRootKeyIds.join(', ')}, but there is no root key file at ${path}. ` +
        'Put the file that was made with this data back there.',
    );
  }
  if (!create) throw new RootKeyMismatch(`There is no root key file at ${path}.`);
  await createKeyFile(path);
  const made = await readKeyFile(path);
  if (made === null) throw new RootKeyUnusable(`The root key file ${path} vanished while it was made.`);
  return made;
}

/**
 * A root key from the environment.
 *
 * @param secret 32 bytes in base64 (`openssl rand -base64 32`) or base64url.
 * @throws RootKeyUnusable
 */
export function openEnvironmentKms(secret: string): KeyManagementService {
  const bytes = decodeKey(secret.trim());
  if (bytes === null) {
    throw new RootKeyUnusable('The root key in the environment is not 32 random bytes in base64.');
  }
  return new LocalKms({ source: 'environment', secrets: [bytes], randomBytes });
}

async function readKeyFile(path: string): Promise<LocalKms | null> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new RootKeyUnusable(`The root key file ${path} cannot be read (${codeOf(error)}).`, error);
  }
  try {
    // Asked of the open file, so that what is checked is what is read.
    const stat = await file.stat();
    if (!stat.isFile()) throw new RootKeyUnusable(`${path} is not a file; the root key is expected there.`);
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      throw new RootKeyUnusable(
        `Others may read the root key file ${path} (mode ${mode}): run chmod 600 on it.`,
      );
    }
    if (stat.size > FILE_BYTES_MAX) throw new RootKeyUnusable(`${path} is too large for a root key file.`);
    const secrets = parseKeyFile(await file.readFile('utf8'));
    if (secrets === null) {
      throw new RootKeyUnusable(`The root key file ${path} is damaged; put a copy of it back there.`);
    }
    return new LocalKms({ source: 'file', secrets, randomBytes });
  } finally {
    await file.close();
  }
}

/** @returns Null when anything about the text is wrong; each key must have the id written beside it. */
function parseKeyFile(text: string): [Buffer, ...Buffer[]] | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message would quote the file.
    return null;
  }
  if (!isRecord(content) || content.format !== 1 || !Array.isArray(content.keys)) return null;
  const entries: readonly unknown[] = content.keys;
  const secrets: Buffer[] = [];
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry.key !== 'string') return null;
    const secret = decodeKey(entry.key);
    if (secret === null || entry.id !== `file:${fingerprintOf(secret)}`) return null;
    secrets.push(secret);
  }
  const [current, ...older] = secrets;
  return current === undefined ? null : [current, ...older];
}

async function createKeyFile(path: string): Promise<void> {
  const secret = randomBytes(KEY_BYTES);
  const keys = [{ id: `file:${fingerprintOf(secret)}`, key: secret.toString('base64') }];
  const text = `${JSON.stringify({ note: NOTE, format: 1, keys }, null, 2)}\n`;
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeSynced(draft, text);
    await linkOrWrite({ draft, path, text });
    await syncFolder(dirname(path));
  } catch (error) {
    // Another process was faster: its key is the one to use.
    if (codeOf(error) === 'EEXIST') return;
    throw new RootKeyUnusable(`The root key file ${path} cannot be made (${codeOf(error)}).`, error);
  } finally {
    await rm(draft, { force: true });
  }
}

async function linkOrWrite(file: { draft: string; path: string; text: string }): Promise<void> {
  try {
    await link(file.draft, file.path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(codeOf(error))) throw error;
    // Some shared folders know no links. Writing in place still never replaces a file; cut short by a loss of
    // power, it leaves one that the next start calls damaged, before any data was sealed.
    await writeSynced(file.path, file.text);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the new name survive a loss of power. Windows cannot sync folders and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function decodeKey(text: string): Buffer | null {
  // Buffer.from would skip what is not base64.
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  const secret = Buffer.from(text, 'base64');
  return isRootKey(secret) ? secret : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
