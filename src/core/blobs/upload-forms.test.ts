import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { newPool, random, type TestPool } from '../../../test/blobs/kit.ts';
import { TestClock } from '../../../test/harness/clock.ts';
import { createObjectName, extensionOf, readBlobKey, toBlobKey } from './blob-key.ts';
import { UploadRefused } from './errors.ts';
import { checkUploadForm, createUploadForm, readUploadExtension, type UploadFields } from './upload-forms.ts';

let own: TestPool;
let foreign: TestPool;
before(async () => {
  own = await newPool();
  foreign = await newPool();
});
const START = new Date('2026-03-04T05:06:07.890Z');

function issue(clock = new TestClock(START), from = own, bucket = 'pool-a'): UploadFields {
  const deps = { pool: from.pool, clock, random };
  return createUploadForm(deps, { poolId: from.poolId, bucket, extension: 'jpeg' });
}

function check(
  fields: Record<string, string> | UploadFields,
  clock = new TestClock(START),
  at = own,
  bucket = 'pool-a',
) {
  const lower = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  return checkUploadForm({ pool: at.pool, clock }, { poolId: at.poolId, bucket, fields: lower });
}

describe('the name of an object', () => {
  it('is four folders and sixteen random characters, and names the same key only', () => {
    const names = Array.from({ length: 200 }, () => createObjectName(random, 'jpeg'));
    assert.equal(new Set(names).size, names.length);
    for (const name of names) {
      assert.match(name, /^([0-9a-f]{2}\/){4}[0-9A-Za-z]{16}\.jpeg$/);
      assert.equal(toBlobKey(own.poolId, name), `${own.poolId}/${name}`);
      assert.equal(extensionOf(name), 'jpeg');
    }
  });

  it('can be nothing that a path or a URL would read another way', () => {
    const name = 'f1/ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg';
    const wrong = [
      '',
      '.',
      '..',
      `../${name}`,
      `/${name}`,
      `${name}/`,
      `${name}\n`,
      `${name}\0`,
      `x${name}`,
      'f1/ad/2a/17/../../etc/passwd.jpeg',
      'f1/ad/2a/17/..dlaDeAqvdwrjMxx.jpeg',
      'f1/ad/2a/17/Q9TdlaDeAqvdwrjM.jp%2e',
      'f1/ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg.php',
      'f1/ad/2a/17/Q9TdlaDeAqvdwrjM',
      'f1/ad/2a/17/Q9TdlaDeAqvdwrj.jpeg',
      'f1\\ad\\2a\\17\\Q9TdlaDeAqvdwrjM.jpeg',
      'F1/ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg',
      'f1/ad/2a/17/Q9TdlaDeAqvdwrjM.JPEG',
      'f1//ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg',
      'f1/ad/2a/17/Q9TdlaDeAqvdwrjM.jpeg?x',
      'f1/ad/2a/17/Q9TdlaDeAqvdwrj\u{ff2d}.jpeg',
    ];
    for (const one of wrong) {
      assert.equal(toBlobKey(own.poolId, one), null, JSON.stringify(one));
      assert.equal(readBlobKey(`${own.poolId}/${one}`), null, JSON.stringify(one));
    }
    assert.equal(readBlobKey(name), null);
    assert.equal(readBlobKey(`not-a-pool/${name}`), null);
    assert.equal(readBlobKey(`${own.poolId}/../${own.poolId}/${name}`), null);
  });
});

describe('the name of a file', () => {
  it('gives an extension that may be uploaded, and nothing else (statement 49)', () => {
    for (const [name, extension] of [
      ['a.jpeg', 'jpeg'],
      ['My Passport.JPG', 'jpg'],
      ['../../x.png', 'png'],
      ['archive.tar.pdf', 'pdf'],
    ] as const)
      assert.equal(readUploadExtension(name), extension);
    const none = [
      '',
      'jpeg',
      '.jpeg',
      'a.',
      'a.svg',
      'a.jpeg.exe',
      'a.jpeg ',
      'a.jpeg\n',
      'a.jp%65g',
      'a/.png',
      `${'a'.repeat(252)}.png`,
    ];
    for (const name of none) assert.equal(readUploadExtension(name), null, JSON.stringify(name));
  });
});

