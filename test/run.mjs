// Runs the tests: one PostgreSQL for all of them, a migrated template in it, then `node --test`.
//
//   node test/run.mjs [--dot] [--test-name-pattern=<regexp>] [files, folders or glob patterns]
//
// SELFSAME_TEST_DATABASE_URL (a superuser's URL) takes another server in place of the embedded one.
// Ends with a line for each test that failed, "FAILED file:line name: first line of its error", and one line
// "N passed, N failed"; fails when a test failed, or when none ran.
import { chmodSync, globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { dot, spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { startEmbedded } from '../src/store/engines/embedded.ts';
import { prepareTemplate, TEMPLATE } from './harness/postgres.ts';
import { statementProblems } from './harness/statements.ts';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dot: { type: 'boolean', default: false },
    'test-name-pattern': { type: 'string', multiple: true, default: [] },
  },
});

const files = testFiles(positionals);
if (files.length === 0) {
  console.log('no test file matches');
  console.log('0 passed, 0 failed');
  process.exit(1);
}

const scratch = mkdtempSync(join(tmpdir(), 'selfsame-test-'));
// PostgreSQL runs as another user when we are root.
chmodSync(scratch, 0o711);
process.env.SELFSAME_TEST_STATEMENTS = mkdtempSync(join(scratch, 'statements-'));
// Every file is a process of its own: the first takes the types out of the sources for all.
process.env.NODE_COMPILE_CACHE = mkdtempSync(join(scratch, 'compiled-'));
const server = await startServer(scratch);
let code = 1;
try {
  await prepareTemplate();
  process.env.SELFSAME_TEST_TEMPLATE = TEMPLATE;
  const counts = await runTests(files);
  const problems = statementProblems(process.env.SELFSAME_TEST_STATEMENTS);
  for (const problem of [...counts.failures, ...problems.map((one) => `SQL rule 1: ${one}`)])
    console.log(`FAILED ${problem}`);
  const failed = counts.failed + problems.length;
  code = failed > 0 || counts.passed === 0 ? 1 : 0;
  console.log(`${counts.passed} passed, ${failed} failed`);
} catch (error) {
  console.error(error);
  console.log('0 passed, 1 failed');
} finally {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(code);

function testFiles(patterns) {
  const chosen = patterns.length > 0 ? patterns : ['src', 'test'];
  const isFolder = (pattern) => statSync(pattern, { throwIfNoEntry: false })?.isDirectory() === true;
  const globs = chosen.map((pattern) => (isFolder(pattern) ? join(pattern, '**/*.test.ts') : pattern));
  const found = [...new Set(globs.flatMap((pattern) => globSync(pattern)))].sort();
  // Those that kill servers mostly wait, and last longest: others run beside them, not after them.
  const waits = (file) => /kill/.test(file);
  return [...found.filter(waits), ...found.filter((file) => !waits(file))].map((file) => join(root, file));
}

async function startServer(directory) {
  if (process.env.SELFSAME_TEST_DATABASE_URL) return null;
  const server = await startEmbedded({
    dataDir: join(directory, 'data'),
    // Nothing here outlives the run; an installation never has these.
    extraSettings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '200',
    },
    onExit: (reason) => console.error(reason),
  });
  process.env.SELFSAME_TEST_DATABASE_URL = server.url;
  return server;
}

async function runTests(paths) {
  const namePatterns = values['test-name-pattern'].map((pattern) => new RegExp(pattern));
  const stream = run({
    files: paths,
    // One more than cores: some always wait for the database.
    concurrency: cpus().length + 1,
    ...(namePatterns.length > 0 && { testNamePatterns: namePatterns }),
  });
  const counts = { passed: 0, failed: 0, failures: [] };
  // A file in which nothing ran is reported as a test that passed, under its path: that is none.
  stream.on('test:pass', ({ name, skip, todo, details }) => {
    if (details.type !== 'suite' && skip === undefined && todo === undefined && !isFile(name))
      counts.passed += 1;
  });
  stream.on('test:fail', ({ name, todo, details, file = '', line }) => {
    if (details.type === 'suite' || todo !== undefined) return;
    counts.failed += 1;
    const [reason] = String(details.error?.cause?.message ?? details.error?.message).split('\n');
    counts.failures.push(`${relative(root, file)}:${line} ${name}: ${reason}`);
  });
  const report = stream.compose(values.dot ? dot : new spec());
  // Not ended with it: our own lines come last.
  report.pipe(process.stdout, { end: false });
  await finished(report);
  return counts;
}

function isFile(name) {
  return name.endsWith('.test.ts') && statSync(name, { throwIfNoEntry: false })?.isFile() === true;
}
