import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Figure, isMet, type Run } from './kit/figure.ts';

/** Parts in the order in which they run; each file exports `run`. */
const PARTS: Readonly<Record<string, () => Promise<{ run: Run }>>> = {
  crypto: () => import('./crypto.ts'),
  requests: () => import('./requests.ts'),
  verification: () => import('./verification.ts'),
  kyc: () => import('./kyc.ts'),
  iam: () => import('./iam.ts'),
  identify: () => import('./identify.ts'),
  start: () => import('./start.ts'),
  memory: () => import('./memory.ts'),
  growth: () => import('./growth.ts'),
  'kyc-lists': () => import('./kyc-lists.ts'),
  'iam-lists': () => import('./iam-lists.ts'),
  sessions: () => import('./sessions.ts'),
  documents: () => import('./documents.ts'),
  passwords: () => import('./passwords.ts'),
  logins: () => import('./logins.ts'),
  webhooks: () => import('./webhooks.ts'),
};

const HELP = `npm run bench -- [options] [parts]

Parts: ${Object.keys(PARTS).join(', ')}; none: all of them.

  --quick    short rounds and a smaller pool: shows that everything runs; its figures say little
  --strict   exit code 1 when a target is missed
  --json     figures as JSON in place of the table
  --help`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function number(value: number | undefined): string {
  if (value === undefined) return '';
  return value.toFixed(value >= 1000 ? 0 : value >= 20 ? 1 : 2);
}

function targetOf({ target }: Figure): string {
  if (target === undefined) return '';
  return 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function verdictOf(figure: Figure): string {
  const met = isMet(figure);
  return met === null ? '' : met ? 'ok' : 'MISS';
}

function table(figures: readonly Figure[]): string {
  const head = ['figure', 'value', 'unit', 'baseline', 'ratio', 'target', ''];
  const rows = figures.map((figure) => [
    ...[figure.name, number(figure.value), figure.unit, number(figure.baseline)],
    ...[number(figure.ratio), targetOf(figure), verdictOf(figure)],
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        [0, 2, 6].includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

async function main(): Promise<number> {
  const unknown = positionals.filter((part) => !Object.hasOwn(PARTS, part));
  if (values.help || unknown.length > 0) {
    console.log(unknown.length > 0 ? `No such part: ${unknown.join(', ')}.\n\n${HELP}` : HELP);
    return values.help ? 0 : 2;
  }
  const figures: Figure[] = [];
  for (const [name, load] of Object.entries(PARTS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const { run } = await load();
    const note = (line: string) => console.error(`${name}: ${line}`);
    figures.push(...(await run({ quick: values.quick, note })));
  }
  console.log(values.json ? JSON.stringify(figures, null, 2) : table(figures));
  const missed = figures.filter((figure) => isMet(figure) === false);
  return values.strict && missed.length > 0 ? 1 : 0;
}

process.exit(await main());
