import type { Mode } from '../config/field.ts';
import { type Config, loadConfig } from '../config/load.ts';
import type { Arguments, Option, Surroundings } from './command.ts';
import type { Installation } from './wiring-types.ts';

/** The option of every command that reads settings. */
export const CONFIG_OPTION: Readonly<Record<'config', Option>> = {
  config: { value: 'FILE', prose: 'Settings file, in place of the one that SELFSAME_CONFIG names.' },
};

/** @throws ConfigError */
export function readSettings(args: Arguments, { environment }: Surroundings, mode: Mode): Config {
  const file = args.option('config');
  return loadConfig({ mode, environment, ...(file === null ? {} : { file }) }).config;
}

/** Opens the installation that the settings name for `use`, and closes it whatever happens. @throws ConfigError */
export async function withInstallation<T>(
  args: Arguments,
  surroundings: Surroundings,
  use: (installation: Installation) => Promise<T>,
): Promise<T> {
  const config = readSettings(args, surroundings, 'manage');
  const { openInstallation } = await surroundings.loadWiring();
  const installation = await openInstallation(config, { log: surroundings.err });
  try {
    return await use(installation);
  } finally {
    await installation.close();
  }
}
