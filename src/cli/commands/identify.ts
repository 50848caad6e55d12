import { readFile } from 'node:fs/promises';
import type { Environment } from '../../config/load.ts';
import type { IdentifySettings } from '../../core/identify/configure.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { readPoolId } from '../key-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';

const POOL_OPTION = {
  value: 'ID',
  prose: 'The pool, which is the project: a UUID, or 32 characters. Needed.',
} as const;
const JSON_OPTION = { prose: 'One JSON object in place of lines.' } as const;
/** A text that is nothing else. */
const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

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
      prose: 'JSON with providers, defaults, signature, cors, limits, timestampStep, compat, name. Needed.',
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

function poolOf(args: Arguments, command: string) {
  const pool = args.option('pool');
  if (pool === null) throw new UsageError(`${command} needs --pool.`);
  return readPoolId(pool);
}

/** What is in it is the core's to judge. @throws UsageError */
async function readDocument(args: Arguments, environment: Environment): Promise<unknown> {
  const file = args.option('file');
  if (file === null) throw new UsageError('identify configure needs --file.');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`${file} cannot be read.`);
  });
  try {
    return withEnvironment(JSON.parse(text), environment);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} is not JSON.`);
  }
}

function withEnvironment(value: unknown, environment: Environment): unknown {
  if (typeof value === 'string') {
    const [, name] = REFERENCE.exec(value) ?? [];
    if (name === undefined) return value;
    const found = environment[name];
    if (found === undefined) throw new UsageError(`The environment has no ${name}.`);
    return found;
  }
  if (Array.isArray(value)) return value.map((one) => withEnvironment(one, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, withEnvironment(one, environment)]),
  );
}

function report(settings: IdentifySettings, args: Arguments, { out }: Surroundings): void {
  if (args.isSet('json')) {
    out(JSON.stringify(settings));
    return;
  }
  const { providers, defaults, signature, corsOrigins, limits, timestampStep } = settings;
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
