// Refuses ambient time, chance and environment where they are handed in instead (docs: STYLE, sections 2 and 7).
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const RULES = [
  { in: /^src\/core\//, pattern: /\bDate\.now\b/g, instead: 'the Clock port' },
  { in: /^src\/core\//, pattern: /\bnew Date\b(?!\s*\(\s*[^\s)])/g, instead: 'the Clock port' },
  { in: /^src\/core\//, pattern: /\bMath\.random\b/g, instead: 'the Ids port' },
  { in: /^src\/core\//, pattern: /\brandomUUID\b/g, instead: 'the Ids port' },
  {
    in: /^src\/(?!config\/)/,
    pattern: /\bprocess\s*\??\.\s*env\b|\bprocess\[['"`]env|\benv\b[^;]*from '(?:node:)?process'/g,
    instead: 'src/config',
  },
];

/** Comments become blanks, so that prose may name what code may not; line numbers stay. */
export function withoutComments(source) {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return source.replace(token, (text) => (text.startsWith('/') ? text.replace(/[^\n]/g, ' ') : text));
}

/** @returns One line a find: `src/core/x.ts:3: Date.now is refused here: use the Clock port`. */
export function findPatterns(path, source) {
  const code = withoutComments(source);
  return RULES.filter((rule) => rule.in.test(path)).flatMap(({ pattern, instead }) =>
    [...code.matchAll(pattern)].map(({ index, 0: found }) => {
      const line = code.slice(0, index).split('\n').length;
      return `${path}:${line}: ${found.split('\n')[0]} is refused here: use ${instead}`;
    }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = dirname(import.meta.dirname);
  const finds = globSync('src/**/*.{ts,mjs}', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.endsWith('.test.ts'))
    .sort()
    .flatMap((path) => findPatterns(path, readFileSync(join(root, path), 'utf8')));
  for (const find of finds) console.error(find);
  process.exitCode = finds.length > 0 ? 1 : 0;
}
