import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, type Shown, startIam, UNKNOWN } from '../../harness/iam.ts';
import { add, type Patches, patchesOf, remove, replace } from '../../harness/iam-patches.ts';

let api: IamApi;
let patches: Patches;
before(async () => {
  api = await startIam();
  patches = patchesOf(api);
});
after(() => api[Symbol.asyncDispose]());

const patch: Patches['patch'] = (...sent) => patches.patch(...sent);
const assertRefused: Patches['assertRefused'] = (...sent) => patches.assertRefused(...sent);

suite('traits, metadata and the external id', () => {
  test('iam 36 another e-mail: addresses and identifiers follow', async () => {
    const made = await api.create();
    const email = newEmail();
    api.clock.advance(60);
    const shown = await patch(made.id, replace('/traits/email', email));
    assert.equal(shown.traits.email, email);
    assert.deepEqual(shown.credentials.password.identifiers, [email]);
    for (const kind of ['verifiable_addresses', 'recovery_addresses']) {
      assert.deepEqual(
        shown[kind].map(({ value }: Shown) => value),
        [email],
      );
      assert.notEqual(shown[kind][0].id, made[kind][0].id);
    }
    assert.ok(shown.updated_at > made.updated_at);
    for (const filter of ['credentials_identifier', 'preview_credentials_identifier_similar']) {
      const found = async (value: string) =>
        (await api.get(`/admin/identities?${filter}=${value}`)).body.map(({ id }: Shown) => id);
      assert.deepEqual([await found(made.traits.email), await found(email)], [[], [made.id]]);
    }
    await api.create({ traits: made.traits });
    assert.deepEqual(await api.identity(made.id), shown);
  });

  test('iam 39 replacing what is not there adds it, with what is missing above it', async () => {
    const { id } = await api.create();
    const shown = await patch(
      id,
      replace('/metadata_public/a', 1),
      add('/metadata_admin/deep/list/-', 'x'),
      add('/traits/name/first', 'Ada'),
    );
    assert.deepEqual(shown.metadata_public, { a: 1 });
    assert.deepEqual(shown.metadata_admin, { deep: { list: ['x'] } });
    assert.deepEqual(shown.traits.name, { first: 'Ada' });
  });

  test('pointers are unescaped, lists changed by position, in the order of the operations', async () => {
    const { id } = await api.create({ metadata_public: { 'a/b': 1, 'm~n': 2, list: ['x', 'y'] } });
    const shown = await patch(
      id,
      replace('/metadata_public/a~1b', 3),
      remove('/metadata_public/m~0n'),
      add('/metadata_public/list/0', 'w'),
      remove('/metadata_public/list/2'),
      replace('/metadata_public/list/1', 'z'),
    );
    assert.deepEqual(shown.metadata_public, { 'a/b': 3, list: ['w', 'z'] });
  });

  test('what is removed, or null, is cleared', async () => {
    const { id } = await api.create({
      ...{ metadata_public: 1, metadata_admin: 2, external_id: newEmail() },
      traits: { email: newEmail(), username: newEmail() },
    });
    const shown = await patch(
      id,
      remove('/metadata_public'),
      replace('/metadata_admin', null),
      remove('/external_id'),
      remove('/traits/username'),
    );
    assert.deepEqual([shown.metadata_public, shown.metadata_admin], [null, null]);
    assert.equal('external_id' in shown, false);
    assert.deepEqual(Object.keys(shown.traits), ['email']);
  });

  test('an external id finds; the empty text clears it', async () => {
    const { id } = await api.create();
    const external_id = newEmail();
    assert.equal((await patch(id, add('/external_id', external_id))).external_id, external_id);
    const path = `/admin/identities/by/external/${encodeURIComponent(external_id)}`;
    assert.equal((await api.get(path)).body.id, id);
    await patch(id, replace('/external_id', ''));
    assertError(await api.get(path), 404);
  });

  test('another schema judges the traits from then on', async () => {
    await api.setSchema('open', { properties: { email: { type: 'string' }, age: { type: 'number' } } });
    const { id } = await api.create();
    const shown = await patch(id, replace('/schema_id', 'open'), add('/traits/age', 7));
    assert.deepEqual([shown.schema_id, shown.traits.age, shown.credentials], ['open', 7, {}]);
    await assertRefused(id, [replace('/schema_id', 'nope')], /schema_id/);
    await assertRefused(id, [replace('/schema_id', 'default')], /age/);
  });

  test('an organisation is set by it, and taken away', async () => {
    const { id } = await api.create();
    assert.equal((await patch(id, add('/organization_id', UNKNOWN))).organization_id, UNKNOWN);
    assert.equal((await patch(id, remove('/organization_id'))).organization_id, null);
    await assertRefused(id, [add('/organization_id', 'x')], /organization_id/);
  });

  test('no operation at all is a change of nothing', async () => {
    const made = await api.create({ metadata_admin: 1 });
    assert.deepEqual(await patch(made.id), made);
  });

  test('what the server alone says is passed over', async () => {
    const made = await api.create({ metadata_admin: 1 });
    const shown = await patch(
      made.id,
      replace('/schema_url', 'x'),
      replace('/created_at', '2020-01-01T00:00:00Z'),
      replace('/updated_at', 'x'),
      replace('/recovery_addresses/0/value', newEmail()),
      replace('/verifiable_addresses/0/id', UNKNOWN),
      add('/whatever', 1),
    );
    assert.deepEqual(shown, made);
  });
});

