import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { company, type KycApi, person, startKyc } from '../harness/kyc.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const ROUNDS = 12;

/** A person who has everything that a company needs but an owner. */
const convertible = () =>
  api.create(person({ tax: { country: 'PT', idNumber: '123456789', formationRegion: 'Braga' } }));

/** No company is owned by a company. */
async function assertPersonsOwn(): Promise<void> {
  const rows = await api.server.sql(
    `select c.id from identities c join identities o on o.id::text = c.identity_owner
     where c.kyc_type = 'company' and o.kyc_type = 'company'`,
  );
  assert.deepEqual(rows, []);
}

test('a person who becomes a company while companies are made for it owns none of them', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [owner, other] = [await convertible(), await api.create()];
    const become = () => api.patch(owner.id, { type: 'company', identityOwner: other.id });
    const made = () => api.post(company(owner.id));
    const [one, two, changed, three] = await Promise.all([made(), made(), become(), made()]);
    for (const { status, body } of [one, two, changed, three])
      assert.ok(status === 200 || body.code === 'identity_owner_must_be_of_type_person', body.code);
    await assertPersonsOwn();
  }
});

test('nor does it while companies are handed over to it', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [owner, other] = [await convertible(), await api.create()];
    const companies = await Promise.all([1, 2, 3].map(() => api.create(company(other.id))));
    const replies = await Promise.all([
      ...companies.map(({ id }) => api.patch(id, { identityOwner: owner.id })),
      api.patch(owner.id, { type: 'company', identityOwner: other.id }),
    ]);
    for (const { status, body } of replies)
      assert.ok(status === 200 || body.code === 'identity_owner_must_be_of_type_person', body.code);
    await assertPersonsOwn();
  }
});

test('of two persons who become each other’s companies at once, one does', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [one, two] = [await convertible(), await convertible()];
    const replies = await Promise.all([
      api.patch(one.id, { type: 'company', identityOwner: two.id }),
      api.patch(two.id, { type: 'company', identityOwner: one.id }),
    ]);
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 422]);
    await assertPersonsOwn();
  }
});
