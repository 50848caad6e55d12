import { type Command, EXIT } from '../command.ts';
import { CONFIG_OPTION, withInstallation } from '../settings.ts';

export const migrate: Command = {
  name: 'migrate',
  summary: 'Bring the database to the form that this version needs',
  options: CONFIG_OPTION,
  help: ['Forward only, under a lock, safe to run twice and beside a server of the version before.'],
  run: (args, surroundings) =>
    withInstallation(args, surroundings, async (installation) => {
      const { applied } = await installation.migrate();
      for (const name of applied) surroundings.out(`applied ${name}`);
      if (applied.length === 0) surroundings.out('nothing to apply');
      return EXIT.ok;
    }),
};
