import { PII_FIELDS, PLANS } from '../../core/verification/config.ts';
import { RETENTION_DAYS_MAX, type SettingsInput } from '../../core/verification/configure.ts';
import type { VerificationSettings } from '../../core/verification/settings-ports.ts';
import { type Arguments, type Command, EXIT, type Surroundings, UsageError } from '../command.ts';
import { POOL_OPTION, poolOf } from '../pool-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';
import { table } from '../table.ts';

const QUOTA_MAX = 999_999_999;
const JSON_OPTION = { prose: 'One JSON object in place of lines.' } as const;

export const verificationShow: Command = {
  name: 'verification show',
  summary: 'Show how verification behaves in a pool',
  options: { pool: POOL_OPTION, json: JSON_OPTION, ...CONFIG_OPTION },
  help: [],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'verification show');
    return withInstallation(args, surroundings, async ({ verification }) => {
      report(await verification.show(poolId), args, surroundings);
      return EXIT.ok;
    });
  },
};

export const verificationConfigure: Command = {
  name: 'verification configure',
  summary: 'Set how verification behaves in a pool; what is not named stays',
  options: {
    pool: POOL_OPTION,
    'pii-fields': {
      value: 'LIST',
      prose: 'Which personal data identities show: names with commas between, `all`, or `none`.',
    },
    'retention-days': {
      value: 'N',
      prose: 'Days after the latest session until they are shown no more, or `none`: for ever.',
    },
    plan: { value: 'PLAN', prose: `The plan that clients are told: ${PLANS.join(', ')}.` },
    'session-quota': {
      value: 'N',
      prose: 'Sessions that may be made in a calendar month (UTC), or `none`: any number.',
    },
    json: JSON_OPTION,
    ...CONFIG_OPTION,
  },
  help: [
    'Personal data that can be named:',
    `  ${PII_FIELDS.join(', ')}`,
    'E-mail and phone are shown by an export only; an export shows everything, whatever is set here.',
    'The plan limits nothing: requests a minute are each key’s own (keys create --rate-limit).',
    '',
    'Example: selfsame verification configure --pool 01890c… --pii-fields first_name,last_name --retention-days 90',
  ],
  run: async (args, surroundings) => {
    const poolId = poolOf(args, 'verification configure');
    const input = readSettings(args);
    if (Object.keys(input).length === 0) {
      throw new UsageError(
        'verification configure needs --pii-fields, --retention-days, --plan or --session-quota.',
      );
    }
    return withInstallation(args, surroundings, async ({ verification }) => {
      report(await verification.configure({ poolId, ...input }), args, surroundings);
      return EXIT.ok;
    });
  },
};

function readSettings(args: Arguments): SettingsInput {
  const [fields, days, plan, quota] = ['pii-fields', 'retention-days', 'plan', 'session-quota'].map((name) =>
    args.option(name),
  );
  if (typeof plan === 'string' && !(PLANS as readonly string[]).includes(plan)) {
    throw new UsageError(`--plan must be one of ${PLANS.join(', ')}.`);
  }
  return {
    ...(typeof fields === 'string' && { apiPiiFields: readFields(fields) }),
    ...(typeof days === 'string' && {
      sensitiveDataRetentionDays: readCount('--retention-days', days, RETENTION_DAYS_MAX),
    }),
    ...(typeof plan === 'string' && { plan }),
    ...(typeof quota === 'string' && { sessionQuota: readCount('--session-quota', quota, QUOTA_MAX) }),
  };
}

function readFields(text: string): readonly string[] | null {
  if (text === 'all') return null;
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.filter((name) => !(PII_FIELDS as readonly string[]).includes(name));
  if (wrong.length === 0) return names;
  throw new UsageError(`--pii-fields must be all, none, or some of ${PII_FIELDS.join(', ')}.`);
}

function readCount(option: string, text: string, max: number): number | null {
  if (text === 'none') return null;
  if (/^\d{1,9}$/.test(text) && Number(text) <= max) return Number(text);
  throw new UsageError(`${option} must be a whole number up to ${max}, or none.`);
}

function report(settings: VerificationSettings, args: Arguments, { out }: Surroundings): void {
  const { apiPiiFields, sensitiveDataRetentionDays, plan, sessionQuota } = settings;
  if (args.isSet('json')) {
    out(JSON.stringify({ apiPiiFields, sensitiveDataRetentionDays, plan, sessionQuota }));
    return;
  }
  const listed = apiPiiFields?.length === 0 ? 'none' : (apiPiiFields?.join(', ') ?? 'all');
  const rows = [
    ['Personal data shown', listed],
    ['Days until they are not', `${sensitiveDataRetentionDays ?? 'none'}`],
    ['Plan', plan],
    ['Sessions a month', `${sessionQuota ?? 'any number'}`],
  ];
  for (const line of table(rows)) out(line);
}
