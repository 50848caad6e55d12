import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  type KycApi,
  newEmail,
  passport,
  person,
  type Shown,
  startKyc,
} from '../../harness/kyc.ts';
import { toPools } from '../../harness/kyc-ids.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const ids = (shown: Shown): string[] => shown.documents.map(({ id }: Shown) => id);
/** Names of fields in the last audit entry about an identity. */
async function lastFields(id: string): Promise<string[]> {
  const [row] = await api.server.sql<{ fields: string[] }>(
    'select fields from audit_entries where subject_id = $1 order by id desc limit 1',
    [id],
  );
  return row?.fields ?? [];
}

describe('POST /identities with files', () => {
  it('kyc 4, 13: documents come back with camel-case enums and the address they were uploaded to', async () => {
    const [url, face] = [await api.uploadFile(), await api.uploadFile()];
    const card = { type: 'IdentityCard', side: 'FrontSide', url, label: ' Card ' };
    const { id, documents, createdAt } = await api.create(person({ documents: [card], faceImages: [face] }));
    assert.equal(documents.length, 1);
    const [{ id: documentId, ...shown }] = documents;
    assert.match(documentId, /^[0-9a-f-]{36}$/);
    assert.deepEqual(shown, {
      ...{ identityId: id, type: 'identityCard', side: 'frontSide', label: 'Card', description: null, url },
      ...{ createdAt, updatedAt: createdAt, deletedAt: null },
    });
    assert.deepEqual((await api.identity(id)).documents, documents);
    const fields = await lastFields(id);
    assert.ok(fields.includes('documents') && fields.includes('faceImages'), fields.join());
  });

  it('kyc 24: face images are never shown, and documents not in lists', async () => {
    const faceImages = [await api.uploadFile()];
    const email = newEmail();
    const made = await api.create(person({ email, faceImages, documents: [] }));
    for (const shown of [made, await api.identity(made.id)]) {
      assert.deepEqual([shown.faceImages, shown.documents], [undefined, []]);
    }
    const [listed] = (await api.list(`filter[email]=${email}`)).data;
    assert.deepEqual([listed.id, listed.faceImages, listed.documents], [made.id, undefined, undefined]);
  });

  it('kyc 22: each item is whole, and no list is null', async () => {
    const url = await api.uploadFile();
    const refuse = async (documents: unknown, ...fields: string[]) =>
      assertInvalid(await api.post(person({ documents })), ...fields);
    await refuse([{}], ...['type', 'side', 'url'].map((name) => `documents[0].${name}:required`));
    await refuse([passport(url, { side: 'Front' })], 'documents[0].side:enum');
    await refuse([passport(url), passport(url, { type: 'passPort' })], 'documents[1].type:enum');
    await refuse(
      [passport(url, { type: null, label: 7 })],
      'documents[0].type:null',
      'documents[0].label:type',
    );
    await refuse(null, 'documents:null');
    await refuse(Array(21).fill(passport(url)), 'documents:length');
    assertInvalid(await api.post(person({ faceImages: null })), 'faceImages:null');
    assertInvalid(await api.post(person({ faceImages: Array(11).fill(url) })), 'faceImages:length');
    assertInvalid(
      await api.post(person({ faceImages: [null, 7] })),
      'faceImages[0]:null',
      'faceImages[1]:type',
    );
    await api.create(person({ documents: [passport(url)] }));
  });

  it('kyc 14, 25: what is wrong with files is told with all else, and stores nothing', async () => {
    const url = await api.uploadFile();
    const { total } = await api.list();
    const documents = [passport(url, { fileUrl: url }), passport(`${url}/x`)];
    assertInvalid(
      await api.post(person({ name: '', documents, faceImages: ['x'] })),
      ...['name:length', 'documents[0].fileUrl:unknown', 'documents[1].url:format', 'faceImages[0]:format'],
    );
    assert.equal((await api.list()).total, total);
    await api.create(person({ documents: [passport(url)] }));
  });

  it('kyc 23: an address elsewhere is refused, and the server opens no connection to it', async () => {
    const own = await api.uploadFile();
    let connections = 0;
    const listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const { pathname } = new URL(own);
    const urls = [
      `http://127.0.0.1:${port}${pathname}`,
      `http://localhost:${port}/a.png`,
      `${new URL(own).origin}@127.0.0.1:${port}${pathname}`,
    ];
    const reply = await api.post(person({ documents: urls.map((url) => passport(url)), faceImages: urls }));
    assertInvalid(
      reply,
      ...urls.flatMap((_url, index) => [`documents[${index}].url:format`, `faceImages[${index}]:format`]),
    );
    assert.ok(!reply.text.includes('127.0.0.1'));
    assert.equal(connections, 0);
    await once(connect(port, '127.0.0.1').resume(), 'close');
    assert.equal(connections, 1, 'the listener counts');
    listener.close();
  });

  it('kyc 23: nor is one of this storage that is no upload to be had, and the others stay to be had', async () => {
    const good = await api.uploadFile();
    const used = await api.uploadFile();
    await api.create(person({ documents: [passport(used)] }));
    const { secret: key } = await api.server.createAccount();
    const foreign = await api.uploadFile(undefined, undefined, { key });
    const { url, fields } = await api.uploadForm();
    const bad = [used, foreign, `${url}${fields.key}`, `${good}?x=1`, good.replace(/.jpg$/, 'x.png')];
    const { total } = await api.list();
    for (const one of bad) {
      const documents = [passport(good), passport(one)];
      assertInvalid(await api.post(person({ documents })), 'documents[1].url:format');
      assertInvalid(
        await api.post(person({ documents, faceImages: [good, one] })),
        ...[...['documents[1].url:format', 'faceImages[1]:format']],
      );
    }
    assert.equal((await api.list()).total, total);
    const made = await api.create(person({ documents: [passport(good)], faceImages: [good] }));
    assert.equal(made.documents[0].url, good);
  });

  it('kyc 18: who loses the race for an e-mail keeps the uploads', async () => {
    const email = newEmail();
    const urls = [await api.uploadFile(), await api.uploadFile()];
    const bodies = urls.map((url) => person({ email, documents: [passport(url)] }));
    const replies = await Promise.all(bodies.map((body) => api.post(body)));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400]);
    const lost = replies.findIndex(({ status }) => status === 400);
    assertRefused(replies[lost] as Shown, 400, 'email_already_in_use');
    await api.create({ ...bodies[lost], email: newEmail() });
  });

  it('the e-mail is told before an upload that is not there', async () => {
    const { email } = await api.create();
    const { url, fields } = await api.uploadForm();
    const documents = [passport(`${url}${fields.key}`)];
    assertRefused(await api.post(person({ email, documents })), 400, 'email_already_in_use');
  });
});

