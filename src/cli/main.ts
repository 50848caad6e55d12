import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/error.ts';
import { findNearest } from '../config/nearest.ts';
import { CoreError, InvalidInput } from '../core/errors.ts';
import { readArguments } from './arguments.ts';
import { type Command, EXIT, type ExitCode, type Surroundings, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, overview } from './help.ts';
import { paint } from './paint.ts';
import { processSurroundings } from './surroundings.ts';

/**
 * The command line.
 *
 * @param argv What follows the program's name.
 * @returns The exit code: 0 done, 1 failed, 2 called wrongly and nothing done. Nothing is thrown.
 */
export async function run(
  argv: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<ExitCode> {
  try {
    return await dispatch(argv, surroundings);
  } catch (error) {
    return report(error, surroundings);
  }
}

async function dispatch(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const print = (lines: readonly string[]): ExitCode => {
    for (const line of lines) surroundings.out(line);
    return EXIT.ok;
  };
  if (argv[0] === '--version') return print([version()]);
  if (argv[0] === undefined || argv[0] === '--help' || argv[0] === '-h') return print(overview(COMMANDS));
  if (argv[0] === 'help') {
    const topic = argv.slice(1).filter((word) => !word.startsWith('-'));
    return print(topic.length === 0 ? overview(COMMANDS) : helpOn(topic));
  }
  const found = findCommand(argv);
  if (found === null) {
    const words = argv.filter((word) => !word.startsWith('-'));
    if (words.length > 0 && argv.some((word) => word === '--help' || word === '-h'))
      return print(helpOn(words));
    throw unknownCommand(argv);
  }
  const args = readArguments(found.command, found.rest);
  return args.help ? print(commandHelp(found.command)) : await found.command.run(args, surroundings);
}

function findCommand(argv: readonly string[]): { command: Command; rest: readonly string[] } | null {
  for (const command of COMMANDS) {
    const words = command.name.split(' ');
    if (words.every((word, index) => argv[index] === word))
      return { command, rest: argv.slice(words.length) };
  }
  return null;
}

/** The page of a command, or the overview of a family such as `keys`. */
function helpOn(topic: readonly string[]): string[] {
  const found = findCommand(topic);
  if (found !== null) return commandHelp(found.command);
  const family = COMMANDS.filter(({ name }) => name.startsWith(`${topic[0]} `));
  if (family.length === 0) throw unknownCommand(topic);
  return overview(family);
}

function unknownCommand(argv: readonly string[]): UsageError {
  const names = COMMANDS.map(({ name }) => name);
  const family = names.filter((name) => name.startsWith(`${argv[0]} `));
  if (family.length > 0) return new UsageError(`${argv[0]} needs one of: ${family.join(', ')}.`);
  const near = findNearest(argv[0] ?? '', [...names, ...names.map((name) => name.split(' ')[0] ?? '')]);
  return new UsageError(`There is no command ${argv[0]}.${near === null ? '' : ` Did you mean ${near}?`}`);
}

function report(error: unknown, { err, colours }: Surroundings): ExitCode {
  const complain = (text: string): void => err(paint('red', text, colours));
  if (error instanceof UsageError) {
    complain(error.message);
    err('`selfsame help` lists commands; `selfsame <command> --help` tells more.');
    return EXIT.usage;
  }
  if (error instanceof ConfigError) complain(error.message);
  else if (error instanceof InvalidInput && error.problems.length > 0)
    for (const { path, message } of error.problems) complain(`${path.join('.')} ${message}.`);
  else if (error instanceof CoreError)
    complain([error.publicMessage, error.detail].filter(Boolean).join(' '));
  else complain(describe(error));
  return EXIT.failure;
}

/** Where our own code is at fault the stack helps; where the surroundings are, it hides the message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const faulty = [TypeError, RangeError, ReferenceError, SyntaxError].some((type) => error instanceof type);
  return faulty ? (error.stack ?? error.message) : error.message;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const named = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return named ? String(manifest.version) : 'unknown';
}
