import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, type Shown } from '../../harness/iam.ts';
import { replace } from '../../harness/iam-patches.ts';
import { assertRefused, type KycApi, person } from '../../harness/kyc.ts';
import { toVerification } from '../../harness/kyc-ids.ts';
import { detailsOf, emailFactor, type PoolsApi } from '../../harness/pools.ts';
import { done, startTogether, type Together } from '../../harness/together.ts';
import { uuidOf, type VerificationApi } from '../../harness/verification.ts';

// What goes in here and is looked at elsewhere, and the other way round (DESIGN 4).

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
const emailOnPools: Together['emailOnPools'] = (...sent) => all.emailOnPools(...sent);
const placed: Together['placed'] = (...sent) => all.placed(...sent);

suite('made elsewhere, it is read, changed and deleted here', () => {
  const makers: Readonly<Record<string, (email: string) => Promise<string>>> = {
    kyc: async (email) => (await kyc.create(person({ email }))).id,
    verification: async (email) => uuidOf((await verification.createWith({ email })).id),
    pools: async (email) => uuidOf(detailsOf(await onPools(email)).id),
  };
  for (const [surface, make] of Object.entries(makers))
    test(`on ${surface}`, async () => {
      const email = newEmail();
      const id = await make(email);
      const shown = await iam.identity(id);
      assert.equal(shown.traits.email, email);
      assert.deepEqual([shown.schema_id, shown.state], ['default', 'active']);
      assert.deepEqual(shown.credentials.password.identifiers, [email]);
      assert.deepEqual(shown.verifiable_addresses[0].verified, false);
      // As it was read, with something more.
      const name = { first: 'Ada', last: 'Lovelace' };
      assert.deepEqual((await put(id, { traits: { ...shown.traits, name } })).traits.name, name);
      const other = newEmail();
      assert.equal((await patch(id, replace('/traits/email', other))).traits.email, other);
      assert.equal(await emailOnPools(id), other);
      assert.equal((await verification.identity(toVerification(id))).extracted_data.first_name, 'Ada');
      assert.equal((await kyc.identity(id)).email, other);
      assert.deepEqual(await verification.find({ email }), []);
      done(await iam.delete(pathOf(id)));
      assertError(await iam.get(pathOf(id)), 404);
      detailsOf(await onPools(other));
    });

  test('what another surface’s rules let in, and the schema would not, is in nobody’s way', async () => {
    const { id } = await kyc.create(person({ phone: { number: '910000000' } }));
    const { traits } = await iam.identity(id);
    assert.equal(traits.phone, '910000000');
    await patch(id, replace('/metadata_public/a', 1));
    await patch(id, replace('/traits/username', newEmail()));
    await put(id, { traits, state: 'inactive' });
    await put(id, { traits: { ...traits, phone: '+351910000000' } });
    assertError(await iam.put(pathOf(id), { traits: { ...traits, phone: '920000000' } }), 400, /phone/);
    assertError(await iam.post('/admin/identities', { traits: { phone: '910000000' } }), 400, /phone/);
    assert.equal((await kyc.identity(id)).phone.number, '+351910000000');
  });
});

suite('made here, it is elsewhere (R11)', () => {
  test('read and changed on every surface, and read back', async () => {
    const email = newEmail();
    const { id } = await iam.create({ traits: { email, name: { first: 'Ada', last: 'Lovelace' } } });
    const there = await kyc.identity(id);
    assert.deepEqual([there.type, there.name, there.email], ['person', 'Ada Lovelace', email]);
    const { status, extracted_data } = await verification.identity(toVerification(id));
    assert.deepEqual([status, extracted_data.last_name], ['pending', 'Lovelace']);
    assert.deepEqual(await verification.find({ email }), [toVerification(id)]);
    assert.equal(await emailOnPools(id), email);

    const [second, third, fourth] = [newEmail(), newEmail(), newEmail()];
    done(await kyc.patch(id, { email: second }));
    assert.equal((await iam.identity(id)).traits.email, second);
    await verification.update(toVerification(id), { email: third, first_name: 'Augusta' });
    assert.deepEqual((await iam.identity(id)).traits.name, { first: 'Augusta', last: 'Lovelace' });
    detailsOf(await pools.put(`/identity/${placed(id)}`, { factors: [emailFactor(fourth)] }));
    const shown = await iam.identity(id);
    assert.equal(shown.traits.email, fourth);
    assert.deepEqual(shown.credentials.password.identifiers, [fourth]);
    assert.deepEqual(
      shown.verifiable_addresses.map(({ value }: Shown) => value),
      [fourth],
    );
    for (const free of [email, second, third]) await iam.create({ traits: { email: free } });
  });

  test('patches here beside changes elsewhere: none is lost', async () => {
    const { id } = await iam.create();
    const [email, first] = [newEmail(), 'Ada'];
    const replies = await Promise.all([
      send(id, replace('/traits/username', 'ada')),
      send(id, replace('/metadata_public/a', 1)),
      kyc.patch(id, { email }),
      verification.patch(toVerification(id), { first_name: first }),
      pools.put(`/identity/${placed(id)}`, { metadata: { a: 'b' } }),
    ]);
    for (const reply of replies) done(reply);
    const { traits, metadata_public } = await iam.identity(id);
    assert.deepEqual(traits, { email, username: 'ada', name: { first } });
    assert.deepEqual(metadata_public, { a: 1 });
    assert.deepEqual((await pools.identity(placed(id))).metadata, { a: 'b' });
  });
});

