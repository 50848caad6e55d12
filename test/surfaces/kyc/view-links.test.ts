import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  type KycApi,
  newPicture,
  passport,
  person,
  type Shown,
  startKyc,
} from '../../harness/kyc.ts';

let api: KycApi;
let content: Buffer;
let document: Shown;
before(async () => {
  api = await startKyc();
  content = newPicture(300_000);
  const documents = [passport(await api.uploadFile(content))];
  const made = await api.create(person({ documents }));
  [document] = made.documents;
});
after(() => api[Symbol.asyncDispose]());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';
const linkPath = (identityId: string, id: string) => `/identities/${identityId}/documents/${id}/presign-url`;

/** What a link shows to somebody without a key. */
async function open(link: string, init: RequestInit = {}) {
  const reply = await fetch(link, init);
  const bytes = Buffer.from(await reply.arrayBuffer());
  return { status: reply.status, headers: reply.headers, bytes };
}

async function assertShut(link: string, status: number, code: string, init?: RequestInit): Promise<void> {
  const reply = await open(link, init);
  assert.equal(reply.status, status, link);
  assert.equal(JSON.parse(reply.bytes.toString()).code, code, link);
}

describe('GET /identities/:identityId/documents/:id/presign-url', () => {
  it('kyc 51: the link opens the exact bytes without a key for 900 s, and a new one after that', async () => {
    const link = await api.viewLink(document);
    const { status, headers, bytes } = await open(link);
    assert.equal(status, 200);
    assert.ok(content.equals(bytes));
    assert.deepEqual(
      ['content-type', 'content-length', 'cache-control', 'x-content-type-options'].map((name) =>
        headers.get(name),
      ),
      ['image/jpeg', `${content.length}`, 'private, no-store', 'nosniff'],
    );
    assert.match(headers.get('content-disposition') ?? '', /^inline; filename="document\.jpg"$/);
    api.clock.advance(899);
    assert.equal((await open(link)).status, 200);
    api.clock.advance(1);
    await assertShut(link, 403, 'url_expired');
    assert.ok(content.equals((await open(await api.viewLink(document))).bytes));
  });

  it('kyc 51: a link shows parts, too, and no more than there is', async () => {
    const link = await api.viewLink(document);
    const part = await open(link, { headers: { range: 'bytes=70000-70009' } });
    assert.deepEqual(
      [part.status, part.headers.get('content-range')],
      [206, `bytes 70000-70009/${content.length}`],
    );
    assert.ok(content.subarray(70_000, 70_010).equals(part.bytes));
    const beyond = await open(link, { headers: { range: `bytes=${content.length}-` } });
    assert.deepEqual([beyond.status, beyond.bytes.length], [416, 0]);
  });

  it('kyc 51: who was given a link is in the audit log, the link itself is in no log', async () => {
    const link = await api.viewLink(document);
    await open(link);
    const [entry] = await api.server.sql<{ action: string; fields: string[]; key_id: string | null }>(
      'select action, fields, key_id from audit_entries where subject_id = $1 order by id desc limit 1',
      [document.identityId],
    );
    assert.deepEqual([entry?.action, entry?.fields], ['identity.viewed', [`documents.${document.id}`]]);
    assert.notEqual(entry?.key_id, null);
    assert.ok(!api.server.logs().includes(new URL(link).searchParams.get('X-Amz-Signature') ?? link));
  });

  it('kyc 52: any changed part of a link makes it nothing', async () => {
    const link = await api.viewLink(document);
    const { searchParams } = new URL(link);
    assert.equal(searchParams.size, 8);
    for (const [name, value] of searchParams) {
      const changed = new URL(link);
      changed.searchParams.set(name, `${value.slice(0, -1)}${value.endsWith('1') ? '2' : '1'}`);
      await assertShut(`${changed}`, 403, 'forbidden');
      const fewer = new URL(link);
      fewer.searchParams.delete(name);
      await assertShut(`${fewer}`, 403, 'forbidden');
      await assertShut(`${link}&${name}=${encodeURIComponent(value)}`, 403, 'forbidden');
    }
    await assertShut(`${link}&x=1`, 403, 'forbidden');
    const other = await api.uploadFile();
    await assertShut(`${other}${new URL(link).search}`, 403, 'forbidden');
    assert.equal((await open(link, { method: 'HEAD' })).status, 403);
    assert.equal((await open(link)).status, 200);
  });

  it('kyc 52: the stored address by itself serves nothing, to a key neither', async () => {
    await assertShut(document.url, 403, 'forbidden');
    await assertShut(`${document.url}?`, 403, 'forbidden');
    const apikey = api.server.quickstart.live.api_key;
    await assertShut(document.url, 403, 'forbidden', { headers: { apikey } });
    const base = `${api.server.url}/storage/`;
    const object = document.url.slice(`${base}${document.identityId}/`.length);
    const query = new URL(await api.viewLink(document)).search;
    for (const place of [UNKNOWN, 'x', 'x%2fy']) {
      await assertShut(`${base}${place}/${object}${query}`, 404, 'not_found');
    }
    const { poolId } = await api.server.createAccount();
    await assertShut(`${base}${poolId}/${object}${query}`, 403, 'forbidden');
    await assertShut(document.url, 405, 'method_not_allowed', { method: 'PUT' });
  });

  it('kyc 53: a document of another identity, an unknown one and a face image are 404', async () => {
    const other = await api.create(person({ faceImages: [await api.uploadFile()] }));
    const [face] = await api.server.sql<{ id: string }>(
      'select id from documents where identity_id = $1::uuid',
      [other.id],
    );
    for (const [identityId, id] of [
      [other.id, document.id],
      [document.identityId, UNKNOWN],
      [other.id, face?.id ?? ''],
    ]) {
      assertRefused(await api.get(linkPath(identityId, id)), 404, 'document_not_found');
    }
    assertRefused(await api.get(linkPath(UNKNOWN, document.id)), 404, 'identity_not_found');
    assertInvalid(await api.get(linkPath('abc', 'x')), 'identityId:format', 'id:format');
    assertInvalid(await api.get(`${linkPath(document.identityId, document.id)}?x=1`), 'x:unknown');
  });

  it('kyc 27: another application’s identity has no documents to be seen', async () => {
    const { secret: key } = await api.server.createAccount();
    const reply = await api.get(linkPath(document.identityId, document.id), { key });
    assertRefused(reply, 404, 'identity_not_found');
    const unknown = await api.get(linkPath(UNKNOWN, document.id), { key });
    assert.deepEqual(reply.body, unknown.body);
  });

  it('what is lost in the store is not found', async () => {
    const { documents } = await api.create(person({ documents: [passport(await api.uploadFile())] }));
    const link = await api.viewLink(documents[0]);
    const [, , appId = '', ...name] = new URL(documents[0].url).pathname.split('/');
    rmSync(join(api.server.dataDir, 'blobs', 'objects', appId, ...name));
    await assertShut(link, 404, 'document_not_found');
  });
});
