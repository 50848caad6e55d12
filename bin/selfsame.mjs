#!/usr/bin/env node
// Plain JavaScript on purpose: it must run, and explain itself, on a runtime that cannot read TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) >= MAJOR) {
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
