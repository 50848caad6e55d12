import type { Command } from '../command.ts';
import { serveUntilStopped } from '../serve-until-stopped.ts';
import { CONFIG_OPTION, readSettings } from '../settings.ts';

export const start: Command = {
  name: 'start',
  summary: 'Start a complete server for trying things out, on this machine only',
  options: CONFIG_OPTION,
  help: [
    'On first start it makes a data directory with an embedded database, a root key, an account, a domain, a live and',
    'a sandbox pool, and writes their addresses and keys to quickstart.json. Later starts find everything as it was.',
    'It listens on loopback addresses only. For production use `serve`.',
    '',
    'SELFSAME_DATA_DIR, SELFSAME_HOST, SELFSAME_PORT (0: a free port), DATABASE_URL, SELFSAME_ROOT_KEY_FILE and',
    'SELFSAME_CONFIG override what it does.',
  ],
  async run(args, surroundings) {
    const { environment, err: log } = surroundings;
    const config = readSettings(args, surroundings, 'start');
    const { startQuickstart } = await surroundings.loadWiring();
    const quickstart = await startQuickstart(config, { log, environment });
    for (const line of quickstart.lines) surroundings.out(line);
    return serveUntilStopped(surroundings, quickstart);
  },
};
