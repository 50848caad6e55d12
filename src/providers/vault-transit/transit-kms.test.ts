import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { RootKeyMismatch, SealBroken, Unavailable } from '../../core/errors.ts';
import { createGuardedClient } from '../net/guarded-client.ts';
import { type FakeTransit, type Fault, startFakeTransit } from './fake-transit.ts';
import { createTransitKms, type TransitKmsOptions } from './transit-kms.ts';

const client = createGuardedClient({
  allowPrivate: ['127.0.0.0/8'],
  timeoutMs: 5_000,
  maxResponseBytes: 1_000_000,
});
const hasty = createGuardedClient({
  allowPrivate: ['127.0.0.0/8'],
  timeoutMs: 50,
  maxResponseBytes: 1_000_000,
});
let fake: FakeTransit;
before(async () => {
  fake = await startFakeTransit();
});
after(() => fake.close());
beforeEach(() => {
  fake.fault = null;
  fake.isOld = false;
  fake.keys.clear();
  for (const path of ['/transit/selfsame', '/transit/other', 'team/eu/transit/selfsame']) {
    fake.keys.set(path, randomBytes(32));
  }
});
const kmsWith = (options: Partial<TransitKmsOptions> = {}): ReturnType<typeof createTransitKms> =>
  createTransitKms({
    address: fake.address,
    token: fake.token,
    mount: 'transit',
    key: 'selfsame',
    client,
    ...options,
  });

describe('a root key in Vault', () => {
  it('opens what it wrapped, bound to its context', async () => {
    const kms = kmsWith();
    const secret = randomBytes(32);
    const { keyId, wrapped } = await kms.wrap(secret, 'context');
    assert.equal(keyId, 'transit:transit/selfsame:v1');
    assert.equal(await kms.currentKeyId(), 'transit:transit/selfsame');
    assert.match(wrapped.toString(), /^vault:v1:/);
    assert.deepEqual(await kms.unwrap(keyId, wrapped, 'context'), secret);
    await assert.rejects(kms.unwrap(keyId, wrapped, 'another'), SealBroken);
  });

  it('names the version that it wrapped under, and opens older ones and ids without one', async () => {
    const kms = kmsWith();
    const first = await kms.wrap(Buffer.from('a pool key'), 'context');
    fake.version = 2;
    const second = await kms.wrap(Buffer.from('a pool key'), 'context');
    fake.version = 1;
    assert.deepEqual(
      [first.keyId, second.keyId],
      ['transit:transit/selfsame:v1', 'transit:transit/selfsame:v2'],
    );
    for (const { keyId, wrapped } of [first, second, { ...first, keyId: 'transit:transit/selfsame' }]) {
      assert.equal((await kms.unwrap(keyId, wrapped, 'context')).toString(), 'a pool key');
    }
  });

  it('is bound to its context by a server that ignores associated data, too', async () => {
    fake.isOld = true;
    const kms = kmsWith();
    const { keyId, wrapped } = await kms.wrap(Buffer.from('a pool key'), 'context');
    assert.equal((await kms.unwrap(keyId, wrapped, 'context')).toString(), 'a pool key');
    await assert.rejects(kms.unwrap(keyId, wrapped, 'another'), SealBroken);
  });

  it('may lie in a namespace and a nested mount', async () => {
    const kms = kmsWith({ namespace: 'team', mount: 'eu/transit' });
    const { keyId, wrapped } = await kms.wrap(Buffer.from('a pool key'), 'context');
    assert.equal(keyId, 'transit:eu/transit/selfsame:v1');
    assert.equal((await kms.unwrap(keyId, wrapped, 'context')).toString(), 'a pool key');
  });

  it('notices changed, cut and foreign bytes', async () => {
    const kms = kmsWith();
    const { keyId, wrapped } = await kms.wrap(Buffer.from('a pool key'), 'context');
    const changed = Buffer.from(wrapped);
    changed[20] = changed[20] === 0x41 ? 0x42 : 0x41;
    for (const bytes of [
      changed,
      wrapped.subarray(0, -4),
      Buffer.alloc(0),
      randomBytes(60),
      Buffer.from('vault:v1:'),
    ]) {
      await assert.rejects(kms.unwrap(keyId, bytes, 'context'), SealBroken);
    }
  });

  it('is a mismatch when the data names another one, or when Vault has it no longer', async () => {
    const kms = kmsWith();
    const { keyId, wrapped } = await kms.wrap(Buffer.from('a pool key'), 'context');
    await assert.rejects(kmsWith({ key: 'other' }).unwrap(keyId, wrapped, 'context'), (error) => {
      assert.ok(error instanceof RootKeyMismatch);
      assert.match(error.publicMessage, /transit:transit\/selfsame.+transit:transit\/other/);
      return true;
    });
    await assert.rejects(kms.unwrap('file:0123456789abcdef', wrapped, 'context'), RootKeyMismatch);
    fake.keys.delete('/transit/selfsame');
    await assert.rejects(kms.unwrap(keyId, wrapped, 'context'), RootKeyMismatch);
    await assert.rejects(kmsWith({ mount: 'missing' }).wrap(Buffer.from('x'), 'context'), RootKeyMismatch);
  });

  it('is unavailable while Vault is sealed, failing, limited, standing by, unreadable or talking too much', async () => {
    const kms = kmsWith();
    const { keyId, wrapped } = await kms.wrap(Buffer.from('a pool key'), 'context');
    const faults: Fault[] = ['sealed', 'fails', 'limited', 'standby', 'garbage', 'huge'];
    for (const fault of faults) {
      fake.fault = fault;
      await assert.rejects(kms.unwrap(keyId, wrapped, 'context'), Unavailable, fault ?? '');
      await assert.rejects(kms.wrap(Buffer.from('x'), 'context'), Unavailable, fault ?? '');
    }
    fake.fault = null;
    assert.ok(await kms.unwrap(keyId, wrapped, 'context'));
  });

  it('is unavailable when Vault does not answer, is not there or does not accept the token', async () => {
    fake.fault = 'silent';
    await assert.rejects(kmsWith({ client: hasty }).wrap(Buffer.from('x'), 'context'), Unavailable);
    fake.fault = null;
    await assert.rejects(
      kmsWith({ address: 'http://127.0.0.1:1' }).wrap(Buffer.from('x'), 'context'),
      Unavailable,
    );
    await assert.rejects(kmsWith({ token: 'hvs.wrong' }).wrap(Buffer.from('x'), 'context'), (error) => {
      assert.ok(error instanceof Unavailable && !inspect(error, { depth: null }).includes('hvs.'));
      return true;
    });
  });

  it('does not take a mount, key or address that would lead elsewhere', () => {
    for (const options of [
      { mount: '../sys' },
      { mount: '' },
      { key: 'a/b' },
      { key: '..' },
      { key: 'a?b' },
    ]) {
      assert.throws(() => kmsWith(options), TypeError);
    }
    assert.throws(() => kmsWith({ address: 'file:///' }), TypeError);
  });

  it('does not show its token', () => {
    assert.ok(!inspect(kmsWith(), { depth: null, showHidden: true }).includes(fake.token));
  });
});
