import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSettingsDocument } from './document.ts';
import { Unreadable } from './parse.ts';

const directory = mkdtempSync(join(tmpdir(), 'selfsame-document-'));
after(() => rmSync(directory, { recursive: true }));

function read(name: string, text: string, environment = {}) {
  const path = join(directory, name);
  writeFileSync(path, text);
  return readSettingsDocument(path, environment);
}

/** The message of what is refused. */
async function refusalOf(name: string, text: string): Promise<string> {
  const error = await read(name, text).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Unreadable, `${name} was read`);
  return error.message;
}

test('JSON and YAML say the same, with and without a byte order mark', async () => {
  const said = { list: [1, 'two', true, null], at: { day: '2026-01-02', id: '0x1F' } };
  for (const mark of ['', '\uFEFF']) {
    assert.deepEqual((await read('a.json', mark + JSON.stringify(said))).content, said);
    const yaml = `${mark}list: [1, two, true, null]\nat:\n  day: 2026-01-02\n  id: "0x1F"\n`;
    for (const name of ['a.yaml', 'a.YML']) assert.deepEqual((await read(name, yaml)).content, said);
  }
});

test('a text that is nothing but a reference is what the environment has; the rest stays', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
  const text = '{"a": "${ONE}", "b": ["x${ONE}", "${ONE }", "$ONE", {"c": "${ONE}"}], "${ONE}": 1}';
  const { content, missing } = await read('b.json', text, { ONE: '1' });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
  assert.deepEqual(content, { a: '1', b: ['x${ONE}', '${ONE }', '$ONE', { c: '1' }], '${ONE}': 1 });
  assert.deepEqual(missing, []);
});

test('each reference to what is not there, or empty, is told with its place', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
  const { missing } = await read('c.yaml', 'a: ${NONE}\nb:\n  - c: "${EMPTY}"\n', { EMPTY: '' });
  assert.deepEqual(
    missing.map(({ path }) => path),
    [['a'], ['b', 0, 'c']],
  );
  assert.match(missing[0]?.message ?? '', /NONE/);
});

test('what is not read says where, and quotes nothing', async () => {
  assert.match(await refusalOf('d.json', '{\n "s3cret" 1}'), /^is not JSON \(line 2 column \d+\)$/);
  assert.equal(await refusalOf('d.json', '{"a": s3cret}'), 'is not JSON');
  assert.match(await refusalOf('d.yaml', 'a: 1\n\tb: s3cret'), /^is not YAML \(line 2 column \d+\)$/);
  for (const text of ['a: 1\na: 2', '? [a]\n: 1', 'a: !tag 1', 'a: 1\n---\nb: 2', 'a: !!binary aGk='])
    assert.match(await refusalOf('d.yml', text), /^is not YAML/);
  assert.match(await refusalOf('e.json', `"${'x'.repeat(1024 * 1024)}"`), /^has more than 1048576 bytes$/);
  await assert.rejects(readSettingsDocument(join(directory, 'nowhere'), {}), /cannot be read \(ENOENT\)/);
});

test('a few lines of YAML cannot become millions', async () => {
  const lines = Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(10)}]`);
  assert.equal(
    await refusalOf('f.yaml', ['a0: &a0 [x]', ...lines].join('\n')),
    'has aliases that lead nowhere, or too far',
  );
});

test('a key that objects inherit is a key like any other', async () => {
  for (const [name, text] of [
    ['g.json', '{"__proto__": {"admin": true}}'],
    ['g.yaml', '__proto__: { admin: true }'],
  ] as const) {
    const content = (await read(name, text)).content as object;
    assert.deepEqual(Object.keys(content), ['__proto__']);
    assert.equal('admin' in content, false);
  }
});
