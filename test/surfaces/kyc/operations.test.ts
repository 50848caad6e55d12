import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertInvalid, assertRefused, company, type KycApi, person, startKyc } from '../../harness/kyc.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';
const CODES = ['deposit:stablecoin', 'deposit:wire', 'withdrawal:stablecoin', 'withdrawal:wire'];
const ACTIONS = ['cancel', 'confirm', 'create'];

const validate = (body: unknown, key = api.sandbox.key) =>
  api.call('POST', '/operations/validate', { key, body });
const activate = (body: unknown, key = api.sandbox.key) =>
  api.call('POST', '/operations/activate', { key, body });

/** A person of the sandbox, decided. */
async function decided(to: 'approve' | 'reject' | null): Promise<string> {
  const { id } = await api.create(person(), api.sandbox);
  if (to !== null) await api.simulate(to, { identityId: id });
  return id;
}

describe('200', () => {
  it('kyc 56 lists the enabled operations of a new identity as pending, by provider, code and action', async () => {
    const { id } = await api.create(person(), api.sandbox);
    const { status, body } = await api.get(`/identities/${id}/operations`, api.sandbox);
    assert.equal(status, 200);
    const expected = CODES.flatMap((code) =>
      ACTIONS.map((action) => ({ code, action, provider: 'builtin', status: 'pending' })),
    );
    assert.deepEqual(body, { data: expected });
  });

  it('kyc 56 lists none of a provider or an operation that is switched off', async () => {
    const { poolId, secret: key } = await api.server.createAccount();
    const operations = [
      { code: 'deposit:wire', actions: ['create'], types: ['person', 'company'], maxRisk: 'low' },
    ];
    await api.setProvider('second', { poolId, operations });
    const { id } = await api.create(person(), { key });
    const list = async () => (await api.get(`/identities/${id}/operations`, { key })).body.data;
    assert.equal((await list()).length, CODES.length * ACTIONS.length + 1);
    await api.setProvider('builtin', { poolId, isEnabled: false });
    assert.deepEqual(await list(), [
      { code: 'deposit:wire', action: 'create', provider: 'second', status: 'pending' },
    ]);
    assert.deepEqual(
      (await api.get(`/identities/${id}`, { key })).body.data.kycStatus.map(
        ({ provider }: { provider: string }) => provider,
      ),
      ['second'],
    );
    await api.setProvider('second', { poolId, isEnabled: false, operations });
    assert.deepEqual(await list(), []);
  });

  it('kyc 57, 58 they are active once approved, and inactive once rejected', async () => {
    assert.deepEqual(await api.operationStatuses(await decided('approve'), api.sandbox), ['active']);
    assert.deepEqual(await api.operationStatuses(await decided('reject'), api.sandbox), ['inactive']);
  });

  it('kyc 61 all are blocked for an identity that is blocked, whatever was decided', async () => {
    const id = await decided('approve');
    await api.setStanding(id, { blocked: true });
    assert.deepEqual(await api.operationStatuses(id, api.sandbox), ['blocked']);
    const body = { identityId: id, code: 'deposit:wire', action: 'create' };
    assertRefused(await validate(body), 422, 'operation_not_active');
    const { action: _action, ...target } = body;
    assertRefused(await activate(target), 422, 'operation_not_active');
  });

  it('what an approval opens ends at the risk and the types that its rule names', async () => {
    const { poolId, secret: key } = await api.server.createAccount();
    const rule = { code: 'deposit:wire', actions: ['create'], types: ['company'], maxRisk: 'low' };
    await api.setProvider('builtin', { poolId, operations: [rule] });
    const owner = await api.create(person(), { key });
    const { id } = await api.create(company(owner.id), { key });
    await api.server.sql(`update kyc_cases set state = 'approved' where pool_id = $1::uuid`, [poolId]);
    assert.deepEqual(await api.operationStatuses(owner.id, { key }), ['inactive']);
    assert.deepEqual(await api.operationStatuses(id, { key }), ['active']);
    await api.setStanding(id, { riskRating: 'medium' });
    assert.deepEqual(await api.operationStatuses(id, { key }), ['inactive']);
  });
});

