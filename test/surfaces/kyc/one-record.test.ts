import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, type KycApi, newEmail, person, startKyc } from '../../harness/kyc.ts';
import { toPools, toVerification } from '../../harness/kyc-ids.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

describe('one record on several surfaces', () => {
  it('R1, R5: a verification that is approved elsewhere confirms, and locks', async () => {
    const { sandbox } = api.server.quickstart;
    const key = sandbox.api_key;
    const made = await api.create(person(), { key });
    const path = `/api/v1/identities/${toVerification(made.id)}`;
    const call = async (method: string, at: string, body: unknown) => {
      const reply = await api.server.call(method, `/api/v1${at}`, { key, body });
      assert.ok(reply.status < 300, reply.text);
      return reply.body;
    };
    await call('PATCH', path.slice('/api/v1'.length), { external_ref: 'r5' });
    const session = await call('POST', '/sessions', { external_ref: 'r5' });
    await call('POST', `/sessions/${session.id}/simulate`, { action: 'approve' });
    const shown = (await api.get(`/identities/${made.id}`, { key })).body.data;
    assert.equal(shown.identityConfirmed, true);
    const refused = await api.patch(made.id, { name: 'Other' }, { key });
    assertRefused(refused, 422, 'identity_already_confirmed', 'name:immutable');
  });

  it('R8: what pools deletes is not there, and a block keeps the e-mail whoever deletes', async () => {
    const { live } = api.server.quickstart;
    const [free, blocked] = [await api.create(), await api.create()];
    await api.setStanding(blocked.id, { blocked: true });
    for (const { id } of [free, blocked]) {
      const at = `/api/v1/identity/${toPools(id, live.pool_id)}`;
      const reply = await api.server.call('DELETE', at, { key: live.api_key });
      assert.equal(reply.status, 200, reply.text);
      assertRefused(await api.get(`/identities/${id}`), 404, 'identity_not_found');
    }
    await api.create(person({ email: free.email }));
    const refused = await api.post(person({ email: blocked.email }));
    assertRefused(refused, 400, 'email_already_in_use');
  });

  it('R3: the e-mail is unique here in a pool without factors, too', async () => {
    const { account_id, live } = api.server.quickstart;
    const post = async (resource: string, details: unknown): Promise<string> => {
      const reply = await api.server.call('POST', `/api/v1/${resource}`, {
        ...{ key: live.api_key, body: { details } },
      });
      assert.equal(reply.status, 200, reply.text);
      return reply.body.details.id;
    };
    const domain_id = await post('domain', { account_id, title: 'Bare' });
    const ruleset_id = await post('ruleset', { domain_id, title: 'Bare', factors: [] });
    await post('pool', { domain_id, ruleset_id, title: 'Bare pool' });
    const [row] = await api.server.sql<{ id: string }>('select id from pools where title = $1::text', [
      'Bare pool',
    ]);
    const { secret: key } = await api.server.createKey({ poolId: (row?.id ?? '') as never });
    const email = newEmail();
    const made = await api.create(person({ email }), { key });
    const again = () => api.post(person({ email: email.toUpperCase() }), { key });
    assertRefused(await again(), 400, 'email_already_in_use');
    const other = `other.${email}`;
    assert.equal((await api.patch(made.id, { email: other }, { key })).status, 200);
    assert.equal((await again()).status, 200);
    assert.equal((await api.delete(made.id, { key })).status, 204);
    assert.equal((await api.post(person({ email: other }), { key })).status, 200);
  });

  it('R7: a change is told in names of fields', async () => {
    const { id } = await api.create();
    await api.patch(id, { phone: { number: '5', sms: true } });
    const told = await api.server.sql<{ fields: string[] }>(
      'select fields from audit_entries where subject_id = $1 order by id',
      [id],
    );
    assert.ok(told[0]?.fields.includes('type'));
    assert.deepEqual(told[1]?.fields.toSorted(), ['phone.sms', 'phone_number']);
  });
});