suite('state', () => {
  test('iam 41 only two states', async () => {
    const { id } = await api.create();
    for (const state of ['foo', '', null, 7, ['active']])
      await assertRefused(id, [replace('/state', state)], /active, inactive/);
    await assertRefused(id, [remove('/state')], /active, inactive/);
  });

  test('a change says since when; the same state again does not', async () => {
    const made = await api.create();
    api.clock.advance(60);
    const shown = await patch(made.id, replace('/state', 'inactive'));
    assert.deepEqual([shown.state, shown.state_changed_at], ['inactive', shown.updated_at]);
    assert.ok(shown.state_changed_at > made.state_changed_at);
    api.clock.advance(60);
    const again = await patch(made.id, replace('/state', 'inactive'));
    assert.equal(again.state_changed_at, shown.state_changed_at);
    assert.equal((await patch(made.id, replace('/state', 'active'))).state, 'active');
  });

  test('since when is not denied, as long as it is a time', async () => {
    const { id } = await api.create();
    const shown = await patch(id, replace('/state_changed_at', '2020-01-02T03:04:05Z'));
    assert.equal(shown.state_changed_at, '2020-01-02T03:04:05.000Z');
    await assertRefused(id, [replace('/state_changed_at', 'yesterday')], /state_changed_at/);
  });
});

suite('verifiable addresses', () => {
  const at = (field: string) => `/verifiable_addresses/0/${field}`;

  test('verified is since now, and no longer since ever', async () => {
    const { id } = await api.create();
    api.clock.advance(60);
    const shown = await patch(id, replace(at('verified'), true));
    const [address] = shown.verifiable_addresses;
    assert.deepEqual([address.verified, address.status], [true, 'completed']);
    assert.deepEqual([address.verified_at, address.updated_at], [shown.updated_at, shown.updated_at]);
    const [back] = (await patch(id, replace(at('verified'), false))).verifiable_addresses;
    assert.deepEqual([back.verified, back.status, 'verified_at' in back], [false, 'pending', false]);
    assert.equal(back.id, address.id);
  });

  test('a time and a status that are said are kept', async () => {
    const { id } = await api.create();
    const verified_at = '2020-01-02T03:04:05.000Z';
    const operations = [replace(at('verified'), true), add(at('verified_at'), verified_at)];
    const [address] = (await patch(id, ...operations)).verifiable_addresses;
    assert.deepEqual([address.verified_at, address.status], [verified_at, 'completed']);
    // What is said of something else leaves it alone.
    const [kept] = (await patch(id, add('/metadata_public/a', 1))).verifiable_addresses;
    assert.deepEqual(kept, address);
    const [sent] = (await patch(id, replace(at('verified'), false), replace(at('status'), 'sent')))
      .verifiable_addresses;
    assert.deepEqual([sent.verified, sent.status, 'verified_at' in sent], [false, 'sent', false]);
  });

  test('one that is taken out is as nobody ever saw it', async () => {
    const email = newEmail();
    const { id } = await api.create({
      traits: { email },
      verifiable_addresses: [{ value: email, verified: true }],
    });
    const [address] = (await patch(id, remove('/verifiable_addresses/0'))).verifiable_addresses;
    assert.deepEqual([address.value, address.verified, address.status], [email, false, 'pending']);
  });

  test('one that traits do not have is dropped; a new trait may come verified', async () => {
    const { id } = await api.create();
    const stranger = { value: newEmail(), via: 'email', verified: true, status: 'completed' };
    const shown = await patch(id, add('/verifiable_addresses/-', stranger));
    assert.equal(shown.verifiable_addresses.length, 1);
    const email = newEmail();
    const [address, ...others] = (
      await patch(
        id,
        replace('/traits/email', email),
        add('/verifiable_addresses/-', { ...stranger, value: email }),
      )
    ).verifiable_addresses;
    assert.deepEqual([address.value, address.verified, others], [email, true, []]);
  });

  test('an old address that is verified says nothing of the new one', async () => {
    const { id } = await api.create();
    const operations = [replace(at('verified'), true), replace('/traits/email', newEmail())];
    const [address] = (await patch(id, ...operations)).verifiable_addresses;
    assert.equal(address.verified, false);
  });

  test('what is no address is refused', async () => {
    const { id } = await api.create();
    await assertRefused(id, [replace(at('verified'), 'yes')], /verifiable_addresses\[0\]\.verified/);
    await assertRefused(id, [replace(at('status'), 'lost')], /verifiable_addresses\[0\]\.status/);
    await assertRefused(id, [replace('/verifiable_addresses', 7)], /verifiable_addresses/);
    for (const verified_at of ['soon', '2016-12-31T23:59:60Z', '2020-13-01T00:00:00Z'])
      await assertRefused(id, [replace(at('verified'), true), add(at('verified_at'), verified_at)]);
    await assertRefused(id, [replace('/verifiable_addresses/1/verified', true)]);
  });
});