describe('204', () => {
  it('validate allows what is active, an action in either casing', async () => {
    const identityId = await decided('approve');
    for (const action of ['create', 'Create']) {
      const reply = await validate({ identityId, code: 'deposit:wire', action });
      assert.equal(reply.status, 204, reply.text);
      assert.equal(reply.text, '');
    }
  });

  it('activate asks again where the verdict does not stand, and leaves alone what does', async () => {
    const identityId = await decided('reject');
    const before = await api.entry(identityId, api.sandbox);
    api.clock.advance(1);
    const reply = await activate({ identityId, code: 'deposit:wire' });
    assert.equal(reply.status, 204, reply.text);
    const { updatedAt } = (await api.get(`/identities/${identityId}`, api.sandbox)).body.data;
    assert.equal(updatedAt, api.clock.now().toISOString(), 'who polls by updatedAt sees it');
    const pending = await api.entry(identityId, api.sandbox);
    assert.deepEqual([pending.status, pending.exceptions], ['pending', []]);
    assert.notEqual(pending.verificationId, before.verificationId);
    assert.deepEqual(await api.operationStatuses(identityId, api.sandbox), ['pending']);
    assert.equal((await activate({ identityId, code: 'deposit:wire' })).status, 204);
    assert.deepEqual(await api.entry(identityId, api.sandbox), pending);
    await api.simulate('approve', { identityId });
    assert.equal((await activate({ identityId, code: 'deposit:wire' })).status, 204);
    assert.equal((await api.entry(identityId, api.sandbox)).status, 'approved');
  });

  it('activate opens the case of an identity that was made elsewhere', async () => {
    const { key } = api.sandbox;
    const made = await api.server.call('POST', '/api/v1/identities', { key, body: { external_ref: 'else' } });
    const { data } = (await api.call('GET', '/identities?sort=-createdAt&page[size]=1', { key })).body;
    assert.deepEqual([made.status, data[0].kycStatus], [201, []]);
    assert.deepEqual(await api.operationStatuses(data[0].id, { key }), ['inactive']);
    assert.equal((await activate({ identityId: data[0].id, code: 'deposit:wire' })).status, 204);
    assert.equal((await api.entry(data[0].id, { key })).status, 'pending');
  });
});

describe('400', () => {
  it('for a body that is wrong, everything at once', async () => {
    assertInvalid(await validate({}), 'action:required', 'code:required', 'identityId:required');
    assertInvalid(
      await validate({ action: 'buy', code: '', identityId: 'abc', provider: 'builtin' }),
      ...['action:enum', 'code:length', 'identityId:format', 'provider:unknown'],
    );
    assertInvalid(await activate({ code: 7, identityId: null }), 'code:type', 'identityId:null');
    const action = 'create';
    assertInvalid(await activate({ code: 'deposit:wire', identityId: UNKNOWN, action }), 'action:unknown');
  });

  it('for an id that is none, and for parameters that are none', async () => {
    assertInvalid(
      await api.get('/identities/abc/operations?page[size]=1'),
      'id:format',
      'page[size]:unknown',
    );
    const body = { action: 'create', code: 'deposit:wire', identityId: UNKNOWN };
    assertInvalid(await api.call('POST', '/operations/validate?all=true', { body }), 'all:unknown');
  });
});

describe('404', () => {
  it('kyc 27 for an identity that is not there, or of another application', async () => {
    const foreign = await api.create();
    for (const identityId of [UNKNOWN, foreign.id]) {
      const target = { identityId, code: 'deposit:wire' };
      assertRefused(await validate({ ...target, action: 'create' }), 404, 'identity_not_found');
      assertRefused(await activate(target), 404, 'identity_not_found');
      const list = await api.get(`/identities/${identityId}/operations`, api.sandbox);
      assertRefused(list, 404, 'identity_not_found');
    }
  });
});

describe('422', () => {
  it('operation_not_active while nobody approved, and for what nobody offers', async () => {
    const pending = await decided(null);
    const approved = await decided('approve');
    for (const [identityId, code] of [
      [pending, 'deposit:wire'],
      [approved, 'deposit:gold'],
    ] as const)
      assertRefused(await validate({ identityId, code, action: 'create' }), 422, 'operation_not_active');
    const nothing = await activate({ identityId: approved, code: 'deposit:gold' });
    assertRefused(nothing, 422, 'operation_not_active');
  });
});
