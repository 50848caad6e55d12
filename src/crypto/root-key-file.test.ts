import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RootKeyMismatch, RootKeyUnusable } from '../core/errors.ts';
import { openEnvironmentKms, openFileKms } from './file-kms.ts';
import { addRootKey, createRootKeyFile, pruneRootKeys, stageRootKey } from './root-key-file.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selfsame-root-'));
});
after(() => rm(folder, { recursive: true }));
const newFile = async (): Promise<string> => {
  const path = join(folder, `${randomBytes(6).toString('hex')}.json`);
  await createRootKeyFile(path);
  return path;
};
const open = (path: string) => openFileKms({ path, create: false, storedRootKeyIds: [] });
const idsIn = async (path: string): Promise<string[]> =>
  JSON.parse(await readFile(path, 'utf8')).keys.map(({ id }: { id: string }) => id);
const drafts = async () => (await readdir(folder)).filter((name) => /\.(next|new)$/.test(name));

describe('a new root key', () => {
  it('comes first, in a file for its owner only, and the older ones stay behind it', async () => {
    const path = await newFile();
    const [first] = await idsIn(path);
    const second = await addRootKey(path);
    const third = await addRootKey(path);
    assert.deepEqual(await idsIn(path), [third, second, first]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await drafts(), []);
  });

  it('is taken up by a process that runs, to wrap and to open, while it keeps opening what it could', async () => {
    const path = await newFile();
    const running = await open(path);
    const old = await running.wrap(Buffer.from('old'), 'context');
    const second = await addRootKey(path);
    const elsewhere = await (await open(path)).wrap(Buffer.from('new'), 'context');
    assert.equal(elsewhere.keyId, second);
    const opened = await Promise.all(
      Array.from({ length: 20 }, () => running.unwrap(elsewhere.keyId, elsewhere.wrapped, 'context')),
    );
    assert.ok(opened.every((secret) => secret.toString() === 'new'));
    assert.equal((await running.wrap(Buffer.from('x'), 'context')).keyId, second);
    assert.deepEqual(await pruneRootKeys(path, async () => []), [old.keyId]);
    assert.equal(await running.currentKeyId(), second);
    assert.equal((await running.unwrap(old.keyId, old.wrapped, 'context')).toString(), 'old');
    await assert.rejects(
      open(path).then((kms) => kms.unwrap(old.keyId, old.wrapped, 'context')),
      RootKeyMismatch,
    );
  });

  it('is used to wrap as soon as it is in the file', async () => {
    const path = await newFile();
    const running = await open(path);
    const second = await addRootKey(path);
    const made = await Promise.all(
      Array.from({ length: 5 }, () => running.wrap(Buffer.from('x'), 'context')),
    );
    assert.deepEqual(new Set(made.map(({ keyId }) => keyId)), new Set([second]));
  });

  it('does not make a process with a damaged file, or none, forget what it holds', async () => {
    const path = await newFile();
    const running = await open(path);
    const { keyId, wrapped } = await running.wrap(Buffer.from('secret'), 'context');
    const stranger = openEnvironmentKms(randomBytes(32).toString('base64'));
    const unknown = await stranger.wrap(Buffer.from('x'), 'context');
    await assert.rejects(running.unwrap(unknown.keyId, unknown.wrapped, 'context'), RootKeyMismatch);
    await writeFile(path, '{}');
    await assert.rejects(running.unwrap(unknown.keyId, unknown.wrapped, 'context'), RootKeyUnusable);
    await assert.rejects(running.wrap(Buffer.from('x'), 'context'), RootKeyUnusable);
    assert.equal((await running.unwrap(keyId, wrapped, 'context')).toString(), 'secret');
    await rm(path);
    assert.equal((await running.wrap(Buffer.from('x'), 'context')).keyId, keyId);
  });

  it('goes into the file that a link leads to', async () => {
    const path = await newFile();
    const linked = `${path}.link`;
    await symlink(path, linked);
    const second = await addRootKey(linked);
    assert.equal((await idsIn(path))[0], second);
  });

  it('replaces nothing where there is no file, or one that is damaged', async () => {
    const path = await newFile();
    await assert.rejects(addRootKey(`${path}.missing`), RootKeyMismatch);
    await writeFile(path, '{"format":1');
    await assert.rejects(addRootKey(path), RootKeyUnusable);
    assert.equal(await readFile(path, 'utf8'), '{"format":1');
  });
});

describe('a staged root key', () => {
  it('opens and does not wrap, is there once, outlives pruning, and is the one that comes first next', async () => {
    const path = await newFile();
    const [first = ''] = await idsIn(path);
    const running = await open(path);
    const staged = await stageRootKey(path);
    assert.equal(await stageRootKey(path), staged);
    assert.deepEqual(await idsIn(path), [first, staged]);
    assert.equal((await running.wrap(Buffer.from('x'), 'context')).keyId, first);
    const copy = `${path}.copy`;
    await copyFile(path, copy);
    assert.deepEqual(await pruneRootKeys(path, async () => []), []);
    assert.equal(await addRootKey(path), staged);
    assert.deepEqual(await idsIn(path), [staged, first]);
    const { keyId, wrapped } = await running.wrap(Buffer.from('x'), 'context');
    assert.equal(keyId, staged);
    assert.equal((await (await open(copy)).unwrap(keyId, wrapped, 'context')).toString(), 'x');
    assert.notEqual(await addRootKey(path), staged);
  });
});

describe('pruning', () => {
  it('keeps the current key and every one that is needed, whichever source named it', async () => {
    const path = await newFile();
    const [first = ''] = await idsIn(path);
    const second = await addRootKey(path);
    const third = await addRootKey(path);
    const fourth = await addRootKey(path);
    const needed = [first.replace('file:', 'environment:'), third];
    assert.deepEqual(await pruneRootKeys(path, async () => needed), [second]);
    assert.deepEqual(await idsIn(path), [fourth, third, first]);
    assert.deepEqual(await pruneRootKeys(path, async () => needed), []);
  });

  it('puts back a key that somebody began to need meanwhile', async () => {
    const path = await newFile();
    const [first = ''] = await idsIn(path);
    const second = await addRootKey(path);
    let asked = 0;
    const listNeeded = async () => {
      asked += 1;
      return asked === 1 ? [second] : [second, first];
    };
    assert.deepEqual(await pruneRootKeys(path, listNeeded), []);
    assert.deepEqual(await idsIn(path), [second, first]);
  });
});

describe('root keys in the environment', () => {
  it('wrap under the first and open under all', async () => {
    const [one = '', two = ''] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
    const before = openEnvironmentKms(one);
    const { keyId, wrapped } = await before.wrap(Buffer.from('secret'), 'context');
    const after = openEnvironmentKms(two, [one]);
    assert.equal((await after.unwrap(keyId, wrapped, 'context')).toString(), 'secret');
    assert.notEqual(await after.currentKeyId(), keyId);
    assert.throws(() => openEnvironmentKms(two, ['short']), RootKeyUnusable);
  });
});
