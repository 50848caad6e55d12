import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  company,
  type KycApi,
  newEmail,
  person,
  startKyc,
} from '../../harness/kyc.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const { address, tax, phone } = person() as Record<string, Record<string, unknown>>;
const without = (body: Readonly<Record<string, unknown>>, ...names: string[]) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
/** The date of birth of somebody who is `years` old today, `days` later or earlier. */
const born = (years: number, days = 0): string => {
  const now = api.clock.now();
  const date = new Date(Date.UTC(now.getUTCFullYear() - years, now.getUTCMonth(), now.getUTCDate() + days));
  return date.toISOString().slice(0, 10);
};
const rows = async () => (await api.list()).total;

describe('POST /identities: 200', () => {
  it('kyc 2, 3, 8, 16: makes a person with what the server decides', async () => {
    const reply = await api.post(person());
    assert.equal(reply.status, 200);
    const { data } = reply.body;
    assert.match(data.id, UUID);
    assert.equal(data.appId, api.server.quickstart.live.app_id);
    assert.deepEqual(
      [data.identityConfirmed, data.blocked, data.identityOwner, data.riskRating],
      [false, false, null, null],
    );
    assert.deepEqual(data.documents, []);
    assert.equal(data.phone.sms, false);
    assert.deepEqual(data.address, { ...address, state: null });
    assert.deepEqual(data.tax, { ...tax, state: null, formationRegion: null });
    assert.deepEqual(await api.identity(data.id), data);

    const owned = await api.create(company(data.id, { phone: { number: '1', sms: 'true' } }));
    assert.deepEqual([owned.birthday, owned.gender, owned.identityOwner], [null, null, data.id]);
    assert.equal(owned.phone.sms, true);
  });

  it('kyc 1: the header may be spelled apiKey; without a good key nothing is looked at', async () => {
    const { api_key: key } = api.server.quickstart.live;
    const spelled = await api.get('/identities', { key: null, headers: { apiKey: key } });
    assert.equal(spelled.status, 200);
    for (const given of [{ key: null }, { key: 'vk_live_wrong' }]) {
      assertRefused(await api.post({}, given), 401, 'unauthorized');
      assertRefused(await api.get('/identities/abc', given), 401, 'unauthorized');
    }
  });

  it('kyc 4, 5: enums come back in camel case, and may be sent back', async () => {
    const { id, gender } = await api.create(person({ gender: 'Male' }));
    assert.equal(gender, 'male');
    const before = await api.identity(id);
    api.clock.advance(10);
    assert.equal((await api.patch(id, { gender: 'male' })).status, 200);
    assert.deepEqual(await api.identity(id), before);
    assertInvalid(await api.post(person({ gender: 'MALE' })), 'gender:enum');
  });

  it('kyc 9, 10: ages from 18 to 99, both ends included', async () => {
    await api.create(person({ birthday: born(18) }));
    assertInvalid(await api.post(person({ birthday: born(18, 1) })), 'birthday:min_age');
    await api.create(person({ birthday: born(100, 1) }));
    assertInvalid(await api.post(person({ birthday: born(100) })), 'birthday:max_age');
  });

  it('kyc 13: the published Portuguese sample', async () => {
    const sample = person({
      address: { ...address, state: 'Braga' },
      tax: { country: 'PT', idNumber: '1111111111' },
    });
    const { address: shown, name } = await api.create({ ...sample, name: '  João Núñez 王 ' });
    assert.equal(shown.state, 'Braga');
    assert.equal(name, 'João Núñez 王');
  });
});

