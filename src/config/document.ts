import { readFile } from 'node:fs/promises';
import type { Environment } from './load.ts';
import { parseJson, parseYaml, Unreadable } from './parse.ts';

/** A file of settings beside the settings file, with what the environment has in place of references to it. */
export interface SettingsDocument {
  readonly content: unknown;
  /** References to what is not there, or empty; the reference itself stands in the content. */
  readonly missing: readonly MissingReference[];
}

interface MissingReference {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const BYTES_MAX = 1024 * 1024;
const YAML_NAME = /\.ya?ml$/i;
/** A text that is nothing else. */
const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * @param path YAML where its name ends in `.yaml` or `.yml`, else JSON. A text `${NAME}` in it is what the environment has
 *   for NAME.
 * @throws Unreadable It cannot be read, is not what its name says, or has more than 1 MiB.
 */
export async function readSettingsDocument(
  path: string,
  environment: Environment,
): Promise<SettingsDocument> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Unreadable(`cannot be read${error.code === undefined ? '' : ` (${error.code})`}`);
  });
  if (bytes.length > BYTES_MAX) throw new Unreadable(`has more than ${BYTES_MAX} bytes`);
  const text = bytes.toString('utf8');
  const parsed = YAML_NAME.test(path) ? await parseYaml(text) : parseJson(text);
  const missing: MissingReference[] = [];
  const content = withEnvironment(parsed, [], (reference, at) => {
    const [, name] = REFERENCE.exec(reference) ?? [];
    if (name === undefined) return reference;
    // As with variables of settings, an empty one is not set.
    const found = environment[name];
    if (found) return found;
    missing.push({ path: at, message: `stands for ${name}, which the environment does not have` });
    return reference;
  });
  return { content, missing };
}

type Path = MissingReference['path'];

function withEnvironment(value: unknown, path: Path, resolve: (text: string, path: Path) => string): unknown {
  if (typeof value === 'string') return resolve(value, path);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one, index) => withEnvironment(one, [...path, index], resolve));
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, one]) => [key, withEnvironment(one, [...path, key], resolve)]),
  );
}
