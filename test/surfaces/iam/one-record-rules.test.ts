import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, type Shown } from '../../harness/iam.ts';
import { replace } from '../../harness/iam-patches.ts';
import { assertRefused, type KycApi, person } from '../../harness/kyc.ts';
import { toVerification } from '../../harness/kyc-ids.ts';
import { detailsOf, emailFactor, type PoolsApi, assertError as poolsError } from '../../harness/pools.ts';
import { done, startTogether, type Together } from '../../harness/together.ts';
import { uuidOf, type VerificationApi } from '../../harness/verification.ts';

// Claims, proofs and endings of one record that several surfaces show (DESIGN 4).

let iam: IamApi;
let kyc: KycApi;
let verification: VerificationApi;
let pools: PoolsApi;
let all: Together;
before(async () => {
  all = await startTogether();
  ({ iam, kyc, verification, pools } = all);
});
after(() => all[Symbol.asyncDispose]());

const pathOf = (id: string) => `/admin/identities/${id}`;
const send: Together['send'] = (...sent) => all.send(...sent);
const patch: Together['patch'] = (...sent) => all.patch(...sent);
const put: Together['put'] = (...sent) => all.put(...sent);
const onPools: Together['onPools'] = (...sent) => all.onPools(...sent);
const placed: Together['placed'] = (...sent) => all.placed(...sent);

suite('R3: an e-mail is one identity’s', () => {
  test('of kyc, of pools: 409 here, by POST, PUT and PATCH', async () => {
    const holders = { kyc: newEmail(), pools: newEmail() };
    await kyc.create(person({ email: holders.kyc }));
    detailsOf(await onPools(holders.pools));
    const { id, traits } = await iam.create();
    for (const email of Object.values(holders)) {
      const taken = { traits: { ...traits, email: email.toUpperCase() } };
      assertError(await iam.post('/admin/identities', taken), 409);
      assertError(await iam.put(pathOf(id), taken), 409);
      assertError(await send(id, replace('/traits/email', email)), 409);
    }
    assert.deepEqual((await iam.identity(id)).traits, traits);
  });

  test('of iam, also after a change: 422 on pools, 400 on kyc', async () => {
    const { id, traits } = await iam.create();
    const email = newEmail();
    await patch(id, replace('/traits/email', email));
    poolsError(await onPools(email.toUpperCase()), 422, 'invalid_value');
    assertRefused(await kyc.post(person({ email })), 400, 'email_already_in_use');
    detailsOf(await onPools(traits.email));
  });

  test('that verification left unclaimed is in the way of no other change, and of none that takes it up', async () => {
    const email = newEmail();
    const holder = await iam.create({ traits: { email } });
    const id = uuidOf((await verification.createWith({ email })).id);
    await patch(id, replace('/metadata_public/a', 1));
    await put(id, { traits: { email, username: newEmail() } });
    const other = newEmail();
    await patch(id, replace('/traits/email', other));
    assertError(await send(id, replace('/traits/email', email)), 409);
    done(await iam.delete(pathOf(holder.id)));
    await patch(id, replace('/traits/email', email));
    poolsError(await onPools(email), 422, 'invalid_value');
  });

  test('a username that is a factor of pools and a trait here, too', async () => {
    const username = newEmail().split('@')[0] ?? '';
    const { id } = await iam.create({ traits: { username } });
    const other = await iam.create();
    assertError(await send(other.id, replace('/traits/username', username.toUpperCase())), 409);
    assertError(await send(other.id, replace('/traits/email', 'no address')), 400);
    await patch(id, replace('/traits/username', `${username}2`));
    await patch(other.id, replace('/traits/username', username));
  });
});

suite('R4: an address that was verified', () => {
  const verifiedOf = async (id: string): Promise<Shown> => {
    const [{ value, verified }] = (await iam.identity(id)).verifiable_addresses;
    return [value, verified];
  };

  test('stays so, whichever surface changes something else; another one is pending', async () => {
    const email = newEmail();
    const { id } = await kyc.create(person({ email }));
    await patch(id, replace('/verifiable_addresses/0/verified', true));
    await verification.update(toVerification(id), { first_name: 'Ada' });
    done(await kyc.patch(id, { email: email.toUpperCase() }));
    detailsOf(await pools.put(`/identity/${placed(id)}`, { metadata: { a: 'b' } }));
    assert.deepEqual(await verifiedOf(id), [email, true]);
    const other = newEmail();
    detailsOf(await pools.put(`/identity/${placed(id)}`, { factors: [emailFactor(other)] }));
    assert.deepEqual(await verifiedOf(id), [other, false]);
    done(await kyc.patch(id, { email }));
    assert.deepEqual(await verifiedOf(id), [email, false]);
  });
});