describe('PATCH /identities/:id with files', () => {
  it('kyc 46: the stored list again changes nothing, a new item adds one', async () => {
    const [one, two, face] = [await api.uploadFile(), await api.uploadFile(), await api.uploadFile()];
    const documents = [passport(one, { label: 'a' }), passport(one, { side: 'BackSide' })];
    const made = await api.create(person({ documents, faceImages: [face] }));
    api.clock.advance(60);
    const again = await api.patch(made.id, { documents, faceImages: [face] });
    assert.equal(again.status, 200, again.text);
    assert.deepEqual(again.body.data, made);

    const more = await api.patch(made.id, { documents: [...documents, passport(two)] });
    assert.deepEqual(ids(more.body.data).slice(0, 2), ids(made));
    assert.equal(ids(more.body.data).length, 3);
    assert.equal(more.body.data.updatedAt, api.clock.now().toISOString());
    assert.deepEqual(await lastFields(made.id), ['documents']);
    assert.deepEqual(await api.identity(made.id), more.body.data);
    assert.deepEqual((await api.patch(made.id, {})).body, more.body);
  });

  it('kyc 46: another label keeps the id, and a label that is not sent stays', async () => {
    const url = await api.uploadFile();
    const made = await api.create(person({ documents: [passport(url, { label: 'a', description: 'b' })] }));
    api.clock.advance(60);
    const reply = await api.patch(made.id, { documents: [passport(url, { description: null })] });
    const [document] = reply.body.data.documents;
    assert.deepEqual([document.label, document.description], ['a', null]);
    assert.deepEqual(ids(reply.body.data), ids(made));
    assert.equal(document.createdAt, made.createdAt);
    assert.equal(document.updatedAt, api.clock.now().toISOString());
  });

  it('kyc 46: face images are added once, and move updatedAt like any change', async () => {
    const made = await api.create();
    const faceImages = [await api.uploadFile()];
    api.clock.advance(60);
    const { body } = await api.patch(made.id, { faceImages });
    assert.equal(body.data.updatedAt, api.clock.now().toISOString());
    assert.deepEqual(await lastFields(made.id), ['faceImages']);
    api.clock.advance(60);
    assert.deepEqual((await api.patch(made.id, { faceImages })).body, body);
  });

  it('kyc 46: the same request twice at once adds one', async () => {
    const { id } = await api.create();
    const body = { documents: [passport(await api.uploadFile())] };
    const replies = await Promise.all([1, 2, 3].map(() => api.patch(id, body)));
    for (const { status, text } of replies) assert.equal(status, 200, text);
    assert.equal(ids(await api.identity(id)).length, 1);
  });

  it('an identity gathers at most 100 documents', async () => {
    const { id } = await api.create();
    const types = ['driverLicense', 'identityCard', 'other', 'passport', 'residencePermit', 'utilityBill'];
    const items: Shown[] = [];
    while (items.length < 120) {
      const url = await api.uploadFile();
      for (const side of ['frontSide', 'backSide']) items.push(...types.map((type) => ({ type, side, url })));
    }
    for (let at = 0; at < 100; at += 20) {
      const reply = await api.patch(id, { documents: items.slice(at, at + 20) });
      assert.equal(reply.status, 200, reply.text);
    }
    const beyond = { documents: items.slice(-1) };
    assertInvalid(await api.patch(id, beyond), 'documents:length');
    assert.equal(ids(await api.identity(id)).length, 100);
    await api.create(person(beyond));
  });

  it('kyc 39, 41: a refused body attaches nothing; documents of a confirmed identity may come', async () => {
    const made = await api.create();
    await api.setStanding(made.id, { confirmed: true });
    const documents = [passport(await api.uploadFile())];
    const refused = await api.patch(made.id, { name: 'Other', documents });
    assertRefused(refused, 422, 'identity_already_confirmed', 'name:immutable');
    assert.deepEqual((await api.identity(made.id)).documents, []);
    const reply = await api.patch(made.id, { documents });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(ids(reply.body.data).length, 1);
    const { url, fields } = await api.uploadForm();
    const unknown = { phone: { number: '5' }, faceImages: [`${url}${fields.key}`] };
    assertInvalid(await api.patch(made.id, unknown), 'faceImages[0]:format');
    assert.deepEqual(await api.identity(made.id), reply.body.data);
  });
});

