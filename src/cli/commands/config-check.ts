import { checkProjectsFile } from '../../wiring/identify-files.ts';
import { type Command, EXIT, UsageError } from '../command.ts';
import { CONFIG_OPTION, readSettings } from '../settings.ts';

export const configCheck: Command = {
  name: 'config check',
  summary: 'Tell every fault of the settings, opening nothing',
  options: {
    ...CONFIG_OPTION,
    mode: { value: 'MODE', prose: 'The command that is to use them: serve (default) or start.' },
  },
  help: [
    'Prints `ok`, or one line a fault with its key and variable. Values of secrets are never printed.',
    'The file of identify.projectsFile is read as well; whether there are such pools is told by a start only.',
  ],
  async run(args, surroundings) {
    const mode = args.option('mode') ?? 'serve';
    if (mode !== 'serve' && mode !== 'start') throw new UsageError('config check: --mode is serve or start.');
    const { identify } = readSettings(args, surroundings, mode);
    await checkProjectsFile({ identify, environment: surroundings.environment });
    surroundings.out('ok');
    return EXIT.ok;
  },
};
