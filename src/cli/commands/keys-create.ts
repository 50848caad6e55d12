import { type Command, EXIT, UsageError } from '../command.ts';
import { readExpiry, readGrants, readPoolId, readRanges, readRate } from '../key-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';

const RATE_DEFAULT = '1000';

export const keysCreate: Command = {
  name: 'keys create',
  summary: 'Make an API key and print its secret, once',
  options: {
    pool: { value: 'ID', prose: 'The pool it is for: a UUID, or 32 characters. Needed.' },
    grant: { value: 'GRANT', repeatable: true, prose: 'What it may do, or `all`. Needed.' },
    label: { value: 'TEXT', prose: 'A name for people.' },
    'rate-limit': { value: 'N', prose: `Requests a minute (${RATE_DEFAULT}).` },
    allow: { value: 'CIDR', repeatable: true, prose: 'Addresses it may be used from. Without it: any.' },
    expires: {
      value: 'WHEN',
      prose: '90d, 12h, 30m, 2030-01-31 or a time with its zone. Without it: never.',
    },
    json: { prose: 'One JSON object in place of lines.' },
    ...CONFIG_OPTION,
  },
  help: [
    'Example: selfsame keys create --pool 01890c… --grant identities:read --label reports --expires 90d',
  ],
  async run(args, surroundings) {
    const pool = args.option('pool');
    if (pool === null) throw new UsageError('keys create needs --pool.');
    const label = args.option('label') ?? '';
    if (label.length > 200 || /\p{Cc}/u.test(label)) {
      throw new UsageError('--label must be one line of at most 200 characters.');
    }
    const expires = args.option('expires');
    const input = {
      poolId: readPoolId(pool),
      label,
      grants: readGrants(args.all('grant')),
      requestsPerMinute: readRate(args.option('rate-limit') ?? RATE_DEFAULT),
      allowedAddresses: readRanges(args.all('allow')),
      expiresAt: expires === null ? null : readExpiry(expires, surroundings.now()),
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