describe('DELETE /identities/:id with files', () => {
  it('kyc 48: links that were given out stop working, and the documents are gone', async () => {
    const { id, documents } = await api.create(person({ documents: [passport(await api.uploadFile())] }));
    const [document] = documents;
    const link = await api.viewLink(document);
    assert.equal((await fetch(link)).status, 200);
    assert.equal((await api.delete(id)).status, 204);
    const gone = await fetch(link);
    assert.deepEqual([gone.status, ((await gone.json()) as Shown).code], [404, 'document_not_found']);
    const path = `/identities/${id}/documents/${document.id}/presign-url`;
    assertRefused(await api.get(path), 404, 'identity_not_found');
    const [row] = await api.server.sql<{ deleted_at: Date | null }>(
      'select deleted_at from documents where id = $1::uuid',
      [document.id],
    );
    assert.deepEqual(row?.deleted_at, api.clock.now());
    assertInvalid(await api.post(person({ documents: [passport(document.url)] })), 'documents[0].url:format');
  });

  it('R8: nor does a link open what another surface deleted', async () => {
    const { live } = api.server.quickstart;
    const { id, documents } = await api.create(person({ documents: [passport(await api.uploadFile())] }));
    const link = await api.viewLink(documents[0]);
    const at = `/api/v1/identity/${toPools(id, live.pool_id)}`;
    assert.equal((await api.server.call('DELETE', at, { key: live.api_key })).status, 200);
    assert.equal((await fetch(link)).status, 404);
  });
});
