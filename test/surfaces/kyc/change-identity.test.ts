import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertInvalid, assertRefused, company, type KycApi, person, startKyc } from '../../harness/kyc.ts';
import { toVerification } from '../../harness/kyc-ids.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';
const US = { country: 'US', idNumber: '536904399', state: 'WA' };

describe('one identity', () => {
  it('kyc 26: no uuid is 400, an unknown one 404', async () => {
    assertInvalid(await api.get('/identities/abc'), 'id:format');
    assertInvalid(await api.delete('abc'), 'id:format');
    const notFound = [await api.get(`/identities/${UNKNOWN}`), await api.patch(UNKNOWN, {})];
    for (const reply of [...notFound, await api.delete(UNKNOWN)]) {
      assertRefused(reply, 404, 'identity_not_found');
    }
    assertInvalid(await api.get(`/identities/${UNKNOWN}?x=1`), 'x:unknown');
    assertRefused(await api.get('/sandbox/nothing'), 404, 'not_found');
    assertRefused(await api.call('PUT', `/identities/${UNKNOWN}`), 405, 'method_not_allowed');
  });

  it('kyc 27: another application’s identity is like none', async () => {
    const { id } = await api.create();
    const { secret: key } = await api.server.createAccount();
    for (const reply of [
      await api.get(`/identities/${id}`, { key }),
      await api.patch(id, { name: 'X' }, { key }),
      await api.delete(id, { key }),
    ]) {
      assertRefused(reply, 404, 'identity_not_found');
    }
    assert.equal((await api.identity(id)).name, 'Ana Silva');
  });
});

describe('PATCH /identities/:id', () => {
  it('kyc 39: what was confirmed stays, and so does all else of that body', async () => {
    const made = await api.create();
    await api.setStanding(made.id, { confirmed: true });
    const { tax } = made;
    const before = await api.identity(made.id);
    assert.equal(before.identityConfirmed, true);
    for (const [body, field] of [
      [{ name: 'Other' }, 'name'],
      [{ birthday: '1991-01-01' }, 'birthday'],
      [{ gender: 'Male' }, 'gender'],
      [{ tax: { country: 'ES', idNumber: tax.idNumber } }, 'tax.country'],
      [{ tax: { country: 'PT', idNumber: '1' } }, 'tax.idNumber'],
    ] as const) {
      const reply = await api.patch(made.id, { ...body, phone: { number: '999' } });
      assertRefused(reply, 422, 'identity_already_confirmed', `${field}:immutable`);
    }
    const { id: owner } = await api.create();
    const asCompany = { type: 'company', identityOwner: owner, tax: { ...tax, formationRegion: 'Braga' } };
    const reply = await api.patch(made.id, { ...asCompany, tax: company(owner).tax });
    assertRefused(
      reply,
      ...([422, 'identity_already_confirmed', 'type:immutable', 'tax.idNumber:immutable'] as const),
    );
    assert.deepEqual(await api.identity(made.id), before);
  });

  it('kyc 40, 41: the rest of it may change', async () => {
    const made = await api.create(person({ tax: US }));
    await api.setStanding(made.id, { confirmed: true });
    const same = { name: ' Ana Silva ', gender: 'Female', tax: { ...US, state: 'OR' } };
    assert.equal((await api.patch(made.id, same)).status, 200);
    const address = { city: 'Porto', country: 'PT', postalCode: '1', street: 'Rua 2' };
    const email = `new.${made.email}`;
    const reply = await api.patch(made.id, { address, phone: { number: '7', sms: true }, email });
    assert.equal(reply.status, 200, reply.text);
    const { data } = reply.body;
    assert.deepEqual(data.address, { ...address, state: null });
    assert.deepEqual([data.phone, data.email, data.tax.state], [{ number: '7', sms: true }, email, 'OR']);
    assert.deepEqual(await api.identity(made.id), data);
  });

  it('kyc 42: a change moves updatedAt only; nothing changed moves nothing', async () => {
    const made = await api.create();
    api.clock.advance(60);
    const { body } = await api.patch(made.id, { name: 'Ana Sousa' });
    assert.equal(body.data.name, 'Ana Sousa');
    assert.equal(body.data.createdAt, made.createdAt);
    assert.equal(body.data.updatedAt, api.clock.now().toISOString());
    assert.equal((await api.list('filter[name]=Ana%20Sousa')).total, 1);
    api.clock.advance(60);
    assert.deepEqual((await api.patch(made.id, {})).body, body);
    assert.deepEqual((await api.patch(made.id, { name: 'Ana Sousa' })).body, body);
  });

  it('kyc 43, 44: nested objects are whole, and some fields are nobody’s', async () => {
    const { id } = await api.create();
    assertInvalid(
      await api.patch(id, { address: { city: 'Porto' } }),
      ...['country', 'postalCode', 'street'].map((name) => `address.${name}:required`),
    );
    for (const name of ['blocked', 'identityConfirmed', 'kycStatus', 'appId', 'id', 'riskRating']) {
      assertInvalid(await api.patch(id, { [name]: true }), `${name}:unknown`);
    }
    const nulls = { name: null, email: null, type: null, address: null };
    assertInvalid(await api.patch(id, nulls), 'name:null', 'email:null', 'type:null', 'address:null');
    assertInvalid(await api.patch(id, { birthday: null }), 'birthday:null');
    assert.equal((await api.patch(id, { identityOwner: null })).status, 200);
  });

  it('kyc 45: the own e-mail again, in any case, but nobody else’s', async () => {
    const [one, other] = [await api.create(), await api.create()];
    assert.equal((await api.patch(one.id, { email: one.email })).status, 200);
    assert.equal((await api.patch(one.id, { email: one.email.toUpperCase() })).status, 200);
    assertRefused(await api.patch(one.id, { email: other.email }), 400, 'email_already_in_use');
    const free = `freed.${other.email}`;
    assert.equal((await api.patch(other.id, { email: free })).status, 200);
    assert.equal((await api.patch(one.id, { email: other.email })).status, 200);
  });

  it('kyc 47: who answers for a company stays a person', async () => {
    const { id } = await api.create();
    const { id: second } = await api.create();
    const { id: owned } = await api.create(company(id));
    const asCompany = { type: 'company', identityOwner: second, tax: company(second).tax };
    assertRefused(await api.patch(id, asCompany), 422, 'identity_owner_must_be_of_type_person');
    assertRefused(
      await api.patch(owned, { identityOwner: owned }),
      ...([422, 'identity_owner_must_be_of_type_person'] as const),
    );
    assertRefused(await api.patch(owned, { identityOwner: UNKNOWN }), 404, 'identity_owner_not_found');
    assertInvalid(await api.patch(owned, { identityOwner: null }), 'identityOwner:null');
    assert.equal((await api.patch(owned, { identityOwner: second })).status, 200);
    assertInvalid(
      await api.patch(owned, { type: 'person' }),
      ...['birthday:required', 'gender:required', 'identityOwner:unknown'],
    );
    assert.equal((await api.patch(id, asCompany)).body.data.type, 'company');
  });
});