suite('R7: what is told', () => {
  test('names of what changed, and no values', async () => {
    const made = await iam.create({ metadata_admin: 1 });
    const changes = await verification.changesOf(async () => {
      await patch(
        made.id,
        replace('/traits/name/first', 'Ada'),
        replace('/metadata_admin', 'secret words'),
        replace('/state', 'inactive'),
        replace('/verifiable_addresses/0/verified', true),
        {
          op: 'add',
          path: '/credentials/password/config/hashed_password',
          value: '$md5$4QrcOUm6Wau+VuBX8g+IPg==',
        },
      );
      done(await iam.delete(`${pathOf(made.id)}/credentials/password`));
      await put(made.id, { traits: made.traits });
    });
    const told = changes.audit.map(({ action, fields }) => [action, [...fields].sort()]);
    assert.deepEqual(told, [
      [
        'identity.updated',
        ['addresses', 'blocked', 'credentials.password', 'given_name', 'metadata_admin', 'traits'],
      ],
      ['identity.updated', ['credentials.password']],
      ['identity.updated', ['given_name', 'metadata_admin', 'traits']],
    ]);
    assert.equal(changes.events.length, 3);
  });
});
suite('R8: the end', () => {
  test('deleted here it is erased: 404 on kyc, deleted on pools, redacted on verification', async () => {
    const email = newEmail();
    const { id } = await kyc.create(person({ email }));
    const external_ref = newEmail();
    await verification.update(toVerification(id), { external_ref });
    done(await iam.delete(pathOf(id)));
    assertRefused(await kyc.get(`/identities/${id}`), 404, 'identity_not_found');
    const { status, factors, claims, metadata } = await pools.identity(placed(id));
    assert.deepEqual([status, factors, claims, metadata], ['deleted', [], {}, {}]);
    const shown = await verification.identity(toVerification(id));
    assert.deepEqual([shown.status, shown.extracted_data], ['redacted', {}]);
    assert.deepEqual(await verification.find({ email }), []);
    await iam.create({ traits: { email } });
    const left = await iam.server.sql(
      `select 1 from identities where id = $1::uuid and (profile is not null or credentials is not null)
       union all select 1 from identity_keys where identity_id = $1::uuid`,
      [id],
    );
    assert.deepEqual(left, []);
  });

  test('deleted on pools or kyc, redacted on verification: it is not here', async () => {
    const ends: readonly ((id: string) => Promise<unknown>)[] = [
      async (id) => detailsOf(await pools.delete(`/identity/${placed(id)}`)),
      async (id) => done(await kyc.delete(id)),
      async (id) => done(await verification.delete(`/identities/${toVerification(id)}`)),
    ];
    for (const end of ends) {
      const { id, traits, external_id } = await iam.create({ external_id: newEmail() });
      await end(id);
      assertError(await iam.get(pathOf(id)), 404);
      assertError(await iam.put(pathOf(id), { traits }), 404);
      assertError(await send(id, replace('/metadata_public', 1)), 404);
      assertError(await iam.delete(pathOf(id)), 404);
      assertError(await iam.delete(`${pathOf(id)}/credentials/totp`), 404);
      await iam.create({ traits, external_id });
    }
  });

  test('a blocked one that is deleted elsewhere leaves its e-mail reserved', async () => {
    const { id, traits } = await iam.create();
    await patch(id, replace('/state', 'inactive'));
    done(await kyc.delete(id));
    assertError(await iam.post('/admin/identities', { traits }), 409);
    const other = await iam.create();
    assertError(await send(other.id, replace('/traits/email', traits.email)), 409);
    assertRefused(await kyc.post(person(traits)), 400, 'email_already_in_use');
  });

  test('archived on verification it is here as ever', async () => {
    const { id } = await iam.create();
    done(await verification.post(`/identities/${toVerification(id)}/archive`));
    await patch(id, replace('/metadata_public/a', 1));
    assert.deepEqual((await iam.identity(id)).metadata_public, { a: 1 });
  });

  test('merged into another on verification it is not here; the other is', async () => {
    const [one, two] = [await verification.create(), await verification.create()];
    const pair = { primary_identity_id: two.id, secondary_identity_id: one.id };
    done(await verification.post('/identities/merge', pair));
    assertError(await iam.get(pathOf(uuidOf(one.id))), 404);
    await iam.identity(uuidOf(two.id));
  });
});
