#!/usr/bin/env node
// Plain JavaScript on purpose: it must run, and explain itself, on a runtime that cannot read TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MAJOR = 24;
// A server keeps its young generation small, collects the old one early, and allocates from one arena: half the
// memory. It collects with no more threads than there are cores (docs/performance.md). A process must be told before it
// begins, so a server begins twice.
const SERVERS = ['start', 'serve'];
const COLLECTORS_MAX = 4;
const HEAP_FLAGS = [
  ...['--max-semi-space-size=16', '--heap-growing-percent=60'],
  `--v8-pool-size=${Math.min(availableParallelism(), COLLECTORS_MAX)}`,
];
// Passwords are hashed on the runtime's threads, as many at once as there are cores: files and names need some too.
const UV_THREADPOOL_SIZE = String(availableParallelism() + 4);

if (Number(process.versions.node.split('.')[0]) >= MAJOR) {
  if (SERVERS.includes(process.argv[2]) && !process.execArgv.includes(HEAP_FLAGS[0]) && canReplaceItself()) {
    const args = [process.execPath, ...process.execArgv, ...HEAP_FLAGS, ...process.argv.slice(1)];
    process.execve(process.execPath, args, { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE, ...process.env });
  }
  // Without this every start takes the types out of each file anew. What cannot be written is not kept.
  module.enableCompileCache(join(root, 'node_modules/.cache/selfsame'));
  setTimeout(() => module.flushCompileCache(), 10_000).unref();
  const { run } = await import('../src/cli/main.ts');
  process.exitCode = await run(process.argv.slice(2));
} else {
  const pinned = [join(root, 'node_modules/node/bin/node'), join(root, 'node_modules/.bin/node')].find(
    existsSync,
  );
  if (pinned === undefined) {
    console.error(
      `selfsame needs Node.js ${MAJOR}; this is ${process.versions.node}, and the pinned runtime is not installed.\n` +
        'Run `npm ci` with install scripts allowed (the package `node` places the runtime), or use a newer Node.js.',
    );
    process.exit(1);
  }
  const child = spawnSync(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = child.status ?? 1;
}

/** Linux with glibc is where it was measured; elsewhere a server begins once, as it is. */
function canReplaceItself() {
  return process.platform === 'linux' && typeof process.execve === 'function';
}
