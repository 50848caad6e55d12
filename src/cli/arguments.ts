import { parseArgs } from 'node:util';
import { findNearest } from '../config/nearest.ts';
import { type Arguments, type Command, UsageError } from './command.ts';

/**
 * @param argv What follows the command's name.
 * @throws UsageError Unknown option, value missing or not wanted, too few or too many arguments.
 */
export function readArguments(
  command: Command,
  argv: readonly string[],
): Arguments & { readonly help: boolean } {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: true as const },
    ]),
  );
  const { values, positionals } = parse(command, spellOut(command, argv), options);
  const given = new Map<string, (string | boolean)[]>(
    Object.entries(values).map(([name, list]) => [name, [list].flat()]),
  );
  const help = given.has('help');
  if (!help) checkPositionals(command, positionals);
  const all = (name: string) => (given.get(name) ?? []).filter((value) => typeof value === 'string');
  return {
    help,
    positionals,
    all,
    option: (name) => all(name).at(-1) ?? null,
    isSet: (name) => given.has(name),
  };
}

function parse(
  command: Command,
  args: string[],
  options: Record<string, { type: 'boolean' | 'string'; multiple: true }>,
) {
  const known = { ...options, help: { type: 'boolean' as const, short: 'h' } };
  try {
    return parseArgs({ args, options: known, allowPositionals: true, strict: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const unknown = /^Unknown option '(--?[^']+)'/.exec(error.message)?.[1];
    // The runtime's sentence goes on about its own workings.
    if (unknown === undefined) throw new UsageError(`${command.name}: ${error.message.split(/[\n.]/)[0]}.`);
    const near = findNearest(
      unknown,
      Object.keys(known).map((name) => `--${name}`),
    );
    const hint = near === null ? '' : ` Did you mean ${near}?`;
    throw new UsageError(`${command.name} has no option ${unknown}.${hint}`);
  }
}

/** Gives an option whose value may be left out, and was, the empty value that the runtime's parser wants. */
function spellOut({ options }: Command, argv: readonly string[]): string[] {
  return argv.map((word, index) => {
    const mayBeBare = word.startsWith('--') && options[word.slice(2)]?.value?.startsWith('[') === true;
    const next = argv[index + 1];
    return mayBeBare && (next === undefined || next.startsWith('-')) ? `${word}=` : word;
  });
}

function checkPositionals({ name, positionals = [] }: Command, given: readonly string[]): void {
  const missing = positionals[given.length];
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing}.`);
  if (given.length > positionals.length) {
    // Not echoed: a secret key may have been pasted here.
    throw new UsageError(
      `${name} takes ${positionals.length === 0 ? 'no arguments' : positionals.join(' ')}.`,
    );
  }
}
