import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  type KycApi,
  person,
  type Shown,
  startKyc,
} from '../../harness/kyc.ts';
import { toSession, toVerification } from '../../harness/kyc-ids.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

const get = (path: string) => api.get(`/verifications${path}`, api.sandbox);
async function page(path: string): Promise<{ total: number; ids: string[]; data: Shown[] }> {
  const { status, body, text } = await get(path);
  assert.equal(status, 200, text);
  return { ...body, ids: body.data.map(({ id }: Shown) => id) };
}

/** A person of the sandbox with so many verifications, by being rejected and changed. */
async function withVerifications(count: number): Promise<{ id: string; ids: string[] }> {
  const { id } = await api.create(person(), api.sandbox);
  const ids: string[] = [(await api.entry(id, api.sandbox)).verificationId];
  while (ids.length < count) {
    await api.simulate('reject', { identityId: id });
    const reply = await api.patch(id, { name: `Ana ${'I'.repeat(ids.length)}` }, api.sandbox);
    assert.equal(reply.status, 200, reply.text);
    ids.unshift((await api.entry(id, api.sandbox)).verificationId);
  }
  return { id, ids };
}

describe('200', () => {
  it('one by its id, in the words of the entry that it belongs to', async () => {
    const { id } = await api.create(person(), api.sandbox);
    const entry = await api.entry(id, api.sandbox);
    const one = async () => (await get(`/${entry.verificationId}`)).body.data;
    assert.deepEqual(await one(), {
      ...{ id: entry.verificationId, identityId: id, status: 'pending', exceptionDetails: '' },
      ...{ createdAt: entry.createdAt, updatedAt: entry.updatedAt },
    });
    api.clock.advance(5);
    await api.simulate('reject', { identityId: id, exceptions: ['name_mismatch', 'expired_document'] });
    const rejected = await one();
    assert.equal(rejected.status, 'rejected');
    assert.equal(rejected.exceptionDetails, 'expired_document, name_mismatch');
    assert.ok(rejected.updatedAt > rejected.createdAt);
    await api.simulate('approve', { identityId: id });
    const approved = await one();
    assert.deepEqual([approved.status, approved.exceptionDetails], ['approved', '']);
  });

  it('an exception is one here, with its codes', async () => {
    const { id } = await api.create();
    await api.server.runJob('kyc');
    const entry = await api.entry(id);
    const { body } = await api.get(`/verifications/${entry.verificationId}`);
    assert.equal(body.data.status, 'exception');
    assert.equal(body.data.exceptionDetails, entry.exceptions.join(', '));
    assert.match(body.data.exceptionDetails, /^missing_document, missing_face_image/);
  });

  it('what was replaced stays as it was decided; what was replaced undecided is expired', async () => {
    const { id, ids } = await withVerifications(2);
    const [latest = '', first = ''] = ids;
    assert.equal((await get(`/${first}`)).body.data.status, 'rejected');
    assert.equal((await get(`/${latest}`)).body.data.status, 'pending');
    const made = await api.create();
    await api.server.runJob('kyc');
    const before = await api.entry(made.id);
    assert.equal((await api.patch(made.id, { name: 'Ana Costa' })).status, 200);
    const { body } = await api.get(`/verifications/${before.verificationId}`);
    assert.equal(body.data.status, 'expired');
    assert.equal((await page(`/identity/${id}`)).total, 2);
  });

  it('of one identity, newest first, by pages', async () => {
    const { id, ids } = await withVerifications(3);
    const all = await page(`/identity/${id}`);
    assert.deepEqual([all.total, all.ids], [3, ids]);
    const second = await page(`/identity/${id}?page[size]=2&page[number]=2`);
    assert.deepEqual([second.total, second.ids], [3, ids.slice(2)]);
    const beyond = await page(`/identity/${id}?page%5Bsize%5D=2&page%5Bnumber%5D=3`);
    assert.deepEqual([beyond.total, beyond.ids], [3, []]);
  });

  it('of all identities, each on exactly one page, and none of another application', async () => {
    const foreign = await api.create();
    await withVerifications(2);
    const { total, ids } = await page('?page[size]=1000');
    assert.equal(ids.length, total);
    assert.deepEqual(ids, ids.toSorted().reverse());
    const paged: string[] = [];
    for (let number = 1; paged.length < total; number += 1)
      paged.push(...(await page(`?page[size]=2&page[number]=${number}`)).ids);
    assert.deepEqual(paged, ids);
    assert.ok(!ids.includes(foreign.kycStatus[0].verificationId));
  });

  it('R5: a session that the verification surface decided is one of its identity’s', async () => {
    const { key } = api.sandbox;
    const { id } = await api.create(person(), { key });
    const call = async (method: string, path: string, body: unknown) =>
      (await api.server.call(method, `/api/v1${path}`, { key, body })).body;
    await call('PATCH', `/identities/${toVerification(id)}`, { external_ref: 'listed' });
    const session = await call('POST', '/sessions', { external_ref: 'listed' });
    assert.equal((await page(`/identity/${id}`)).total, 1, 'it is about nobody before it is decided');
    await call('POST', `/sessions/${session.id}/simulate`, { action: 'approve' });
    const { total, data } = await page(`/identity/${id}`);
    assert.equal(total, 2);
    assert.deepEqual([toSession(data[0].id), data[0].status], [session.id, 'approved']);
  });
});

describe('400', () => {
  it('for a page that cannot be, and for what is no parameter, everything at once', async () => {
    assertInvalid(await get('?page[size]=0&page[number]=x'), 'page[size]:type', 'page[number]:type');
    assertInvalid(
      await get('/identity/abc?page[size]=1001&sort=createdAt'),
      ...['id:format', 'page[size]:type', 'sort:unknown'],
    );
    assertInvalid(await get('?page[size]=1&page[size]=2'), 'page[size]:format');
    assertInvalid(await get('/abc?page[size]=1'), 'id:format', 'page[size]:unknown');
  });
});

describe('404', () => {
  it('verification_not_found for one that is not there, or of another application', async () => {
    const foreign = await api.create();
    for (const id of [UNKNOWN, foreign.kycStatus[0].verificationId])
      assertRefused(await get(`/${id}`), 404, 'verification_not_found');
    for (const id of [UNKNOWN, foreign.id])
      assertRefused(await get(`/identity/${id}`), 404, 'identity_not_found');
  });

  it('R8: those of a deleted identity are on no list', async () => {
    const { id, ids } = await withVerifications(2);
    const before = await page('');
    assert.equal((await api.delete(id, api.sandbox)).status, 204);
    assertRefused(await get(`/identity/${id}`), 404, 'identity_not_found');
    for (const one of ids) assertRefused(await get(`/${one}`), 404, 'verification_not_found');
    const after = await page('');
    assert.equal(after.total, before.total - 2);
    assert.ok(!after.ids.some((one) => ids.includes(one)));
  });

  it('one that is about nobody yet is not there', async () => {
    const reply = await api.server.call('POST', '/api/v1/sessions', { key: api.sandbox.key, body: {} });
    const [row] = await api.server.sql<{ id: string }>(
      'select id from verifications where identity_id is null order by id desc limit 1',
    );
    assert.equal(toSession(row?.id ?? ''), reply.body.id);
    assertRefused(await get(`/${row?.id}`), 404, 'verification_not_found');
  });
});