describe('an upload form', () => {
  it('has the fields of the contract, and a policy that ends 900 s after its date', () => {
    const fields = issue();
    assert.deepEqual(Object.keys(fields), [
      'key',
      'bucket',
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Security-Token',
      'Policy',
      'X-Amz-Signature',
    ]);
    assert.equal(fields['X-Amz-Date'], '20260304T050607Z');
    const policy = JSON.parse(Buffer.from(fields.Policy, 'base64').toString());
    assert.equal(policy.expiration, '2026-03-04T05:21:07.000Z');
    assert.deepEqual(policy.conditions.slice(0, 3), [
      ['content-length-range', 1, 10_485_760],
      { key: fields.key },
      { bucket: 'pool-a' },
    ]);
    assert.match(fields['X-Amz-Signature'], /^[0-9a-f]{64}$/);
  });

  it('is accepted as it was given out, in any spelling of the names of its fields', () => {
    const fields = issue();
    assert.deepEqual(check(fields), {
      objectName: fields.key,
      key: `${own.poolId}/${fields.key}`,
      extension: 'jpeg',
      sizeBytesMin: 1,
      sizeBytesMax: 10_485_760,
    });
  });

  it('is refused from 900 s on (statement 50)', () => {
    const clock = new TestClock(START);
    const fields = issue(clock);
    clock.advance(899);
    check(fields, clock);
    clock.advance(1);
    assert.throws(() => check(fields, clock), UploadRefused);
    const onTheSecond = new TestClock(new Date('2026-03-04T05:06:07.000Z'));
    const exact = issue(onTheSecond);
    onTheSecond.advance(899.999);
    check(exact, onTheSecond);
    onTheSecond.advance(0.001);
    assert.throws(() => check(exact, onTheSecond), UploadRefused);
  });

  it('is refused with any field changed, missing or added (statement 50)', () => {
    const fields: Record<string, string> = { ...issue() };
    const other = issue();
    for (const name of Object.keys(fields)) {
      const { [name]: value = '', ...rest } = fields;
      assert.throws(() => check(rest), UploadRefused, `without ${name}`);
      for (const changed of ['', `${value}x`, ` ${value}`, value.slice(0, -1)])
        assert.throws(() => check({ ...fields, [name]: changed }), UploadRefused, name);
    }
    assert.throws(() => check({ ...fields, key: other.key }), UploadRefused);
    assert.throws(() => check({ ...fields, acl: 'public-read' }), UploadRefused);
    assert.throws(() => check({ ...fields, 'Content-Type': 'text/html' }), UploadRefused);
    assert.throws(() => check({ ...fields, success_action_redirect: 'https://evil.example' }), UploadRefused);
    assert.throws(() => check({ ...fields, ['__proto__']: 'x' }), UploadRefused);
    assert.throws(() => check({}), UploadRefused);
  });

  it('cannot be written or mended by somebody without the key of the pool', () => {
    const fields = issue();
    const policy = JSON.parse(Buffer.from(fields.Policy, 'base64').toString());
    policy.expiration = '2099-01-01T00:00:00.000Z';
    const forged = Buffer.from(JSON.stringify(policy)).toString('base64');
    assert.throws(() => check({ ...fields, Policy: forged }), UploadRefused);
    // The same policy in other characters.
    assert.throws(() => check({ ...fields, Policy: `${fields.Policy} ` }), UploadRefused);
    const upper = fields['X-Amz-Signature'].toUpperCase();
    assert.throws(() => check({ ...fields, 'X-Amz-Signature': upper }), UploadRefused);
    assert.throws(() => check({ ...fields, Policy: 'A'.repeat(10_000) }), UploadRefused);
  });

  it('is refused at another pool, and in another bucket of its own', () => {
    const fields = issue();
    assert.throws(() => check(fields, new TestClock(START), foreign), UploadRefused);
    assert.throws(() => check(fields, new TestClock(START), own, 'pool-b'), UploadRefused);
    const fromForeign = issue(new TestClock(START), foreign);
    assert.throws(() => check(fromForeign), UploadRefused);
  });
});
