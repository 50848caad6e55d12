import type { IamSettings, IamSettingsInput } from '../../core/iam/configure.ts';
import { DEFAULT_ALGORITHM, type PasswordAlgorithm } from '../../core/passwords/ports.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { POOL_OPTION, poolOf } from '../pool-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';
import { readTokenTemplatesFile } from '../token-templates-file.ts';

const JSON_OPTION = { prose: 'One JSON object in place of lines.' } as const;
const ARGON2_OPTIONS = {
  memoryKib: 'argon2-memory',
  passes: 'argon2-passes',
  lanes: 'argon2-lanes',
} as const;

export const iamShow: Command = {
  name: 'iam show',
  summary: 'Show how a pool keeps credentials',
  options: { pool: POOL_OPTION, json: JSON_OPTION, ...CONFIG_OPTION },
  help: [],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'iam show');
    return withInstallation(args, surroundings, async ({ iam }) => {
      report(await iam.show(poolId), args, surroundings);
      return EXIT.ok;
    });
  },
};

export const iamConfigure: Command = {
  name: 'iam configure',
  summary: 'Set how a pool keeps credentials; what is not named stays',
  options: {
    pool: POOL_OPTION,
    'password-algorithm': { value: 'NAME', prose: 'How passwords are hashed: `argon2id` or `bcrypt`.' },
    'bcrypt-cost': { value: 'N', prose: 'With `bcrypt`: 10 to 15. Needed.' },
    'argon2-memory': {
      value: 'KIB',
      prose: `With \`argon2id\`: 7168 to 1048576; default ${DEFAULT_ALGORITHM.memoryKib}.`,
    },
    'argon2-passes': {
      value: 'N',
      prose: `With \`argon2id\`: 1 to 10; default ${DEFAULT_ALGORITHM.passes}.`,
    },
    'argon2-lanes': { value: 'N', prose: `With \`argon2id\`: 1 to 16; default ${DEFAULT_ALGORITHM.lanes}.` },
    'passwordless-code': { value: 'on|off', prose: 'Whether a one-time code alone logs somebody in.' },
    'token-templates': {
      value: 'FILE',
      prose: 'What tokens of sessions tell, all of them: a JSON list of name, ttlSeconds, claims, subject.',
    },
    json: JSON_OPTION,
    ...CONFIG_OPTION,
  },
  help: [
    'Passwords that are there are hashed anew when somebody logs in with them.',
    '',
    'Example: selfsame iam configure --pool 01890c… --password-algorithm bcrypt --bcrypt-cost 12',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'iam configure');
    const input = await readSettings(args);
    if (Object.keys(input).length === 0)
      throw new UsageError(
        'iam configure needs --password-algorithm, --passwordless-code or --token-templates.',
      );
    return withInstallation(args, surroundings, async ({ iam }) => {
      report(await iam.configure({ poolId, ...input }), args, surroundings);
      return EXIT.ok;
    });
  },
};

async function readSettings(args: Arguments): Promise<IamSettingsInput> {
  const code = args.option('passwordless-code');
  if (code !== null && code !== 'on' && code !== 'off')
    throw new UsageError('--passwordless-code must be on or off.');
  const passwordAlgorithm = readAlgorithm(args);
  const templates = args.option('token-templates');
  return {
    ...(passwordAlgorithm === null ? {} : { passwordAlgorithm }),
    ...(code === null ? {} : { passwordlessCode: code === 'on' }),
    ...(templates === null ? {} : { tokenTemplates: await readTokenTemplatesFile(templates) }),
  };
}

function readAlgorithm(args: Arguments): PasswordAlgorithm | null {
  const name = args.option('password-algorithm');
  const cost = readNumber(args, 'bcrypt-cost');
  const [memoryKib, passes, lanes] = Object.values(ARGON2_OPTIONS).map((option) => readNumber(args, option));
  const hasArgon2 = [memoryKib, passes, lanes].some((value) => typeof value === 'number');
  if (name === 'bcrypt') {
    if (hasArgon2) throw new UsageError('--argon2-… go with --password-algorithm argon2id.');
    if (cost === null) throw new UsageError('--password-algorithm bcrypt needs --bcrypt-cost.');
    return { kind: 'bcrypt', cost };
  }
  if (cost !== null) throw new UsageError('--bcrypt-cost goes with --password-algorithm bcrypt.');
  if (name === null) {
    if (hasArgon2) throw new UsageError('--argon2-… go with --password-algorithm argon2id.');
    return null;
  }
  if (name !== 'argon2id') throw new UsageError('--password-algorithm must be argon2id or bcrypt.');
  return {
    kind: 'argon2id',
    memoryKib: memoryKib ?? DEFAULT_ALGORITHM.memoryKib,
    passes: passes ?? DEFAULT_ALGORITHM.passes,
    lanes: lanes ?? DEFAULT_ALGORITHM.lanes,
  };
}

/** Null where it was not given; its bounds are the core's to know. */
function readNumber(args: Arguments, option: string): number | null {
  const text = args.option(option);
  if (text === null) return null;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${option} must be a whole number.`);
  return Number(text);
}

function report(
  { passwordAlgorithm, passwordlessCode, tokenTemplates }: IamSettings,
  args: Arguments,
  { out }: Surroundings,
) {
  if (args.isSet('json')) {
    out(JSON.stringify({ passwordAlgorithm, passwordlessCode, tokenTemplates }));
    return;
  }
  const rows = [
    ['Passwords', inWords(passwordAlgorithm)],
    ['A code alone logs in', passwordlessCode ? 'yes' : 'no'],
    ['Token templates', tokenTemplates.map(({ name }) => name).join(', ') || 'none'],
  ];
  for (const line of table(rows)) out(line);
}

function inWords(algorithm: PasswordAlgorithm): string {
  if (algorithm.kind === 'bcrypt') return `bcrypt, cost ${algorithm.cost}`;
  const { memoryKib, passes, lanes } = algorithm;
  return `argon2id, ${memoryKib} KiB, passes ${passes}, lanes ${lanes}`;
}