describe('DELETE /identities/:id', () => {
  it('kyc 48: gone at once, and its e-mail is free', async () => {
    const { id, email } = await api.create();
    const { total } = await api.list();
    assert.equal((await api.delete(id)).status, 204);
    assertRefused(await api.delete(id), 404, 'identity_not_found');
    assertRefused(await api.get(`/identities/${id}`), 404, 'identity_not_found');
    const after = await api.list('all=true');
    assert.equal(after.total, total - 1);
    assert.ok(!after.ids.includes(id));
    await api.create(person({ email }));
  });

  it('kyc 48: a blocked identity’s e-mail stays reserved', async () => {
    const { id, email } = await api.create();
    await api.setStanding(id, { blocked: true });
    assert.equal((await api.identity(id)).blocked, true);
    assert.equal((await api.delete(id)).status, 204);
    assertRefused(await api.post(person({ email })), 400, 'email_already_in_use');
  });

  it('companies outlive their owner', async () => {
    const { id } = await api.create();
    const { id: owned } = await api.create(company(id));
    await api.delete(id);
    assert.equal((await api.identity(owned)).identityOwner, null);
    assert.equal((await api.list(`filter[identityOwner]=${id}`)).total, 0);
    assertRefused(await api.post(company(id)), 404, 'identity_owner_not_found');
  });
});

describe('a record of another surface (R11)', () => {
  it('is seen with nulls, and completed by PATCH', async () => {
    const { api_key: key } = api.server.quickstart.live;
    const stub = await api.server.call('POST', '/api/v1/identities', { key, body: { external_ref: 'r11' } });
    const path = `/api/v1/identities/${stub.body.id}`;
    const fields = { first_name: 'Rui', last_name: 'Costa', gender: 'Male' };
    await api.server.call('PATCH', path, { key, body: fields });
    const [found] = (await api.list('filter[name]=Rui%20Costa')).data;
    assert.equal(toVerification(found.id), stub.body.id);
    assert.deepEqual(
      [found.type, found.name, found.gender, found.email, found.birthday, found.tax.country],
      ['person', 'Rui Costa', 'male', null, null, null],
    );
    const { birthday, email, tax, address, phone } = person();
    const reply = await api.patch(found.id, { type: 'person', birthday, email, tax, address, phone });
    assert.equal(reply.status, 200, reply.text);
    const shown = await api.server.call('GET', path, { key });
    assert.equal(shown.body.extracted_data.date_of_birth, birthday);
    assertRefused(await api.post(person({ email })), 400, 'email_already_in_use');
    assert.equal((await api.server.call('DELETE', path, { key })).status, 200);
    assertRefused(await api.get(`/identities/${found.id}`), 404, 'identity_not_found');
  });
});
