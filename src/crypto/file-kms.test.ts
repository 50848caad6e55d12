import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { CoreError, RootKeyMismatch, RootKeyUnusable, SealBroken } from '../core/errors.ts';
import type { PoolId } from '../core/ports.ts';
import { openEnvironmentKms, openFileKms } from './file-kms.ts';
import { wrapPoolKey } from './pool-keys.ts';
import { requireRootKey } from './root-key-check.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selfsame-kms-'));
});
after(() => rm(folder, { recursive: true }));
const newPath = (): string => join(folder, `${randomBytes(6).toString('hex')}.json`);
const create = { create: true, storedRootKeyIds: [] };

describe('a root key file', () => {
  it('is made once, for its owner only, and opens what it wrapped ever after', async () => {
    const path = newPath();
    const first = await openFileKms({ path, ...create });
    const { keyId, wrapped } = await first.wrap(Buffer.from('a pool key'), 'context');
    assert.match(keyId, /^file:[0-9a-f]{16}$/);
    assert.equal(keyId, await first.currentKeyId());
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const text = await readFile(path, 'utf8');
    const second = await openFileKms({ path, create: true, storedRootKeyIds: [keyId] });
    assert.equal((await second.unwrap(keyId, wrapped, 'context')).toString(), 'a pool key');
    assert.equal(await readFile(path, 'utf8'), text);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.new')),
      [],
    );
  });

  it('is the same for all who make it at the same time', async () => {
    const path = newPath();
    const opened = await Promise.all(Array.from({ length: 20 }, () => openFileKms({ path, ...create })));
    assert.equal(new Set(await Promise.all(opened.map((kms) => kms.currentKeyId()))).size, 1);
  });

  it('is not made when data needs one, and the message names the key and the place', async () => {
    const path = newPath();
    const input = { path, create: true, storedRootKeyIds: ['file:0123456789abcdef'] };
    await assert.rejects(openFileKms(input), (error) => {
      assert.ok(error instanceof RootKeyMismatch);
      assert.match(error.publicMessage, /file:0123456789abcdef/);
      assert.ok(error.publicMessage.includes(path));
      return true;
    });
    await assert.rejects(openFileKms({ path, create: false, storedRootKeyIds: [] }), RootKeyMismatch);
    await assert.rejects(stat(path));
  });

  it('is refused while others may read it', async () => {
    const path = newPath();
    await openFileKms({ path, ...create });
    for (const mode of [0o640, 0o604, 0o660, 0o601]) {
      await chmod(path, mode);
      await assert.rejects(openFileKms({ path, ...create }), /chmod 600/);
    }
    await chmod(path, 0o400);
    assert.ok(await openFileKms({ path, ...create }));
  });

  it('is refused when damaged, and neither replaced nor quoted', async () => {
    const path = newPath();
    await openFileKms({ path, ...create });
    const text = await readFile(path, 'utf8');
    const key = /"key": "(.+)"/.exec(text)?.[1] ?? '';
    const otherKey = randomBytes(32).toString('base64');
    const damaged = [
      '',
      text.slice(0, -10),
      text.replace(key, otherKey),
      text.replace(key, key.slice(4)),
      text.replace('"format": 1', '"format": 2'),
      JSON.stringify({ format: 1, keys: [] }),
      'null',
      '[]',
      ' '.repeat(70_000),
    ];
    for (const content of damaged) {
      await writeFile(path, content);
      await assert.rejects(openFileKms({ path, ...create }), (error) => {
        assert.ok(error instanceof RootKeyUnusable);
        assert.ok(!inspect(error).includes(key.slice(4, 20)));
        return true;
      });
      assert.equal(await readFile(path, 'utf8'), content);
    }
  });

  it('cannot be a folder or lie in a missing one', async () => {
    await assert.rejects(openFileKms({ path: folder, ...create }), RootKeyUnusable);
    await assert.rejects(openFileKms({ path: join(folder, 'missing', 'key'), ...create }), RootKeyUnusable);
  });

  it('may hold older keys, which open but do not wrap', async () => {
    const [oldPath, newerPath] = [newPath(), newPath()];
    const old = await openFileKms({ path: oldPath, ...create });
    const newer = await openFileKms({ path: newerPath, ...create });
    const { keyId, wrapped } = await old.wrap(Buffer.from('a pool key'), 'context');
    await assert.rejects(newer.unwrap(keyId, wrapped, 'context'), RootKeyMismatch);
    const [current, older] = await Promise.all(
      [newerPath, oldPath].map(async (path) => JSON.parse(await readFile(path, 'utf8'))),
    );
    await writeFile(newerPath, JSON.stringify({ format: 1, keys: [...current.keys, ...older.keys] }));
    const both = await openFileKms({ path: newerPath, ...create });
    assert.equal(await both.currentKeyId(), await newer.currentKeyId());
    assert.equal((await both.unwrap(keyId, wrapped, 'context')).toString(), 'a pool key');
  });
});

