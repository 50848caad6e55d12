import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertRefused,
  company,
  type KycApi,
  newEmail,
  newPicture,
  passport,
  person,
  type Shown,
  startKyc,
} from '../../harness/kyc.ts';
import { toPools, toSession, toVerification } from '../../harness/kyc-ids.ts';

// What is decided here as other surfaces see it, and the other way round.

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

/** On the verification surface, as the sandbox; it must succeed. */
async function elsewhere(method: string, path: string, body?: unknown): Promise<Shown> {
  const options = { key: api.sandbox.key, ...(body === undefined ? {} : { body }) };
  const reply = await api.server.call(method, `/api/v1${path}`, options);
  assert.ok(reply.status < 300, reply.text);
  return reply.body;
}

const create = (): Promise<Shown> => api.create(person(), api.sandbox);
const record = (id: string): Promise<Shown> => elsewhere('GET', `/identities/${toVerification(id)}`);
const shown = async (id: string): Promise<Shown> =>
  (await api.get(`/identities/${id}`, api.sandbox)).body.data;

let references = 0;
/** A session of the verification surface about this identity, decided there. */
async function session(id: string, action: 'approve' | 'decline'): Promise<string> {
  references += 1;
  const external_ref = `reference-${references}`;
  await elsewhere('PATCH', `/identities/${toVerification(id)}`, { external_ref });
  const made = await elsewhere('POST', '/sessions', { external_ref });
  await elsewhere('POST', `/sessions/${made.id}/simulate`, { action });
  return made.id;
}

describe('R5: decided here', () => {
  it('an approval is one on verification, whose session is the verification', async () => {
    const { id } = await create();
    assert.equal((await record(id)).status, 'pending');
    await api.simulate('approve', { identityId: id });
    const { verificationId } = await api.entry(id, api.sandbox);
    const now = api.clock.now().toISOString();
    const seen = await record(id);
    assert.deepEqual(
      [seen.status, seen.latest_session_id, seen.session_count],
      ['approved', toSession(verificationId), 1],
    );
    assert.deepEqual(
      [seen.first_verified_at, seen.last_verified_at].map((at) => Date.parse(at)),
      [Date.parse(now), Date.parse(now)],
    );
    const found = await elsewhere('GET', `/sessions/${toSession(verificationId)}`);
    assert.equal(found.status, 'completed');
    const result = await elsewhere('GET', `/sessions/${toSession(verificationId)}/result`);
    assert.equal(result.status, 'approved');
  });

  it('a rejection is rejected there, and an approval after it approved', async () => {
    const { id } = await create();
    await api.simulate('reject', { identityId: id, exceptions: ['expired_document'] });
    const rejected = await record(id);
    assert.deepEqual([rejected.status, rejected.first_verified_at], ['rejected', null]);
    await api.simulate('approve', { identityId: id });
    const approved = await record(id);
    assert.deepEqual([approved.status, approved.session_count], ['approved', 1]);
  });
});

describe('R5: decided on verification', () => {
  it('an approval sets every enabled provider’s entry, and confirms', async () => {
    const { app_id: poolId } = api.server.quickstart.sandbox;
    await api.setProvider('second', { poolId });
    const { id } = await create();
    const before = await shown(id);
    assert.deepEqual(
      before.kycStatus.map(({ status }: Shown) => status),
      ['pending', 'pending'],
    );
    const decided = await session(id, 'approve');
    const after = await shown(id);
    assert.equal(after.identityConfirmed, true);
    assert.deepEqual(
      after.kycStatus.map(({ provider, status, verificationId }: Shown) => [
        ...[provider, status, toSession(verificationId)],
      ]),
      [
        ['builtin', 'approved', decided],
        ['second', 'approved', decided],
      ],
    );
    for (const { verificationId } of before.kycStatus)
      assert.equal((await elsewhere('GET', `/sessions/${toSession(verificationId)}`)).status, 'expired');
    assert.deepEqual(await api.operationStatuses(id, api.sandbox), ['active']);
    await api.setProvider('second', { poolId, isEnabled: false });
  });

  it('a rejection is rejected on both', async () => {
    const { id } = await create();
    await session(id, 'decline');
    const { kycStatus, identityConfirmed } = await shown(id);
    assert.deepEqual([kycStatus[0].status, identityConfirmed], ['rejected', false]);
    assert.equal((await record(id)).status, 'rejected');
    assert.deepEqual(await api.operationStatuses(id, api.sandbox), ['inactive']);
  });

  it('the simulation of a case’s own session decides the case', async () => {
    const { id, kycStatus } = await create();
    const own = toSession(kycStatus[0].verificationId);
    await elsewhere('POST', `/sessions/${own}/simulate`, { action: 'require-review' });
    assert.equal((await api.entry(id, api.sandbox)).status, 'exception');
    await elsewhere('POST', `/sessions/${own}/simulate`, { action: 'approve' });
    const entry = await api.entry(id, api.sandbox);
    assert.deepEqual([entry.status, toSession(entry.verificationId)], ['approved', own]);
  });
});

describe('R1: what was confirmed here', () => {
  it('is locked on verification, and nothing that pools writes touches it', async () => {
    const { id } = await create();
    await api.simulate('approve', { identityId: id });
    const before = await shown(id);
    for (const [field, value] of [
      ['date_of_birth', '1991-01-01'],
      ['gender', 'male'],
    ] as const) {
      const refused = await api.server.call('PATCH', `/api/v1/identities/${toVerification(id)}`, {
        ...{ key: api.sandbox.key, body: { [field]: value } },
      });
      assert.equal(refused.status, 422, refused.text);
    }
    const email = newEmail();
    const factors = [{ name: 'email', type: 'email', value: email }];
    const { sandbox } = api.server.quickstart;
    await elsewhere('PUT', `/identity/${toPools(id, sandbox.pool_id)}`, { details: { factors } });
    const { updatedAt: _updatedAt, ...after } = await shown(id);
    const { updatedAt: _before, ...kept } = before;
    assert.deepEqual(after, { ...kept, email });
  });
});

