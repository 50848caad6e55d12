import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  type KycApi,
  newPicture,
  passport,
  person,
  sendForm,
  startKyc,
  type UploadForm,
} from '../../harness/kyc.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const KEY = /^(?:[0-9a-f]{2}\/){4}[0-9A-Za-z]{16}\.jpeg$/;
const FIELDS = [
  ...['key', 'bucket', 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Security-Token'],
  ...['Policy', 'X-Amz-Signature'],
];
const UPLOAD_BYTES_MAX = 10 * 1024 * 1024;

/** Nothing can be made with what the form was for. */
async function notUploaded({ url, fields }: UploadForm): Promise<void> {
  const documents = [passport(`${url}${fields.key}`)];
  assertInvalid(await api.post(person({ documents })), 'documents[0].url:format');
}

describe('POST /presign-url', () => {
  it('kyc 49: a form for one file, named by chance and nothing of its own name', async () => {
    const { url, fields } = await api.uploadForm('My passport.JPEG');
    const { app_id } = api.server.quickstart.live;
    assert.equal(url, `${api.server.url}/storage/${app_id}/`);
    assert.deepEqual(Object.keys(fields), FIELDS);
    assert.match(fields.key ?? '', KEY);
    const other = await api.uploadForm('a.jpeg');
    assert.match(other.fields.key ?? '', KEY);
    assert.notEqual(other.fields.key, fields.key);
    const { expiration } = JSON.parse(Buffer.from(fields.Policy ?? '', 'base64').toString());
    const issuedAt = Math.floor(api.clock.now().getTime() / 1000) * 1000;
    assert.equal(Date.parse(expiration) - issuedAt, 900_000);
  });

  it('kyc 49: 400 without a name, and with one of no picture or PDF', async () => {
    const ask = (body: unknown) => api.call('POST', '/presign-url', { body });
    assertInvalid(await ask({}), 'filename:required');
    assertInvalid(await ask({ filename: null }), 'filename:null');
    assertInvalid(await ask({ filename: 7 }), 'filename:type');
    for (const filename of ['a', 'a.exe', '.jpeg', 'a.jpeg/', 'a.svg']) {
      assertInvalid(await ask({ filename }), 'filename:format');
    }
    assertInvalid(await ask({ filename: 'a.png', contentType: 'x' }), 'contentType:unknown');
    assertInvalid(await api.call('POST', '/presign-url?x=1', { body: { filename: 'a.png' } }), 'x:unknown');
    const text = { body: '{"filename":"a.png"}', headers: { 'content-type': 'text/plain' } };
    assertRefused(await api.call('POST', '/presign-url', text), 415, 'unsupported_media_type');
  });
});

describe('POST /storage', () => {
  it('kyc 50: a form older than 900 s is refused', async () => {
    const form = await api.uploadForm();
    const late = await api.uploadForm();
    api.clock.advance(899);
    assert.equal((await sendForm(form, newPicture())).status, 204);
    api.clock.advance(1);
    const { status, body } = await sendForm(late, newPicture());
    assert.deepEqual([status, body.code], [403, 'forbidden']);
    await notUploaded(late);
  });

  it('kyc 50: with another key, or any other field changed, added or left out, it is refused', async () => {
    const form = await api.uploadForm();
    const other = await api.uploadForm();
    const { key = '', Policy: policy = '' } = form.fields;
    const wider = Buffer.from(policy, 'base64').toString().replace(`${UPLOAD_BYTES_MAX}`, '99999999');
    const changes: Record<string, string>[] = [
      { key: other.fields.key ?? '' },
      { key: `../${key}` },
      { bucket: 'x' },
      { 'X-Amz-Date': '20200101T000000Z' },
      { 'X-Amz-Signature': '0'.repeat(64) },
      { Policy: Buffer.from(wider).toString('base64') },
      { success_action_redirect: 'https://elsewhere.example/' },
    ];
    for (const change of changes) {
      const { status, body } = await sendForm(form, newPicture(), change);
      assert.deepEqual([status, body.code], [403, 'forbidden'], Object.keys(change).join());
    }
    const { bucket: _bucket, ...fewer } = form.fields;
    assert.equal((await sendForm({ ...form, fields: fewer }, newPicture())).status, 403);
    for (const one of [form, other]) await notUploaded(one);
  });

  it('kyc 50: what is too large, empty, or of another type than its name says is refused', async () => {
    for (const [content, status, code] of [
      [newPicture(UPLOAD_BYTES_MAX), 413, 'payload_too_large'],
      [Buffer.alloc(0), 400, 'validation_failed'],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 400, 'validation_failed'],
      [Buffer.from('%PDF-1.7\n'), 400, 'validation_failed'],
    ] as const) {
      const form = await api.uploadForm();
      const reply = await sendForm(form, content);
      assert.deepEqual([reply.status, reply.body.code], [status, code]);
      await notUploaded(form);
    }
  });

  it('a form is good for one file', async () => {
    const form = await api.uploadForm();
    assert.equal((await sendForm(form, newPicture())).status, 204);
    const { status, body } = await sendForm(form, newPicture());
    assert.deepEqual([status, body.code], [409, 'conflict']);
  });

  it('a form of one application is nothing to another one’s storage, and to none', async () => {
    const form = await api.uploadForm();
    const { poolId } = await api.server.createAccount();
    const to = (appId: string) => ({ ...form, url: `${api.server.url}/storage/${appId}/` });
    assert.equal((await sendForm(to(poolId), newPicture())).status, 403);
    for (const nobody of ['01900000-0000-7000-8000-000000000000', 'x', '..%2f..']) {
      const { status, body } = await sendForm(to(nobody), newPicture());
      assert.deepEqual([status, body.code], [404, 'not_found'], nobody);
    }
  });
});