describe('POST /identities: 400', () => {
  it('kyc 6, 7: what each type needs', async () => {
    const { id } = await api.create();
    assertInvalid(await api.post(without(person(), 'birthday')), 'birthday:required');
    assertInvalid(await api.post(without(person(), 'gender')), 'gender:required');
    assertInvalid(await api.post(person({ gender: null })), 'gender:null');
    assertInvalid(await api.post(without(company(id), 'identityOwner')), 'identityOwner:required');
    assertInvalid(await api.post(company(id, { tax })), 'tax.formationRegion:required');
  });

  it('kyc 11: a birthday is a real date without a time', async () => {
    for (const birthday of ['2001-02-30', '2000-01-01T00:00:00Z', 'x']) {
      assertInvalid(await api.post(person({ birthday })), 'birthday:format');
    }
  });

  it('kyc 12: the US ask for a state, each object by itself', async () => {
    const us = { ...address, country: 'US' };
    assertInvalid(await api.post(person({ address: us })), 'address.state:required');
    assertInvalid(await api.post(person({ tax: { ...tax, country: 'US' } })), 'tax.state:required');
    await api.create(person({ address: { ...us, state: 'WA' } }));
    assertInvalid(await api.post(person({ address: { ...address, country: 'XX' } })), 'address.country:enum');
  });

  it('kyc 14: additional parameters at any depth store nothing', async () => {
    const count = await rows();
    for (const [more, field] of [
      [{ identityType: 'person' }, 'identityType'],
      [{ companyOfficer: 'x' }, 'companyOfficer'],
      [{ tax: { ...tax, extra: 1 } }, 'tax.extra'],
      [{ blocked: true }, 'blocked'],
    ] as const) {
      assertInvalid(await api.post(person(more)), `${field}:unknown`);
    }
    assertInvalid(await api.call('POST', '/identities?x=1', { body: person() }), 'x:unknown');
    assert.equal(await rows(), count);
  });

  it('kyc 15: numbers are no texts', async () => {
    const body = person({ address: { ...address, postalCode: 4700 }, phone: { ...phone, number: 91 } });
    assertInvalid(await api.post(body), 'address.postalCode:type', 'phone.number:type');
  });

  it('kyc 17: an e-mail is one identity’s in an application, in any case', async () => {
    const { email } = await api.create();
    assertRefused(await api.post(person({ email: email.toUpperCase() })), 400, 'email_already_in_use');
    const { secret: key } = await api.server.createAccount();
    assert.equal((await api.post(person({ email }), { key })).status, 200);
  });

  it('kyc 17: also against what another surface claimed', async () => {
    const email = newEmail();
    const factors = [{ name: 'email', type: 'email', value: email }];
    const { live } = api.server.quickstart;
    const body = { details: { pool_id: live.pool_id, factors } };
    const made = await api.server.call('POST', '/api/v1/identity', { key: live.api_key, body });
    assert.equal(made.status, 200, made.text);
    assertRefused(await api.post(person({ email })), 400, 'email_already_in_use');
  });

  it('kyc 18: of two at once with one e-mail one is made', async () => {
    const email = newEmail();
    const replies = await Promise.all([1, 2].map(() => api.post(person({ email }))));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400]);
    const refused = replies.find(({ status }) => status === 400);
    assert.equal(refused?.body.code, 'email_already_in_use');
    assert.equal((await api.list(`filter[email]=${email}`)).total, 1);
  });

  it('kyc 21: a person has no owner', async () => {
    const { id } = await api.create();
    assertInvalid(await api.post(person({ identityOwner: id })), 'identityOwner:unknown');
    await api.create(person({ identityOwner: null }));
  });

  it('kyc 25: everything that is wrong, at once', async () => {
    assertInvalid(
      await api.post({ type: 'person', name: ' ', email: 'x', address: { city: null }, phone: 1, y: 1 }),
      ...['name:length', 'email:format', 'phone:type', 'tax:required', 'y:unknown'],
      ...['address.city:null', 'address.country:required', 'address.postalCode:required'],
      ...['address.street:required', 'birthday:required', 'gender:required'],
    );
  });

  it('a body is JSON: 415 for another type, 400 for what is none', async () => {
    const type = (text: string) => ({ headers: { 'content-type': text } });
    const text = JSON.stringify(person());
    assertRefused(await api.post(text, type('text/plain')), 415, 'unsupported_media_type');
    assertInvalid(await api.post('{', type('application/json')));
    assertInvalid(await api.post('[]', type('application/json')));
  });
});

describe('POST /identities: owners', () => {
  it('kyc 19: an owner that is not there, or another application’s, is 404', async () => {
    const { secret: key } = await api.server.createAccount();
    const { id: foreign } = await api.create(person(), { key });
    for (const owner of ['01900000-0000-7000-8000-000000000000', foreign]) {
      assertRefused(await api.post(company(owner)), 404, 'identity_owner_not_found');
    }
    assertInvalid(await api.post(company('abc')), 'identityOwner:format');
  });

  it('kyc 20: a company answers for nobody', async () => {
    const { id } = await api.create();
    const { id: owned } = await api.create(company(id));
    assertRefused(await api.post(company(owned)), 422, 'identity_owner_must_be_of_type_person');
  });

  it('the e-mail is told before the owner', async () => {
    const { email } = await api.create();
    const nobody = '01900000-0000-7000-8000-000000000000';
    assertRefused(await api.post(company(nobody, { email })), 400, 'email_already_in_use');
  });
});
