import { readSettingsDocument } from '../../config/document.ts';
import type { Environment } from '../../config/load.ts';
import { Unreadable } from '../../config/parse.ts';
import type { IdentifySettings } from '../../core/identify/configure.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { POOL_OPTION, poolOf } from '../pool-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';

const JSON_OPTION = { prose: 'One JSON object in place of lines.' } as const;

export const identifyShow: Command = {
  name: 'identify show',
  summary: 'Show what a pool is as a project of the identify surface; never its secrets',
  options: { pool: POOL_OPTION, json: JSON_OPTION, ...CONFIG_OPTION },
  help: [],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'identify show');
    return withInstallation(args, surroundings, async ({ identify }) => {
      report(await identify.show(poolId), args, surroundings);
      return EXIT.ok;
    });
  },
};

export const identifyConfigure: Command = {
  name: 'identify configure',
  summary: 'Set what a pool is as a project of the identify surface; what is not named stays',
  options: {
    pool: POOL_OPTION,
    file: {
      value: 'FILE',
      prose:
        'JSON, or YAML by its name, with providers, defaults, signature, cors, cookies, limits, timestampStep, compat, ' +
        'name. Needed.',
    },
    json: JSON_OPTION,
    ...CONFIG_OPTION,
  },
  help: [
    'A provider is set as a whole; null takes back what was set of it. Secrets are kept sealed, and never shown again.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
    'A text `${NAME}` in the file is what the environment has for NAME. docs/surfaces/identify.md has every setting.',
    '',
    'Example: selfsame identify configure --pool 01890c… --file project.json',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
    '  {"cors": {"origins": ["https://app.example.com"]}, "signature": {"secret": "${SIGNATURE_SECRET}"}}',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'identify configure');
    const settings = await readDocument(args, surroundings.environment);
    return withInstallation(args, surroundings, async ({ identify }) => {
      report(await identify.configure({ poolId, settings }), args, surroundings);
      return EXIT.ok;
    });
  },
};

export const identifyRotateSecret: Command = {
  name: 'identify rotate-secret',
  summary: 'Make a new secret for the signatures of a project; the one before goes on verifying',
  options: { pool: POOL_OPTION, ...CONFIG_OPTION },
  help: ['The secret is printed this once. Whoever checks signatures needs it.'],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'identify rotate-secret');
    return withInstallation(args, surroundings, async ({ identify }) => {
      surroundings.out(await identify.rotateSecret(poolId));
      return EXIT.ok;
    });
  },
};

/** What is in it is the core's to judge. @throws UsageError */
async function readDocument(args: Arguments, environment: Environment): Promise<unknown> {
  const file = args.option('file');
  if (file === null) throw new UsageError('identify configure needs --file.');
  const { content, missing } = await readSettingsDocument(file, environment).catch((error: unknown) => {
    throw error instanceof Unreadable ? new UsageError(`${file} ${error.message}.`) : error;
  });
  if (missing.length === 0) return content;
  throw new UsageError(missing.map(({ path, message }) => `${path.join('.')} ${message}.`).join('\n'));
}

function report(settings: IdentifySettings, args: Arguments, { out }: Surroundings): void {
  if (args.isSet('json')) {
    out(JSON.stringify(settings));
    return;
  }
  const { providers, defaults, signature, corsOrigins, cookies, limits, timestampStep } = settings;
  const enabled = Object.entries(providers).filter(([, one]) => one.enabled);
  const rows = [
    ['Providers', enabled.map(([name, { type }]) => `${name} (${type})`).join(', ') || 'none'],
    [
      'Where none is named',
      Object.entries(defaults)
        .map(([strategy, name]) => `${strategy}: ${name}`)
        .join(', '),
    ],
    [
      'Signatures',
      `${signature.scheme}, ${signature.maxAgeSeconds} s, ${settings.hasSignatureSecret ? 'with a secret' : 'no secret yet'}`,
    ],
    ['Sites that may call', corsOrigins.join(', ') || 'none'],
    ['Cookies', cookies === null ? 'none' : `${cookies.sameSite}, ${cookies.domain ?? 'this host'}`],
    [
      'Limits',
      Object.entries(limits)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
    ['Times are multiples of', `${timestampStep} s`],
  ];
  for (const line of table(rows)) out(line);
}