describe('a root key', () => {
  it('binds what it wraps to the context and notices every change', async () => {
    const kms = openEnvironmentKms(randomBytes(32).toString('base64'));
    const { keyId, wrapped } = await kms.wrap(Buffer.from('a pool key'), 'context');
    await assert.rejects(kms.unwrap(keyId, wrapped, 'another'), SealBroken);
    await assert.rejects(kms.unwrap(keyId, wrapped.subarray(1), 'context'), SealBroken);
    await assert.rejects(kms.unwrap('file:0000000000000000', wrapped, 'context'), RootKeyMismatch);
    await assert.rejects(kms.unwrap('', wrapped, 'context'), RootKeyMismatch);
    assert.equal((await kms.unwrap(keyId, wrapped, 'context')).toString(), 'a pool key');
    assert.equal(inspect(kms), '[redacted]');
  });

  it('from the environment is 32 random bytes in base64 and nothing else', () => {
    const good = randomBytes(32).toString('base64');
    assert.ok(openEnvironmentKms(`${good}\n`));
    const bad = [
      '',
      'secret',
      good.slice(4),
      `${good}AAAA`,
      `!${good.slice(1)}`,
      Buffer.alloc(32).toString('base64'),
    ];
    for (const secret of bad) {
      assert.throws(
        () => openEnvironmentKms(secret),
        (error) => error instanceof RootKeyUnusable && (secret === '' || !error.message.includes(secret)),
      );
    }
  });

  it('may move from the file to the environment', async () => {
    const path = newPath();
    const file = await openFileKms({ path, ...create });
    const { keyId, wrapped } = await file.wrap(Buffer.from('a pool key'), 'context');
    const environment = openEnvironmentKms(JSON.parse(await readFile(path, 'utf8')).keys[0].key);
    assert.equal((await environment.unwrap(keyId, wrapped, 'context')).toString(), 'a pool key');
  });
});

describe('the check at the start of a server', () => {
  it('passes with the right root key and on an empty database', async () => {
    const kms = openEnvironmentKms(randomBytes(32).toString('base64'));
    const rootKeyId = await kms.currentKeyId();
    await requireRootKey({ kms, stored: { rootKeyIds: [] } });
    await requireRootKey({ kms, stored: { rootKeyIds: [rootKeyId, rootKeyId] } });
    const name = { poolId: 'pool' as PoolId, purpose: 'seal', version: 1 } as const;
    const samples = [await wrapPoolKey(kms, name, randomBytes(32))];
    await requireRootKey({ kms, stored: { rootKeyIds: [rootKeyId], samples } });
    const changed = samples.map((sample) => ({ ...sample, version: 2 }));
    await assert.rejects(
      requireRootKey({ kms, stored: { rootKeyIds: [rootKeyId], samples: changed } }),
      RootKeyMismatch,
    );
  });

  it('names the root keys that are needed and the one at hand', async () => {
    const kms = openEnvironmentKms(randomBytes(32).toString('base64'));
    const stored = {
      rootKeyIds: ['file:0123456789abcdef', await kms.currentKeyId(), 'transit:transit/selfsame'],
    };
    await assert.rejects(requireRootKey({ kms, stored }), (error) => {
      assert.ok(error instanceof CoreError && error instanceof RootKeyMismatch);
      assert.match(error.publicMessage, /file:0123456789abcdef, transit:transit\/selfsame/);
      assert.match(error.publicMessage, /at hand is environment:[0-9a-f]{16}/);
      return true;
    });
  });
});