describe('R8: what is ended', () => {
  it('deleting ends the verification that was open', async () => {
    const { id, kycStatus } = await create();
    assert.equal((await api.delete(id, api.sandbox)).status, 204);
    const { status } = await elsewhere('GET', `/sessions/${toSession(kycStatus[0].verificationId)}`);
    assert.equal(status, 'expired');
  });

  it('deleted here it is `deleted` on pools, nothing on verification, and nobody opens its files', async () => {
    const { live } = api.server.quickstart;
    const made = await api.create(person({ documents: [passport(await api.uploadFile())] }));
    const link = await api.viewLink(made.documents[0]);
    assert.equal((await fetch(link)).status, 200);
    assert.equal((await api.delete(made.id)).status, 204);
    const onPools = await api.server.call('GET', `/api/v1/identity/${toPools(made.id, live.pool_id)}`);
    assert.deepEqual([onPools.status, onPools.body.details.status], [200, 'deleted']);
    const onVerification = await api.server.call('GET', `/api/v1/identities/${toVerification(made.id)}`);
    assert.equal(onVerification.status, 404);
    assert.equal((await fetch(link)).status, 404);
    const factors = [{ name: 'email', type: 'email', value: made.email }];
    const body = { details: { pool_id: live.pool_id, factors } };
    const again = await api.server.call('POST', '/api/v1/identity', { body });
    assert.equal(again.status, 200, again.text);
  });

  it('redacted on verification its files open no more, and their bytes are nobody’s', async () => {
    const picture = newPicture();
    const documents = [passport(await api.uploadFile(picture))];
    const made = await api.create(person({ documents }));
    const link = await api.viewLink(made.documents[0]);
    const reply = await api.server.call('DELETE', `/api/v1/identities/${toVerification(made.id)}`);
    assert.equal(reply.status, 200, reply.text);
    assert.equal((await fetch(link)).status, 404);
    const keys = await api.server.sql('select 1 from identity_keys where identity_id = $1::uuid', [made.id]);
    assert.deepEqual(keys, []);
    await api.server.runJob('kyc');
    const other = await api.create(person({ documents: [passport(await api.uploadFile(picture))] }));
    await api.server.runJob('kyc');
    assert.ok(!(await api.entry(other.id)).exceptions.includes('duplicate_document'));
  });

  it('merged on verification its files are not shown, and are no duplicates of the record that it became', async () => {
    const picture = newPicture();
    const withPassport = async () =>
      api.create(person({ documents: [passport(await api.uploadFile(picture))] }));
    const [kept, folded] = [await withPassport(), await withPassport()];
    const link = await api.viewLink(folded.documents[0]);
    await api.server.runJob('kyc');
    assert.ok((await api.entry(kept.id)).exceptions.includes('duplicate_document'));
    const reply = await api.server.call('POST', '/api/v1/identities/merge', {
      body: {
        primary_identity_id: toVerification(kept.id),
        secondary_identity_id: toVerification(folded.id),
      },
    });
    assert.equal(reply.status, 200, reply.text);
    assert.equal((await fetch(link)).status, 404);
    await api.patch(kept.id, { faceImages: [await api.uploadFile()] });
    await api.server.runJob('kyc');
    const { status, exceptions } = await api.entry(kept.id);
    assert.deepEqual([status, exceptions.includes('duplicate_document')], ['exception', false]);
  });

  it('redacted on verification it is gone here; its case is cancelled, and its companies have no owner', async () => {
    const owner = await create();
    const owned = await api.create(company(owner.id), api.sandbox);
    await elsewhere('DELETE', `/identities/${toVerification(owner.id)}`);
    const operations = `/identities/${owner.id}/operations`;
    for (const path of [`/identities/${owner.id}`, operations])
      assertRefused(await api.get(path, api.sandbox), 404, 'identity_not_found');
    assert.equal((await shown(owned.id)).identityOwner, null);
    const stateOf = async () =>
      api.server.sql<{ state: string; task: string | null }>(
        'select state, task from kyc_cases where identity_id = $1::uuid',
        [owner.id],
      );
    assert.deepEqual(await stateOf(), [{ state: 'pending', task: null }]);
    await api.server.runJob('kyc-sweep');
    assert.deepEqual(await stateOf(), [{ state: 'expired', task: null }]);
    const { status } = await elsewhere('GET', `/sessions/${toSession(owner.kycStatus[0].verificationId)}`);
    assert.equal(status, 'expired');
  });

  it('of what pools deleted nothing is asked any more', async () => {
    const { live } = api.server.quickstart;
    const { id, kycStatus } = await api.create();
    const reply = await api.server.call('DELETE', `/api/v1/identity/${toPools(id, live.pool_id)}`);
    assert.equal(reply.status, 200, reply.text);
    await api.server.runJob('kyc');
    const [row] = await api.server.sql<{ state: string; status: string }>(
      `select c.state, v.status from kyc_cases c join verifications v on v.id = c.verification_id
       where c.verification_id = $1::uuid`,
      [kycStatus[0].verificationId],
    );
    assert.deepEqual(row, { state: 'expired', status: 'expired' });
  });
});
