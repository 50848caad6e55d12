import type { Command } from './command.ts';

const WIDTH = 26;

/** The overview: `selfsame help`. */
export function overview(commands: readonly Command[]): string[] {
  return [
    'selfsame: one encrypted record per person or company, spoken in five published API dialects',
    '',
    'Usage: selfsame <command> [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(WIDTH)}${summary}`),
    '',
    '  --help, --version',
    '',
    '`selfsame <command> --help` tells more. Settings: docs/config.md.',
    ...EXIT_CODES,
  ];
}

/** The page of one command: `selfsame keys create --help`. */
export function commandHelp(command: Command): string[] {
  const { name, summary, positionals = [], options, help } = command;
  const lines = Object.entries(options).map(([option, { value, prose, repeatable }]) => {
    const left = `--${option}${value === undefined ? '' : ` ${value}`}`.padEnd(WIDTH);
    return `  ${left}${prose}${repeatable ? ' May be repeated.' : ''}`;
  });
  return [
    `${summary}.`,
    '',
    `Usage: selfsame ${[name, ...positionals].join(' ')} [options]`,
    '',
    ...lines,
    `  ${'--help'.padEnd(WIDTH)}This text.`,
    ...(help.length === 0 ? [] : ['', ...help]),
    '',
    ...EXIT_CODES,
  ];
}

const EXIT_CODES = ['Exit codes: 0 done, 1 failed, 2 called wrongly (nothing was done).'];
