import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { company, type KycApi, passport, person, type Shown, startKyc } from '../../harness/kyc.ts';

// A company waits for its owner, and no longer than that.

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const work = () => api.server.runJob('kyc');

/** A company of which nothing is missing but its owner's approval. */
async function companyOf(owner: string): Promise<Shown> {
  const tax = { country: 'PT', idNumber: '123456789', formationRegion: 'Braga' };
  const documents = [{ type: 'Other', side: 'FrontSide', url: await api.uploadFile() }];
  return api.create(company(owner, { documents, tax }));
}

async function waiting(): Promise<{ owner: Shown; owned: Shown }> {
  const owner = await api.create(person({ documents: [passport(await api.uploadFile())] }));
  const owned = await companyOf(owner.id);
  await work();
  assert.deepEqual((await api.entry(owned.id)).exceptions, ['owner_not_verified']);
  return { owner, owned };
}

async function approve(id: string): Promise<void> {
  const { verificationId } = await api.entry(id);
  const reply = await api.call('POST', `/review/${verificationId}/approve`, { body: {} });
  assert.equal(reply.status, 200, reply.text);
}

describe('a company that waits for its owner', () => {
  it('is asked again when the owner is approved, under another verification', async () => {
    const { owner, owned } = await waiting();
    const [former, before] = [await api.entry(owned.id), await api.identity(owned.id)];
    api.clock.advance(1);
    await approve(owner.id);
    await work();
    const entry = await api.entry(owned.id);
    assert.deepEqual([entry.status, entry.exceptions], ['exception', ['manual_review_required']]);
    assert.notEqual(entry.verificationId, former.verificationId);
    assert.ok((await api.identity(owned.id)).updatedAt > before.updatedAt);
    const { status } = (await api.get(`/verifications/${former.verificationId}`)).body.data;
    assert.equal(status, 'expired', 'the verification before has ended');
  });

  it('is left alone when the owner is rejected, and when another person is approved', async () => {
    const { owner, owned } = await waiting();
    const other = await waiting();
    const former = await api.entry(owned.id);
    await approve(other.owner.id);
    const { verificationId } = await api.entry(owner.id);
    await api.call('POST', `/review/${verificationId}/reject`, { body: {} });
    await work();
    assert.deepEqual(await api.entry(owned.id), former);
  });

  it('is left alone when a person has decided on it, or it has gone', async () => {
    const { owner, owned } = await waiting();
    const gone = await companyOf(owner.id);
    await work();
    await approve(owned.id);
    await api.delete(gone.id);
    const former = await api.entry(owned.id);
    await approve(owner.id);
    await work();
    assert.deepEqual(await api.entry(owned.id), former);
  });

  it('of many that one person owns each is asked once', async () => {
    const { owner, owned } = await waiting();
    const more = await Promise.all(Array.from({ length: 102 }, () => companyOf(owner.id)));
    await work();
    await approve(owner.id);
    await work();
    await work();
    const ids = [owned, ...more].map(({ id }) => id);
    const rows = await api.server.sql<{ n: number }>(
      'select count(*)::integer as n from verifications where identity_id = any($1::uuid[]) group by identity_id',
      [ids],
    );
    assert.deepEqual(new Set(rows.map(({ n }) => n)), new Set([2]));
    assert.equal(rows.length, ids.length);
  });
});
