import { type Command, EXIT, UsageError } from '../command.ts';
import { readPoolId } from '../key-arguments.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';

const DAY_MS = 86_400_000;

export const identitiesPurge: Command = {
  name: 'identities purge',
  summary: 'Remove deleted and erased identities for good, once they are old enough',
  options: {
    'closed-before': { value: 'DAYS', prose: 'Closed at least this many days ago (`30d`). Needed.' },
    pool: { value: 'ID', prose: 'One pool only, as UUID or 32 characters. Not given: every pool.' },
    ...CONFIG_OPTION,
  },
  help: ['Goes batch by batch and may be interrupted and run again. There is no way back but a backup.'],
  async run(args, surroundings) {
    const days = /^(\d{1,5})d$/.exec(args.option('closed-before') ?? '')?.[1];
    if (days === undefined)
      throw new UsageError('identities purge needs --closed-before, a number of days like 30d.');
    const pool = args.option('pool');
    const poolId = pool === null ? null : readPoolId(pool);
    const closedBefore = new Date(surroundings.now().getTime() - Number(days) * DAY_MS);
    return withInstallation(args, surroundings, async ({ identities }) => {
      const removed = await identities.purge({
        poolId,
        closedBefore,
        onProgress: (count) => surroundings.err(`Removed ${count} so far …`),
      });
      surroundings.out(`Removed ${removed} identities.`);
      return EXIT.ok;
    });
  },
};
