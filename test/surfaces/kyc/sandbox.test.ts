import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  type Body,
  type KycApi,
  newEmail,
  person,
  startKyc,
} from '../../harness/kyc.ts';
import { toSession } from '../../harness/kyc-ids.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';
const APPROVE = '/sandbox/identities/approve';
const REJECT = '/sandbox/identities/reject';

const create = (more: Body = {}) => api.create(person(more), api.sandbox);
const send = (path: string, body: unknown) => api.call('POST', path, { ...api.sandbox, body });
const shown = async (id: string) => (await api.get(`/identities/${id}`, api.sandbox)).body.data;

describe('200', () => {
  it('kyc 57 approves by either selector: approved, confirmed, operations active', async () => {
    for (const by of ['identityId', 'email', 'both']) {
      const made = await create();
      const { id: identityId, email } = made;
      const body = by === 'both' ? { identityId, email } : by === 'email' ? { email } : { identityId };
      const reply = await send(APPROVE, body);
      assert.deepEqual([reply.status, reply.body], [200, { message: 'Identity sent to approval' }]);
      const { kycStatus, identityConfirmed } = await shown(identityId);
      assert.equal(identityConfirmed, true);
      assert.deepEqual([kycStatus[0].status, kycStatus[0].exceptions], ['approved', []]);
      assert.equal(kycStatus[0].verificationId, made.kycStatus[0].verificationId);
      assert.deepEqual(await api.operationStatuses(identityId, api.sandbox), ['active']);
    }
  });

  it('kyc 57 an e-mail selects in any case', async () => {
    const email = newEmail();
    const { id } = await create({ email });
    await api.simulate('approve', { email: email.toUpperCase() });
    assert.equal((await api.entry(id, api.sandbox)).status, 'approved');
  });

  it('kyc 58 rejects with the reasons that are sent; what was confirmed stays so', async () => {
    const { id: identityId } = await create();
    const exceptions = ['expired_document', 'age_out_of_range', 'expired_document'];
    const reply = await send(REJECT, { identityId, exceptions });
    assert.deepEqual([reply.status, reply.body], [200, { message: 'Identity sent to rejection' }]);
    const { kycStatus, identityConfirmed } = await shown(identityId);
    assert.equal(identityConfirmed, false);
    assert.equal(kycStatus[0].status, 'rejected');
    assert.deepEqual(kycStatus[0].exceptions, ['age_out_of_range', 'expired_document']);
    assert.deepEqual(await api.operationStatuses(identityId, api.sandbox), ['inactive']);
    await api.simulate('approve', { identityId });
    await api.simulate('reject', { identityId });
    const after = await shown(identityId);
    assert.deepEqual([after.identityConfirmed, after.kycStatus[0].status], [true, 'rejected']);
  });

  it('repeating it changes nothing, and approving after a rejection works', async () => {
    const { id: identityId } = await create();
    const exceptions = ['name_mismatch', 'expired_document'];
    await api.simulate('reject', { identityId, exceptions });
    const rejected = await shown(identityId);
    api.clock.advance(1);
    await api.simulate('reject', { identityId, exceptions });
    assert.deepEqual(await shown(identityId), rejected);
    await api.simulate('approve', { identityId });
    const approved = await shown(identityId);
    assert.deepEqual([approved.kycStatus[0].status, approved.kycStatus[0].exceptions], ['approved', []]);
    assert.ok(approved.updatedAt > rejected.updatedAt);
    api.clock.advance(1);
    await api.simulate('approve', { identityId });
    assert.deepEqual(await shown(identityId), approved);
  });

  it('every enabled provider’s entry is decided, and no other', async () => {
    const { app_id: poolId, api_key: key } = api.server.quickstart.sandbox;
    await api.setProvider('second', { poolId });
    const { id: identityId } = await create();
    await api.setProvider('third', { poolId });
    await api.setProvider('second', { poolId, isEnabled: false });
    await api.simulate('approve', { identityId });
    const states = async () =>
      (await api.get(`/identities/${identityId}`, { key })).body.data.kycStatus.map(
        (one: { provider: string; status: string }) => `${one.provider} ${one.status}`,
      );
    assert.deepEqual(await states(), ['builtin approved', 'third approved']);
    await api.setProvider('second', { poolId });
    assert.deepEqual(await states(), ['builtin approved', 'second pending', 'third approved']);
    for (const slug of ['second', 'third']) await api.setProvider(slug, { poolId, isEnabled: false });
  });

  it('a blocked identity is approved and stays blocked', async () => {
    const { id: identityId } = await create();
    await api.setStanding(identityId, { blocked: true });
    await api.simulate('approve', { identityId });
    const { blocked, kycStatus } = await shown(identityId);
    assert.deepEqual([blocked, kycStatus[0].status], [true, 'approved']);
  });

  it('a verification whose data were redacted is replaced by another', async () => {
    const { id: identityId } = await create();
    const before = await api.entry(identityId, api.sandbox);
    const { key } = api.sandbox;
    const session = `/api/v1/sessions/${toSession(before.verificationId)}`;
    await api.simulate('reject', { identityId });
    const redacted = await api.server.call('DELETE', `${session}/data`, { key });
    assert.equal(redacted.status, 200, redacted.text);
    await api.simulate('approve', { identityId });
    const after = await api.entry(identityId, api.sandbox);
    assert.equal(after.status, 'approved');
    assert.notEqual(after.verificationId, before.verificationId);
  });
});

