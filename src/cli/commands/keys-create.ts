import {
  DEFAULT_GRANTS,
  PUBLISHABLE_GRANT,
  PUBLISHABLE_REQUESTS_PER_MINUTE,
} from '../../core/keys/key-kinds.ts';
import { type Command, EXIT, UsageError } from '../command.ts';
import {
  readApiVersion,
  readExpiry,
  readGrants,
  readInflection,
  readLine,
  readPoolId,
  readRanges,
  readRate,
} from '../key-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';

const RATE_DEFAULT = '1000';

export const keysCreate: Command = {
  name: 'keys create',
  summary: 'Make an API key and print its secret, once',
  options: {
    pool: { value: 'ID', prose: 'The pool it is for: a UUID, or 32 characters. Needed.' },
    grant: { value: 'GRANT', repeatable: true, prose: 'What it may do, or `all`. Without it: see below.' },
    publishable: { prose: 'A key for pages and apps, where everybody can read it.' },
    label: { value: 'TEXT', prose: 'A name for people.' },
    note: { value: 'TEXT', prose: 'More for people, up to 500 characters.' },
    'rate-limit': { value: 'N', prose: `Requests a minute (${RATE_DEFAULT}).` },
    allow: { value: 'CIDR', repeatable: true, prose: 'Addresses it may be used from. Without it: any.' },
    expires: {
      value: 'WHEN',
      prose: '90d, 12h, 30m, 2030-01-31 or a time with its zone. Without it: never.',
    },
    'api-version': {
      value: 'DATE',
      prose: 'The version it is pinned to, 2026-01-01. Without it: always the current one.',
    },
    inflection: { value: 'CASE', prose: 'Spelling of keys in replies: snake (without it), camel or kebab.' },
    json: { prose: 'One JSON object in place of lines.' },
    ...CONFIG_OPTION,
  },
  help: [
    'Without --grant a key may do:',
    `  ${DEFAULT_GRANTS.join(', ')}`,
    `A publishable key may do ${PUBLISHABLE_GRANT} and nothing else, ${PUBLISHABLE_REQUESTS_PER_MINUTE} times a minute, whatever --rate-limit says.`,
    'Versions and spellings count where a surface has them (verification).',
    '',
    'Example: selfsame keys create --pool 01890c… --grant identities:read --label reports --expires 90d',
  ],
  async run(args, surroundings) {
    const pool = args.option('pool');
    if (pool === null) throw new UsageError('keys create needs --pool.');
    const kind = args.isSet('publishable') ? ('publishable' as const) : ('secret' as const);
    const note = args.option('note');
    const expires = args.option('expires');
    const input = {
      poolId: readPoolId(pool),
      kind,
      label: readLine('--label', args.option('label') ?? '', 200),
      note: note === null ? null : readLine('--note', note, 500),
      grants: readGrants(args.all('grant'), kind),
      requestsPerMinute: readRate(args.option('rate-limit') ?? RATE_DEFAULT),
      allowedAddresses: readRanges(args.all('allow')),
      expiresAt: expires === null ? null : readExpiry(expires, surroundings.now()),
      apiVersion: readApiVersion(args.option('api-version')),
      keyInflection: readInflection(args.option('inflection') ?? 'snake'),
    };
    return withInstallation(args, surroundings, async ({ keys }) => {
      const { key, secret } = await keys.create(input);
      if (args.isSet('json'))
        surroundings.out(JSON.stringify({ id: key.id, environment: key.environment, secret }));
      else {
        surroundings.err(
          `Key ${key.id} (${key.environment}). The secret is shown this once and stored nowhere:`,
        );
        surroundings.out(secret);
      }
      return EXIT.ok;
    });
  },
};
