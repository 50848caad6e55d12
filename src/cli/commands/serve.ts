import type { Command } from '../command.ts';
import { serveUntilStopped } from '../serve-until-stopped.ts';
import { CONFIG_OPTION, readSettings } from '../settings.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'Serve in production',
  options: CONFIG_OPTION,
  help: [
    'Refuses to start with anything dangerous left at a default: database, root key and address must be chosen.',
    'Makes nothing: run `migrate` first. `config check` tells whether the settings will do.',
  ],
  async run(args, surroundings) {
    const { environment, err: log } = surroundings;
    const config = readSettings(args, surroundings, 'serve');
    const { openInstallation } = await surroundings.loadWiring();
    const installation = await openInstallation(config, { log, environment });
    try {
      const { url } = await installation.listen();
      surroundings.err(`Serving on ${url}`);
    } catch (error) {
      await installation.close();
      throw error;
    }
    return serveUntilStopped(surroundings, installation);
  },
};
