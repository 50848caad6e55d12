import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../error.ts';
import { loadConfig } from '../load.ts';

const load = (environment: Record<string, string>) =>
  loadConfig({ mode: 'manage', environment }).config.blobs;
const S3 = {
  SELFSAME_BLOBS_STORE: 's3',
  SELFSAME_BLOBS_S3_ENDPOINT: 'https://s3.example.com',
  SELFSAME_BLOBS_S3_BUCKET: 'documents',
  SELFSAME_BLOBS_S3_ACCESS_KEY_ID: 'AKEXAMPLE',
  SELFSAME_BLOBS_S3_SECRET_ACCESS_KEY: 'sEcReT/value+1',
};

test('uploaded files go to the data directory until something else is chosen', () => {
  assert.deepEqual(load({}), { directory: null, s3: null });
  assert.equal(load({ SELFSAME_BLOBS_DIRECTORY: '/srv/blobs' }).directory, '/srv/blobs');
});

test('an S3 store is whole, and its secret unseen', () => {
  const { s3 } = load(S3);
  assert.equal(s3?.bucket, 'documents');
  assert.equal(s3?.secretAccessKey.reveal(), 'sEcReT/value+1');
  assert.ok(!JSON.stringify(s3).includes('sEcReT'));
});

test('half an S3 store, or two stores at once, are refused with the name of what is wrong', () => {
  const { SELFSAME_BLOBS_S3_BUCKET: _, ...withoutBucket } = S3;
  const { SELFSAME_BLOBS_STORE: __, ...notChosen } = S3;
  const cases: [Record<string, string>, RegExp][] = [
    [withoutBucket, /SELFSAME_BLOBS_S3_BUCKET/],
    [notChosen, /SELFSAME_BLOBS_S3_ENDPOINT/],
    [{ ...S3, SELFSAME_BLOBS_DIRECTORY: '/srv/blobs' }, /SELFSAME_BLOBS_DIRECTORY/],
    [{ ...S3, SELFSAME_BLOBS_S3_BUCKET: 'a/b' }, /SELFSAME_BLOBS_S3_BUCKET/],
    [{ ...S3, SELFSAME_BLOBS_S3_ENDPOINT: 'https://u:p@s3.example.com' }, /SELFSAME_BLOBS_S3_ENDPOINT/],
    [{ ...S3, SELFSAME_BLOBS_S3_PREFIX: '../' }, /SELFSAME_BLOBS_S3_PREFIX/],
  ];
  for (const [environment, message] of cases) {
    assert.throws(
      () => load(environment),
      (error) => error instanceof ConfigError && message.test(error.message) && !/sEcReT/.test(error.message),
    );
  }
});
