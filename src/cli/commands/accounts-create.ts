import { type Command, EXIT, UsageError } from '../command.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';

export const accountsCreate: Command = {
  name: 'accounts create',
  summary: 'Make an account with its first pool and a key that may do everything in it',
  options: { title: { value: 'TEXT', prose: 'A name for people. Needed.' }, ...CONFIG_OPTION },
  help: ['The first step on a new production database. The secret is shown this once and stored nowhere.'],
  async run(args, surroundings) {
    const title = args.option('title');
    if (title === null || title.trim() === '') throw new UsageError('accounts create needs --title.');
    return withInstallation(args, surroundings, async ({ accounts }) => {
      if (accounts === undefined) throw new Error('This version makes no accounts on the command line yet.');
      const made = await accounts.create({ title: title.trim() });
      surroundings.err(`Account       ${made.accountRef}  ${made.accountId}`);
      surroundings.err(`Live pool     ${made.live.poolRef}  ${made.live.poolId}`);
      surroundings.err(`Sandbox pool  ${made.sandbox.poolRef}  ${made.sandbox.poolId}`);
      surroundings.err('The key to the live pool is shown this once and stored nowhere:');
      surroundings.out(made.secret);
      return EXIT.ok;
    });
  },
};