suite('R1: what was confirmed', () => {
  const inSandbox = () => iam.sandbox;
  const confirmed = async (traits: object): Promise<string> => {
    const { id } = await iam.create({ traits: { email: newEmail(), ...traits } }, inSandbox());
    const { email: _email, name: _name, ...more } = person();
    done(await kyc.patch(id, more, kyc.sandbox));
    await kyc.simulate('approve', { identityId: id });
    return id;
  };
  const sandboxed = (id: string) => iam.get(pathOf(id), inSandbox());

  test('a name cannot be changed by PUT or PATCH, nor left out, nor taken out of the schema’s reach', async () => {
    const name = { first: 'Ada', last: 'Lovelace' };
    const id = await confirmed({ name });
    const old = (await sandboxed(id)).body;
    const { traits } = old;
    const path = pathOf(id);
    const refused = [
      await iam.put(path, { traits: { ...traits, name: { first: 'Eve' } } }, inSandbox()),
      await iam.put(path, { traits: { email: traits.email } }, inSandbox()),
      await iam.patch(path, [replace('/traits/name/last', 'Byron')], inSandbox()),
      await iam.patch(path, [{ op: 'remove', path: '/traits/name' }], inSandbox()),
    ];
    for (const reply of refused) assertError(reply, 400, /traits\.name\.\w+: .*confirmed/);
    assert.deepEqual((await sandboxed(id)).body, old);
    assertRefused(
      await kyc.patch(id, { name: 'Eve' }, kyc.sandbox),
      ...([422, 'identity_already_confirmed', 'name:immutable'] as const),
    );
  });

  test('everything else may be', async () => {
    const name = { first: 'Ada', last: 'Lovelace' };
    const id = await confirmed({ name });
    const email = newEmail();
    const replaced = await iam.put(pathOf(id), { traits: { email, name } }, inSandbox());
    assert.equal(done(replaced).traits.email, email);
    const operations = [replace('/traits/username', 'ada'), replace('/traits/name/first', 'Ada')];
    done(await iam.patch(pathOf(id), operations, inSandbox()));
    assert.equal((await kyc.get(`/identities/${id}`, kyc.sandbox)).body.data.identityConfirmed, true);
  });
});

suite('R2: inactive is blocked', () => {
  const block = async (id: string, to: 'block' | 'unblock') =>
    done(await kyc.call('POST', `/review/identities/${id}/${to}`));

  test('what is done here is seen on kyc, and the other way round, with its time', async () => {
    const { id } = await iam.create();
    iam.clock.advance(60);
    const inactive = await patch(id, replace('/state', 'inactive'));
    assert.equal((await kyc.identity(id)).blocked, true);
    iam.clock.advance(60);
    await block(id, 'unblock');
    const active = await iam.identity(id);
    assert.equal(active.state, 'active');
    assert.ok(active.state_changed_at > inactive.state_changed_at);
    await block(id, 'block');
    assert.equal((await iam.identity(id)).state, 'inactive');
    await put(id, { traits: active.traits, state: 'active' });
    assert.equal((await kyc.identity(id)).blocked, false);
  });

  test('totals of kyc count it', async () => {
    const { id } = await iam.create();
    const totals = async () => (await kyc.list('filter[blocked]=true')).total;
    const old = await totals();
    await patch(id, replace('/state', 'inactive'));
    assert.equal(await totals(), old + 1);
    done(await iam.delete(pathOf(id)));
    assert.equal(await totals(), old);
  });

  test('no provider is asked about it; once it is active again, at once', async () => {
    const { id } = await kyc.create();
    await patch(id, replace('/state', 'inactive'));
    await kyc.server.runJob('kyc');
    assert.equal((await kyc.identity(id)).kycStatus[0].status, 'pending');
    await patch(id, replace('/state', 'active'));
    await kyc.server.runJob('kyc');
    assert.equal((await kyc.identity(id)).kycStatus[0].status, 'exception');
  });
});
