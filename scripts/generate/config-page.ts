import { FILE_VARIABLE, listSettings, type Setting } from '../../src/config/names.ts';
import { SECTIONS } from '../../src/config/sections.ts';

const HEAD = `# Settings

Generated from \`src/config/sections\` by \`npm run generate\`: do not edit.

Defaults, then a JSON file that \`${FILE_VARIABLE}\` (or \`--config\`) names, then the environment. The file is an object of
sections: \`{ "server": { "port": 8080 } }\`; nested keys are nested objects. Relative paths count from the working
directory, in the file from the file's folder. Lists in the environment have commas between their parts. A variable that
is set but empty counts as not set. Unknown keys, and unknown variables that begin with \`SELFSAME_\`, are refused; all
faults are reported at once. \`selfsame config check\` tells whether the settings will do.

\`start\` is the quickstart, \`serve\` is production: it has no dangerous defaults, so some settings must be chosen for it.
`;

/** docs/config.md: a table a section. */
export function configPage(): string {
  const sections = Object.values(SECTIONS).map(({ name, title, prose, fields }) => {
    const head = ['| Key | Environment | Type | Default | What it is |', '|---|---|---|---|---|'];
    const rows = listSettings(name, fields).map(row);
    return `\n## ${title}\n\n${prose}\n\n${[...head, ...rows].join('\n')}\n`;
  });
  return HEAD + sections.join('');
}

function row({ key, env, field }: Setting): string {
  const cells = [`\`${key}\``, `\`${env}\``, field.kind.type, field.presetText, field.prose];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
