import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RootKeyMismatch, RootKeyUnusable } from '../core/errors.ts';
import { fingerprintIn, fingerprintOf, isRootKey } from './local-kms.ts';
import { KEY_BYTES } from './seal.ts';

const FILE_BYTES_MAX = 64 * 1024;
const NOTE =
  'Root key of a Selfsame installation. Without it the data cannot be read: keep a copy apart from backups.';

/** What a root key file holds, the current key first. Secrets: never to be logged. */
export interface RootKeyFile {
  readonly secrets: readonly [Buffer, ...Buffer[]];
  /** Among them, the one that the next rotation makes current; it opens already. */
  readonly staged: Buffer | null;
  /** Changes whenever the file does. */
  readonly stamp: string;
  readonly owner: { readonly uid: number; readonly gid: number };
}

/**
 * @returns Null when there is no file.
 * @throws RootKeyUnusable Others may read it, it is not what it should be, or it cannot be read.
 */
export async function readRootKeyFile(path: string): Promise<RootKeyFile | null> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new RootKeyUnusable(`The root key file ${path} cannot be read (${codeOf(error)}).`, error);
  }
  try {
    // Asked of the open file, so that what is checked is what is read.
    const found = await file.stat({ bigint: true });
    if (!found.isFile()) throw new RootKeyUnusable(`${path} is not a file; the root key is expected there.`);
    const mode = Number(found.mode) & 0o777;
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new RootKeyUnusable(
        `Others may read the root key file ${path} (mode ${mode.toString(8).padStart(4, '0')}): run chmod 600 on it.`,
      );
    }
    if (found.size > FILE_BYTES_MAX) throw new RootKeyUnusable(`${path} is too large for a root key file.`);
    const keys = parseKeyFile(await file.readFile('utf8'));
    if (keys === null) {
      throw new RootKeyUnusable(`The root key file ${path} is damaged; put a copy of it back there.`);
    }
    return { ...keys, stamp: stampOf(found), owner: { uid: Number(found.uid), gid: Number(found.gid) } };
  } finally {
    await file.close();
  }
}

/** As `RootKeyFile.stamp`, without reading the file; null when there is none. */
export async function stampRootKeyFile(path: string): Promise<string | null> {
  try {
    return stampOf(await stat(path, { bigint: true }));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new RootKeyUnusable(`The root key file ${path} cannot be read (${codeOf(error)}).`, error);
  }
}

/**
 * Makes a file with one new key. It is written apart, synced, and linked to its name, so that it is whole or absent;
 * one that is there already is never replaced, and of two processes that start at once both get the same key.
 *
 * @throws RootKeyUnusable
 */
