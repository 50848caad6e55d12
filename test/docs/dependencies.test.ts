import assert from 'node:assert/strict';
import { existsSync, globSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../..', import.meta.url).pathname;
const PAGE = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
const ROW = /^\| `([^`]+)`\s*\| (.+?)\s*\| (.+?)\s*\|\s*([\d.]+) MB \|$/gm;
/** Sizes are rounded, and differ a little by platform and version. */
const SIZE_SHARE = 0.1;
const SIZE_MB = 0.15;

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: unknown;
  readonly licenses?: unknown;
}

function readManifest(path: string): Manifest & Record<string, Record<string, string> | undefined> {
  return JSON.parse(readFileSync(path, 'utf8'));
}

const { dependencies, optionalDependencies, devDependencies } = readManifest(join(ROOT, 'package.json'));
const direct = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
const rows = [...PAGE.matchAll(ROW)].map(([, name = '', reason = '', licence = '', size = '']) => {
  return { name, reason, licence, sizeMb: Number(size) };
});

/** Licences of a manifest as one text: `MIT OR Apache-2.0`. */
function licenceOf({ license, licenses }: Manifest): string {
  const list = [license, licenses].flat().filter((one) => one !== undefined);
  const names = list.map((one) =>
    typeof one === 'object' && one !== null && 'type' in one ? one.type : one,
  );
  return names.join(' OR ');
}

function sizeMbOf(directory: string): number {
  // What a package depends on may lie inside of it.
  const paths = globSync('**/*', { cwd: directory }).filter(
    (path) => !path.split('/').includes('node_modules'),
  );
  const files = paths.map((path) => lstatSync(join(directory, path)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0) / 1024 ** 2;
}

test('the page has each direct dependency once, with its reason, and no other', () => {
  assert.deepEqual(rows.map(({ name }) => name).sort(), direct.sort());
  for (const { name, reason } of rows) assert.ok(reason.length > 10, name);
});

test('licences and sizes on the page are those of what is installed', () => {
  for (const { name, licence, sizeMb } of rows) {
    const directory = join(ROOT, 'node_modules', name);
    // Packages for other platforms are not there.
    if (!existsSync(directory)) continue;
    const stated = licenceOf(readManifest(join(directory, 'package.json')));
    assert.ok(stated === licence || stated.includes(`(${licence})`), `${name} is under ${stated}`);
    const size = sizeMbOf(directory);
    const apart = Math.abs(size - sizeMb);
    assert.ok(apart <= Math.max(SIZE_MB, sizeMb * SIZE_SHARE), `${name} takes ${size.toFixed(1)} MB`);
  }
});

test('nothing that is installed is under a licence that is not allowed', () => {
  const listed = /Allowed among all that is installed: ([^.]+(?:\.\d[^.]*)*)\. Never/s.exec(PAGE)?.[1] ?? '';
  const allowed = new Set(listed.split(',').map((name) => name.trim()));
  assert.ok(allowed.has('MIT') && allowed.has('MIT-0'), listed);
  const manifests = globSync('node_modules/**/package.json', { cwd: ROOT })
    .filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    .map((path) => ({ path: dirname(path), manifest: readManifest(join(ROOT, path)) }));
  assert.ok(manifests.length > direct.length);
  for (const { path, manifest } of manifests) {
    if (manifest.version === undefined) continue;
    const text = licenceOf(manifest);
    const names = text.match(/\((CC-BY-4\.0)\)/)?.[1] ?? text;
    // One of several, at the holder's choice, is enough.
    const choices = names.replaceAll(/[()]/g, '').split(/ OR /i);
    const fits = choices.some((choice) => choice.split(/ AND /i).every((one) => allowed.has(one.trim())));
    assert.ok(fits, `${path} is under ${text || 'no licence'}`);
  }
});
