import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { type Command, EXIT } from '../command.ts';
import { dataDirectory, geoData, runtime } from '../local-checks.ts';
import { paint } from '../paint.ts';
import { CONFIG_OPTION, readSettings } from '../settings.ts';
import type { Finding } from '../wiring-types.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Look for what is wrong with this installation',
  options: { ...CONFIG_OPTION, json: { prose: 'One JSON array of {name, ok, detail} in place of lines.' } },
  help: [
    'Checks runtime, data directory, geo data, database, migrations, root key and clock. Changes nothing.',
  ],
  async run(args, surroundings) {
    const config = readSettings(args, surroundings, 'manage');
    const findings: Finding[] = [runtime(), await dataDirectory(config), await geoData(config)];
    try {
      if (isMissing(config)) throw new Error(`there is none in ${config.data.dir} yet; \`start\` makes one`);
      const { openInstallation } = await surroundings.loadWiring();
      const installation = await openInstallation(config, { log: surroundings.err });
      try {
        findings.push(...(await installation.doctor()));
      } finally {
        await installation.close();
      }
    } catch (error) {
      findings.push({
        name: 'installation',
        ok: false,
        detail: error instanceof Error ? error.message : String(error),
      });
    }
    if (args.isSet('json')) surroundings.out(JSON.stringify(findings, null, 2));
    else for (const finding of findings) surroundings.out(line(finding, surroundings.colours));
    return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.failure;
  },
};

/** Opening an embedded database makes one where there is none, and this command changes nothing. */
function isMissing({ database, data }: Config): boolean {
  if (!database.embedded) return false;
  return !['postgres', 'postgres.location'].some((name) => existsSync(join(data.dir, name)));
}

function line({ name, ok, detail }: Finding, colours: boolean): string {
  return `${ok ? paint('green', 'ok  ', colours) : paint('red', 'FAIL', colours)}  ${name.padEnd(16)}${detail}`;
}