describe('400', () => {
  it('kyc 59 for neither selector, and for two that disagree', async () => {
    const [one, two] = [await create(), await create()];
    for (const path of [APPROVE, REJECT]) {
      assertInvalid(await send(path, {}), 'identityId:required');
      assertInvalid(await send(path, { identityId: one.id, email: two.email }), 'email:format');
      assertInvalid(await send(path, { identityId: one.id, email: newEmail() }), 'email:format');
    }
    assert.equal((await api.entry(one.id, api.sandbox)).status, 'pending');
  });

  it('for a body that is wrong, everything at once', async () => {
    assertInvalid(
      await send(APPROVE, { identityId: 'abc', email: 'abc', exceptions: [] }),
      ...['identityId:format', 'email:format', 'exceptions:unknown'],
    );
    assertInvalid(await send(APPROVE, { identityId: null, email: 7 }), 'identityId:null', 'email:type');
    assertInvalid(
      await send(REJECT, { identityId: UNKNOWN, exceptions: ['ok', 'Ana Silva', 7] }),
      ...['exceptions[1]:format', 'exceptions[2]:type'],
    );
    assertInvalid(await send(`${REJECT}?x=1`, { identityId: UNKNOWN }), 'x:unknown');
  });
});

describe('404', () => {
  it('kyc 59 for an identity that is not there, of another application, or deleted', async () => {
    const [foreign, deleted] = [await api.create(), await create()];
    await api.delete(deleted.id, api.sandbox);
    for (const identityId of [UNKNOWN, foreign.id, deleted.id])
      assertRefused(await send(APPROVE, { identityId }), 404, 'identity_not_found');
    for (const { email } of [foreign, deleted])
      assertRefused(await send(REJECT, { email }), 404, 'identity_not_found');
  });

  it('kyc 60 with a live key neither path is there, whatever is sent', async () => {
    const { id: identityId } = await api.create();
    const nowhere = await api.call('POST', '/sandbox/identities/elsewhere', { body: { identityId } });
    assertRefused(nowhere, 404, 'not_found');
    for (const path of [APPROVE, REJECT]) {
      for (const given of [
        { body: { identityId } },
        { body: {} },
        { body: '{' },
        { body: 'x', headers: { 'content-type': 'text/plain' } },
        {},
      ]) {
        const reply = await api.call('POST', path, given);
        assert.deepEqual([reply.status, reply.body], [404, nowhere.body]);
      }
    }
    assert.equal((await api.entry(identityId)).status, 'pending');
  });
});