export async function createRootKeyFile(path: string): Promise<void> {
  const text = textOf({ secrets: [randomBytes(KEY_BYTES)], staged: null });
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

/**
 * Puts a new key first, or the staged one; the others stay behind it. The file is replaced whole or not at all. Two at
 * once would lose a key: the caller holds a lock.
 *
 * @returns The new key's id. @throws RootKeyMismatch There is no file. @throws RootKeyUnusable
 */
export async function addRootKey(path: string): Promise<string> {
  const before = await requireFile(path);
  const secret = before.staged ?? randomBytes(KEY_BYTES);
  const others = before.secrets.filter((other) => !other.equals(secret));
  await replace(path, before, { secrets: [secret, ...others], staged: null });
  return idOf(secret);
}

/**
 * Puts a new key last, for `addRootKey` to make current later: where machines have copies of the file, all of them can
 * have the key before anything is wrapped under it. The caller holds a lock.
 *
 * @returns The staged key's id; one that is there stays. @throws RootKeyMismatch @throws RootKeyUnusable
 */
export async function stageRootKey(path: string): Promise<string> {
  const before = await requireFile(path);
  if (before.staged !== null) return idOf(before.staged);
  const staged = randomBytes(KEY_BYTES);
  await replace(path, before, { secrets: [...before.secrets, staged], staged });
  return idOf(staged);
}

/**
 * Removes the keys that nothing needs; the current one always stays, and so does a staged one. What is needed is asked again afterwards, and a
 * key that somebody began to need in between is put back. The caller holds a lock, as for `addRootKey`.
 *
 * @param listNeeded Every root key id that stored pool keys name.
 * @returns Ids of the keys that were removed. @throws RootKeyMismatch There is no file. @throws RootKeyUnusable
 */
export async function pruneRootKeys(
  path: string,
  listNeeded: () => Promise<readonly string[]>,
): Promise<string[]> {
  const before = await requireFile(path);
  const split = async (): Promise<{ kept: [Buffer, ...Buffer[]]; removed: Buffer[] }> => {
    const needed = new Set((await listNeeded()).map(fingerprintIn));
    const [current, ...older] = before.secrets;
    const isNeeded = (secret: Buffer) => secret === before.staged || needed.has(fingerprintOf(secret));
    return {
      kept: [current, ...older.filter(isNeeded)],
      removed: older.filter((secret) => !isNeeded(secret)),
    };
  };
  const first = await split();
  if (first.removed.length === 0) return [];
  const { staged } = before;
  await replace(path, before, { secrets: first.kept, staged });
  const second = await split();
  if (second.kept.length > first.kept.length) {
    await replace(path, before, { secrets: second.kept, staged });
  }
  return second.removed.map(idOf);
}

async function requireFile(path: string): Promise<RootKeyFile> {
  const found = await readRootKeyFile(path);
  if (found === null) throw new RootKeyMismatch(`There is no root key file at ${path}.`);
  return found;
}

async function replace(path: string, { owner }: RootKeyFile, keys: Keys): Promise<void> {
  try {
    // The file itself where the path is a link to it: the link stays.
    const target = await realpath(path);
    // One fixed name: a draft that a cut short attempt left behind holds keys, and goes with the next one.
    const draft = `${target}.next`;
    await rm(draft, { force: true });
    try {
      await writeSynced(draft, textOf(keys), owner);
      await rename(draft, target);
    } finally {
      await rm(draft, { force: true });
    }
    await syncFolder(dirname(target));
  } catch (error) {
    throw new RootKeyUnusable(`The root key file ${path} cannot be changed (${codeOf(error)}).`, error);
  }
  const after = await requireFile(path);
  const isWhole = keys.secrets.every((secret, index) => after.secrets[index]?.equals(secret) === true);
  if (!isWhole)
    throw new RootKeyUnusable(`The root key file ${path} was changed by somebody else meanwhile.`);
}

type Keys = Pick<RootKeyFile, 'secrets' | 'staged'>;

/** @returns Null when anything about the text is wrong; each key must have the id written beside it. */
function parseKeyFile(text: string): Keys | null {
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
  let staged: Buffer | null = null;
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry.key !== 'string') return null;
    const secret = decodeRootKey(entry.key);
    if (secret === null || entry.id !== idOf(secret)) return null;
    secrets.push(secret);
    if (entry.staged === true) staged = secret;
  }
  const [current, ...older] = secrets;
  return current === undefined ? null : { secrets: [current, ...older], staged };
}

function textOf({ secrets, staged }: Keys): string {
  const keys = secrets.map((secret) => ({
    id: idOf(secret),
    key: secret.toString('base64'),
    ...(secret === staged ? { staged: true } : {}),
  }));
  return `${JSON.stringify({ note: NOTE, format: 1, keys }, null, 2)}\n`;
}

function idOf(secret: Buffer): string {
  return `file:${fingerprintOf(secret)}`;
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

async function writeSynced(path: string, text: string, owner?: RootKeyFile['owner']): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    if (owner !== undefined && process.platform !== 'win32') {
      // Written by an administrator, the file must still be the server's to read.
      const own = await file.stat();
      if (own.uid !== owner.uid || own.gid !== owner.gid) await file.chown(owner.uid, owner.gid);
    }
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

/** @returns Null unless the text is 32 random bytes in base64 or base64url. */
export function decodeRootKey(text: string): Buffer | null {
  // Buffer.from would skip what is not base64.
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  const secret = Buffer.from(text, 'base64');
  return isRootKey(secret) ? secret : null;
}

function stampOf({
  ino,
  size,
  mtimeNs,
  ctimeNs,
}: Record<'ino' | 'size' | 'mtimeNs' | 'ctimeNs', bigint>): string {
  return `${ino}/${size}/${mtimeNs}/${ctimeNs}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
