// Everything that must be green before a commit, one line a step; all failures, in full, at the end.
import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const ROOT = dirname(import.meta.dirname);
const BIN = join(ROOT, 'node_modules/.bin');

const STEPS = [
  ['format and lint', 'biome', 'ci', '--colors=off', '--max-diagnostics=200', '.'],
  ['types', 'tsc', '--noEmit'],
  [
    'imports',
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    ...['src', 'test', 'console'].filter(present),
  ],
  ['patterns', 'node', 'scripts/patterns.mjs'],
  ['tests of these', 'node', '--test', 'scripts/**/*.test.mjs'],
  ['generated files', 'node', 'scripts/generate.ts', '--check'],
];

function present(folder) {
  return existsSync(join(ROOT, folder));
}

function run([program, ...args]) {
  return new Promise((resolve) => {
    const windows = process.platform === 'win32';
    const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` };
    const child = spawn(program, args, { cwd: ROOT, env, shell: windows, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const gather = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * dependency-cruiser passes over what it has no parser for, and then finds nothing wrong: without a TypeScript that it
 * knows (below 7, `depcruise --info`) it would look at no file of ours.
 */
function sawEverything(output) {
  const cruised = Number(/\((\d+) modules/.exec(output)?.[1] ?? 0);
  const files = globSync('src/**/*.ts', { cwd: ROOT }).length;
  if (cruised >= files) return { ok: true, output };
  const advice = 'see `depcruise --info`; it needs `typescript` below 7, or `@swc/core` and `parser: swc`';
  return { ok: false, output: `Looked at ${cruised} modules, but src has ${files} files: ${advice}.` };
}

const failures = [];
for (const [name, ...command] of STEPS) {
  const started = performance.now();
  const result = await run(command);
  const { ok, output } = name === 'imports' && result.ok ? sawEverything(result.output) : result;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(16)} ${seconds} s`);
  if (!ok) failures.push({ name, command, output });
}
for (const { name, command, output } of failures) {
  console.error(`\n--- ${name}: ${command.join(' ')}\n${output.trimEnd()}`);
}
if (failures.length > 0) console.error(`\nFailed: ${failures.map(({ name }) => name).join(', ')}`);
process.exitCode = failures.length > 0 ? 1 : 0;
