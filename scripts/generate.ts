// Writes the files that are made from code: `npm run generate`. With `--check` it writes nothing and fails when one
// of them is stale. A new one is a generator in the list.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configPage } from './generate/config-page.ts';
import { errorsPage } from './generate/errors-page.ts';
import { openApiFiles } from './generate/openapi-files.ts';

/** Content by path from the root of the repository; the same for the same code, whatever the machine. */
type Generator = () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

const GENERATORS: readonly Generator[] = [
  () => ({ 'docs/config.md': configPage() }),
  () => ({ 'docs/errors.md': errorsPage() }),
  openApiFiles,
];

const ROOT = dirname(import.meta.dirname);
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const generate of GENERATORS) {
  for (const [path, raw] of Object.entries(await generate())) {
    const content = format(path, raw);
    if (read(join(ROOT, path)) === content) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), content);
    console.log(`wrote ${path}`);
  }
}
if (check && stale.length > 0) {
  console.error(`Stale, run \`npm run generate\`: ${stale.join(', ')}`);
  process.exitCode = 1;
}

/** As the formatter wants it, or the check of formats would refuse what was generated. It leaves Markdown alone. */
function format(path: string, content: string): string {
  if (path.endsWith('.md')) return content;
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const options = { cwd: ROOT, input: content, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr } = spawnSync(biome, ['format', `--stdin-file-path=${path}`], options);
  if (status !== 0) throw new Error(`${path} cannot be formatted: ${stderr}`);
  return stdout;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
