import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../cli/wiring-types.ts';
import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { CoreError, InvalidInput } from '../core/errors.ts';
import type { ActingContext, PoolId } from '../core/ports.ts';
import { putSchema } from '../core/schemas/put-schema.ts';
import type { Database } from '../store/postgres.ts';
import { readFact } from '../store/repositories/installation.ts';

const ENDING = /(?:\.schema)?\.json$/;
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * Puts the schemas of the configured directory into the default pool: those that are new or changed, in order of their
 * names. Each is a change of its own; several processes may do it at once.
 *
 * @throws Error Naming the file: it cannot be read, or holds no schema. Those before it stay.
 */
export async function putSchemaFiles(
  { iam: { schemasDir } }: Pick<Config, 'iam'>,
  { deps, db, log }: { readonly deps: Deps; readonly db: Database; readonly log: Progress },
): Promise<void> {
  if (schemasDir === null) return;
  const poolId = (await readFact(db, 'default_pool')) as PoolId | null;
  if (poolId === null) {
    log('There is no default pool: schemas of iam.schemasDir are not read.');
    return;
  }
  const context: ActingContext = { principal: { poolId, keyId: null }, requestId: null, origin: null };
  for (const name of await listFiles(schemasDir)) {
    const document = await readSchema(join(schemasDir, name));
    await putSchema(deps, context, { id: name.replace(ENDING, ''), document, replaces: true }).catch(
      (error: unknown) => {
        throw error instanceof CoreError ? new Error(`${name}: ${wordsOf(error)}`, { cause: error }) : error;
      },
    );
  }
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw new Error('iam.schemasDir cannot be read.', { cause });
  });
  // A link is a file as well: mounted settings are links.
  const files = entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'));
  return files
    .map(({ name }) => name)
    .filter((name) => ENDING.test(name))
    .sort();
}

async function readSchema(path: string): Promise<unknown> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length <= FILE_BYTES_MAX) return JSON.parse(text);
  } catch {
    // Said below: the parser's own message quotes the text.
  }
  throw new Error(`${path} holds no JSON of at most ${FILE_BYTES_MAX} bytes that can be read.`);
}

function wordsOf(error: CoreError): string {
  if (!(error instanceof InvalidInput)) return error.publicMessage;
  return error.problems.map(({ path, message }) => `${path.join('.')} ${message}.`).join(' ');
}
