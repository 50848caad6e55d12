import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openFileKms } from '../../crypto/file-kms.ts';
import { type Command, EXIT, UsageError } from '../command.ts';

export const keysGenerateRoot: Command = {
  name: 'keys generate-root',
  summary: 'Make a root key file for production',
  options: {
    out: { value: 'FILE', prose: 'Where to write it, with mode 0600. Nothing may be there yet. Needed.' },
  },
  help: [
    'Opens no installation. Name the file in SELFSAME_ROOT_KEY_FILE, and keep a copy of it apart from the backups of',
    'the database: without it the data cannot be read, and with both everything can.',
  ],
  async run(args, { out, err }) {
    const given = args.option('out');
    if (given === null || given.trim() === '') throw new UsageError('keys generate-root needs --out.');
    const path = resolve(given);
    if (await isThere(path)) {
      err(`${path} is there already and stays as it is: data may have been sealed under it.`);
      return EXIT.failure;
    }
    const kms = await openFileKms({ path, create: true, storedRootKeyIds: [] });
    err(`Wrote ${path}. Keep a copy of it apart from the backups. Its key id:`);
    out(await kms.currentKeyId());
    return EXIT.ok;
  },
};

/** A link that leads nowhere counts too: following it would write somewhere that was not named. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
