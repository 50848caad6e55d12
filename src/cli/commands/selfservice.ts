import { readFile } from 'node:fs/promises';
import type { SelfServiceSettings } from '../../core/self-service/config.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { POOL_OPTION, poolOf } from '../pool-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';

const JSON_OPTION = { prose: 'One JSON object in place of lines.' } as const;

export const selfserviceShow: Command = {
  name: 'selfservice show',
  summary: 'Show how people of a pool sign up, sign in and look after themselves',
  options: { pool: POOL_OPTION, json: JSON_OPTION, ...CONFIG_OPTION },
  help: ['What is marked with * is the pool’s own; the rest is as the installation has it (docs/config.md).'],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'selfservice show');
    return withInstallation(args, surroundings, async ({ iam }) => {
      report(await iam.showSelfService(poolId), args, surroundings);
      return EXIT.ok;
    });
  },
};

export const selfserviceConfigure: Command = {
  name: 'selfservice configure',
  summary: 'Set how people of a pool sign up, sign in and look after themselves: all of it at once',
  options: {
    pool: POOL_OPTION,
    file: {
      value: 'FILE',
      prose:
        'JSON with the settings of section `selfService` in docs/config.md that are the pool’s own. Needed.',
    },
    json: JSON_OPTION,
    ...CONFIG_OPTION,
  },
  help: [
    'What the file leaves out is as the installation has it: `{}` takes back whatever was set.',
    '',
    'Example: selfsame selfservice configure --pool 01890c… --file self-service.json',
    '  {"methods": {"link": {"enabled": true}}, "hooks": {"requireVerifiedAddress": true}}',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'selfservice configure');
    const selfService = await readDocument(args);
    return withInstallation(args, surroundings, async ({ iam }) => {
      await iam.configure({ poolId, selfService });
      report(await iam.showSelfService(poolId), args, surroundings);
      return EXIT.ok;
    });
  },
};

/** What is in it is the core's to judge. */
async function readDocument(args: Arguments): Promise<unknown> {
  const file = args.option('file');
  if (file === null) throw new UsageError('selfservice configure needs --file.');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${file} cannot be read.`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not JSON.`);
  }
}

function report(
  { own, offered }: { readonly own: SelfServiceSettings; readonly offered: object },
  args: Arguments,
  { out }: Surroundings,
): void {
  if (args.isSet('json')) {
    out(JSON.stringify({ own, offered }));
    return;
  }
  const ownNames = new Set(settingsOf(own).map(([name]) => name));
  const rows = settingsOf(offered).map(([name, value]) => [
    ownNames.has(name) ? '*' : '',
    name,
    inWords(value),
  ]);
  for (const line of table(rows)) out(line.trimEnd());
}

function settingsOf(group: object, path = ''): [string, unknown][] {
  return Object.entries(group).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? settingsOf(value, `${path}${name}.`)
      : [[`${path}${name}`, value]],
  );
}

function inWords(value: unknown): string {
  if (value === null) return 'not set';
  if (Array.isArray(value)) return value.join(', ') || 'none';
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}
