import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { newBlobId, newIdentityId, newPool, random, type TestPool } from '../../../test/blobs/kit.ts';
import { InternalFault, SealBroken } from '../errors.ts';
import type { DataKey } from '../ports.ts';
import { createObjectName, toBlobKey } from './blob-key.ts';
import {
  attachUpload,
  type BlobFacts,
  contentDigest,
  createContentKey,
  openDocument,
  openUpload,
  resealDocument,
  type StoredUpload,
  sealFacts,
} from './document-keys.ts';

let own: TestPool;
let foreign: TestPool;
before(async () => {
  own = await newPool();
  foreign = await newPool();
});

function newUpload({ poolId, pool }: TestPool = own): {
  upload: StoredUpload;
  facts: BlobFacts;
  key: DataKey;
} {
  const id = newBlobId();
  const { key, wrapped } = createContentKey(pool, id);
  const blobKey = toBlobKey(poolId, createObjectName(random, 'png'));
  if (blobKey === null) throw new InternalFault('no key');
  const facts: BlobFacts = {
    key: blobKey,
    sizeBytes: 4_000,
    sha256: random.bytes(32).toString('hex'),
    contentType: 'image/png',
    problem: null,
    width: 20,
    height: 10,
  };
  return { upload: { id, wrapped, facts: sealFacts(key, id, facts) }, facts, key };
}

const newIdentityKey = (): DataKey => own.pool.createIdentityKey(newIdentityId()).key;

describe('the key of an upload', () => {
  it('opens in its pool, for its own id, with what is known of the file', () => {
    const { upload, facts, key } = newUpload();
    const opened = openUpload(own.pool, upload);
    assert.deepEqual(opened.facts, facts);
    assert.equal(opened.key.open('x', key.seal('x', Buffer.from('content'))).toString(), 'content');
    const other = newUpload().upload;
    for (const moved of [
      { ...upload, id: other.id },
      { ...upload, wrapped: other.wrapped },
      { ...upload, facts: other.facts },
    ])
      assert.throws(() => openUpload(own.pool, moved), SealBroken);
    assert.throws(() => openUpload(foreign.pool, upload), SealBroken);
    assert.throws(() => openUpload(own.pool, newUpload(foreign).upload), SealBroken);
  });
});

describe('an attached document', () => {
  it('opens with its identity, and is gone with the key of its identity', () => {
    const { upload, facts, key } = newUpload();
    const { id } = upload;
    const identityId = newIdentityId();
    const { key: identityKey, wrapped } = own.pool.createIdentityKey(identityId);
    const box = attachUpload({ pool: own.pool, identityKey }, upload);
    const reopened = own.pool.openIdentityKey(identityId, wrapped);
    const opened = openDocument({ pool: own.pool, identityKey: reopened }, { id, box });
    assert.deepEqual(opened.facts, facts);
    assert.equal(opened.key.open('x', key.seal('x', Buffer.from('content'))).toString(), 'content');
    // Erased: a new key for the same identity does not bring anything back.
    const { key: replaced } = own.pool.createIdentityKey(identityId);
    assert.throws(() => openDocument({ pool: own.pool, identityKey: replaced }, { id, box }), SealBroken);
    // And the pool's keys alone open nothing in it.
    assert.throws(() => own.pool.openIdentityKey(id, box), SealBroken);
  });

  it('does not open for another identity, id or pool, or changed', () => {
    const identityKey = newIdentityKey();
    const { upload } = newUpload();
    const { id } = upload;
    const box = attachUpload({ pool: own.pool, identityKey }, upload);
    const deps = { pool: own.pool, identityKey };
    assert.throws(() => openDocument({ ...deps, identityKey: newIdentityKey() }, { id, box }), SealBroken);
    assert.throws(() => openDocument(deps, { id: newBlobId(), box }), SealBroken);
    assert.throws(() => openDocument({ ...deps, pool: foreign.pool }, { id, box }), SealBroken);
    for (let at = 0; at < box.length; at += 1) {
      const changed = Buffer.from(box);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => openDocument(deps, { id, box: changed }), SealBroken);
    }
  });

  it('is sealed anew under another data key and the pool key of now, its bytes untouched', async () => {
    const pool = await newPool();
    const { upload, facts, key } = newUpload(pool);
    const { id } = upload;
    const from = pool.pool.createIdentityKey(newIdentityId()).key;
    const box = attachUpload({ pool: pool.pool, identityKey: from }, upload);
    const rotated = await pool.rotate();
    const to = rotated.createIdentityKey(newIdentityId()).key;
    assert.deepEqual(openDocument({ pool: rotated, identityKey: from }, { id, box }).facts, facts);
    const again = resealDocument({ pool: rotated, from, to }, { id, box });
    assert.throws(() => openDocument({ pool: rotated, identityKey: from }, { id, box: again }), SealBroken);
    const opened = openDocument({ pool: rotated, identityKey: to }, { id, box: again });
    assert.equal(opened.key.open('x', key.seal('x', Buffer.from('content'))).toString(), 'content');
    // Under the newest pool key: the vault that knows the old one only cannot open what is within.
    assert.throws(() => openDocument({ pool: pool.pool, identityKey: to }, { id, box: again }), SealBroken);
  });

  it('is found again by its digest in its pool, and in no other', () => {
    const { facts } = newUpload();
    assert.deepEqual(contentDigest(own.pool, facts), contentDigest(own.pool, { sha256: facts.sha256 }));
    assert.notDeepEqual(contentDigest(own.pool, facts), contentDigest(foreign.pool, facts));
  });
});
