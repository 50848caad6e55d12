// Drives the hosted pages in a real browser: `node test/browser/run.mjs`. Not among the other tests, which need no Chromium.
//
// SELFSAME_TEST_BROWSER is a Chromium to take in place of the one on the path.
// Ends with one line "N passed, N failed"; fails when a step failed, or when none ran.
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const stream = run({ files: [new URL('story.ts', import.meta.url).pathname], concurrency: 1 });
const counts = { passed: 0, failed: 0 };
stream.on('test:pass', ({ skip, todo, details }) => {
  if (details.type !== 'suite' && skip === undefined && todo === undefined) counts.passed += 1;
});
stream.on('test:fail', ({ details }) => {
  if (details.type !== 'suite') counts.failed += 1;
});
const report = stream.compose(new spec());
report.pipe(process.stdout, { end: false });
await finished(report);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
