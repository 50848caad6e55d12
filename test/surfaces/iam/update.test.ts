import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, type Shown, startIam, UNKNOWN } from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const pathOf = (id: string) => `/admin/identities/${id}`;
const put = (id: string, body: unknown) => api.put(pathOf(id), body);
const replace = async (id: string, body: unknown): Promise<Shown> => {
  const reply = await put(id, body);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};

/** Whom somebody who types this in would be. */
const foundBy = async (identifier: string): Promise<string[]> => {
  const query = `credentials_identifier=${encodeURIComponent(identifier)}`;
  const reply = await api.get(`/admin/identities?${query}`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.map(({ id }: Shown) => id);
};

const verified = (value: string) => [{ value, via: 'email', verified: true }];

suite('200', () => {
  test('iam 30 what is left out is cleared, and credentials stay', async () => {
    const made = await api.create({
      metadata_public: { tier: 1 },
      metadata_admin: ['note'],
      external_id: newEmail(),
      credentials: { password: { config: { password: 'secret' } } },
    });
    const { traits } = made;
    const old = await api.identity(made.id, 'password');
    const shown = await replace(made.id, { schema_id: 'default', traits, state: 'active' });
    assert.deepEqual([shown.metadata_public, shown.metadata_admin], [null, null]);
    assert.equal('external_id' in shown, false);
    const now = await api.identity(made.id, 'password');
    assert.deepEqual(now.credentials.password, old.credentials.password);
    const gone = encodeURIComponent(made.external_id);
    assertError(await api.get(`/admin/identities/by/external/${gone}`), 404);
  });

  test('iam 30 traits that are left out are none, and nobody is found by them', async () => {
    const { id, traits } = await api.create();
    const shown = await replace(id, {});
    assert.deepEqual(shown.traits, {});
    assert.equal('verifiable_addresses' in shown, false);
    assert.equal('recovery_addresses' in shown, false);
    assert.deepEqual(await foundBy(traits.email), []);
    await api.create({ traits });
  });

  test('iam 31 an address whose trait stays keeps its id, and that it is verified', async () => {
    const email = newEmail();
    const made = await api.create({ traits: { email }, verifiable_addresses: verified(email) });
    api.clock.advance(60);
    const traits = { email: email.toUpperCase(), name: { first: 'Ada' } };
    const shown = await replace(made.id, { traits });
    assert.deepEqual(shown.verifiable_addresses, made.verifiable_addresses);
    assert.deepEqual(shown.recovery_addresses, made.recovery_addresses);
    assert.deepEqual(shown.traits, traits);
  });

  test('iam 32 a new e-mail is pending; the old one is gone and finds nobody', async () => {
    const [email, next] = [newEmail(), newEmail()];
    const made = await api.create({ traits: { email }, verifiable_addresses: verified(email) });
    assert.deepEqual(await foundBy(email), [made.id]);
    api.clock.advance(60);
    const shown = await replace(made.id, { traits: { email: next } });
    const [address, ...others] = shown.verifiable_addresses;
    assert.deepEqual(
      [others.length, address.value, address.verified, address.status, 'verified_at' in address],
      [0, next, false, 'pending', false],
    );
    assert.notEqual(address.id, made.verifiable_addresses[0].id);
    assert.equal(address.created_at, shown.updated_at);
    assert.deepEqual(await foundBy(email), []);
    assert.deepEqual(await foundBy(next), [made.id]);
    // Back again it is as new.
    const [back] = (await replace(made.id, { traits: { email } })).verifiable_addresses;
    assert.equal(back.verified, false);
  });

  test('iam 33 an inactive state says since when', async () => {
    const made = await api.create();
    api.clock.advance(60);
    const shown = await replace(made.id, { traits: made.traits, state: 'inactive' });
    assert.equal(shown.state, 'inactive');
    assert.equal(shown.state_changed_at, shown.updated_at);
    assert.notEqual(shown.state_changed_at, made.state_changed_at);
  });

  test('iam 34 the same state, or none, changes nothing of that, but the time of the update', async () => {
    const made = await api.create();
    for (const state of ['active', '', undefined]) {
      api.clock.advance(60);
      const old = await api.identity(made.id);
      const shown = await replace(made.id, { traits: made.traits, state });
      assert.deepEqual([shown.state, shown.state_changed_at], ['active', made.state_changed_at]);
      assert.ok(shown.updated_at > old.updated_at);
    }
  });

  test('a blank schema stays what it is, and unknown properties are passed over', async () => {
    const { id, traits } = await api.create();
    const shown = await replace(id, { schema_id: '', traits, id: UNKNOWN, whatever: 1 });
    assert.deepEqual([shown.id, shown.schema_id, 'whatever' in shown], [id, 'default', false]);
  });

  test('imports are added: the password replaced, accounts and codes appended', async () => {
    const [one, two] = [newEmail(), newEmail()];
    const oidc = (subject: string) => ({ config: { providers: [{ provider: 'google', subject }] } });
    const lookup = (code: string) => ({ config: { codes: [{ code }] } });
    const { id, traits } = await api.create({
      credentials: {
        ...{ oidc: oidc(one), lookup_secret: lookup('aaaa') },
        password: { config: { password: 'first' } },
      },
    });
    const old = await api.identity(id, 'password');
    await replace(id, {
      traits,
      credentials: {
        ...{ oidc: oidc(two), lookup_secret: lookup('bbbb') },
        password: { config: { hashed_password: '$md5$4QrcOUm6Wau+VuBX8g+IPg==' } },
      },
    });
    const { credentials } = await api.identity(id, 'password', 'lookup_secret');
    assert.deepEqual(credentials.oidc.identifiers, [`google:${one}`, `google:${two}`].sort());
    assert.deepEqual(credentials.lookup_secret.config.recovery_codes, [{ code: 'aaaa' }, { code: 'bbbb' }]);
    assert.equal(credentials.password.config.hashed_password, '$md5$4QrcOUm6Wau+VuBX8g+IPg==');
    assert.equal(credentials.password.created_at, old.credentials.password.created_at);
    assert.deepEqual(await foundBy(`google:${two}`), [id]);
  });

  test('iam 78 a schema without the trait anymore: its identifier disappears with the next update', async () => {
    const marked = { type: 'string', 'ory.sh/kratos': { credentials: { password: { identifier: true } } } };
    await api.setSchema('badge', { properties: { badge: marked, desk: marked } });
    const badge = newEmail().replace('@', '-at-');
    const desk = `desk ${badge}`;
    const { id, credentials } = await api.create({ schema_id: 'badge', traits: { badge, desk } });
    assert.deepEqual(credentials.password.identifiers, [badge, desk].sort());
    await api.setSchema('badge', { properties: { desk: marked } });
    const shown = await replace(id, { schema_id: 'badge', traits: { badge, desk } });
    assert.deepEqual(shown.credentials.password.identifiers, [desk]);
    assert.deepEqual(await foundBy(badge), []);
    assert.deepEqual(await foundBy(desk), [id]);
    await api.create({ schema_id: 'badge', traits: { desk: badge } });
  });

  test('a schema that becomes stricter judges what changes, and lets be what nobody touches', async () => {
    const at = (minLength: number) => ({
      properties: { code: { type: 'string', minLength } },
      required: ['code'],
    });
    await api.setSchema('codes', at(1));
    const { id } = await api.create({ schema_id: 'codes', traits: { code: 'a' } });
    await api.setSchema('codes', at(3));
    await replace(id, { traits: { code: 'a', more: 1 } });
    assertError(await put(id, { traits: { code: 'b' } }), 400, /length must be >= 3/);
    assertError(await put(id, { traits: { more: 1 } }), 400, /missing/);
    await replace(id, { traits: { code: 'abc' } });
    assertError(await put(id, { traits: { code: 'a' } }), 400);
  });

  test('another schema judges, and says what the identifiers are', async () => {
    await api.setSchema('free', { properties: { email: { type: 'string' } } });
    const { id, traits } = await api.create();
    const shown = await replace(id, { schema_id: 'free', traits });
    assert.equal(shown.schema_id, 'free');
    assert.deepEqual(shown.credentials, {});
    assert.deepEqual(await foundBy(traits.email), []);
  });

  test('20 replacements at once leave one of them', async () => {
    const { id, traits } = await api.create();
    const bodies = Array.from({ length: 20 }, (_, n) => ({
      traits: { ...traits, name: { first: `${n}`, last: `${n}` } },
      metadata_public: { n: `${n}` },
    }));
    const replies = await Promise.all(bodies.map((body) => put(id, body)));
    for (const { status, text } of replies) assert.ok([200, 409].includes(status), text);
    const shown = await api.identity(id);
    const { n } = shown.metadata_public;
    assert.deepEqual(shown.traits.name, { first: n, last: n });
  });
});

suite('400', () => {
  test('iam 35 an empty body, another content type, no object', async () => {
    const { id } = await api.create();
    assertError(await put(id, ''), 400);
    assertError(await put(id, []), 400);
    const headers = { 'content-type': 'text/plain' };
    assertError(await api.put(pathOf(id), '{}', { headers }), 400);
  });

  test('traits against the schema, an unknown schema or state, a hash of no format: nothing is stored', async () => {
    const made = await api.create();
    const { id, traits } = made;
    assertError(await put(id, { traits: { email: 'none' } }), 400, /^I\[#\/traits\/email\]/);
    assertError(await put(id, { traits, schema_id: 'nope' }), 400, /schema/);
    assertError(await put(id, { traits, state: 'asleep' }), 400, /active, inactive/);
    const credentials = { password: { config: { hashed_password: '$nope$' } } };
    assertError(await put(id, { traits, credentials }), 400, /hashed_password/);
    assert.deepEqual(await api.identity(id), { ...made, metadata_admin: null });
  });
});

suite('404 and 409', () => {
  test('iam 35 an unknown id, whatever is sent', async () => {
    for (const id of [UNKNOWN, 'not-a-uuid']) {
      assertError(await put(id, { traits: {} }), 404);
      assertError(await put(id, { traits: { email: 7 } }), 404);
    }
  });

  test('an identity of another pool is not there', async () => {
    const { id } = await api.create();
    assertError(await api.put(pathOf(id), { traits: {} }, api.sandbox), 404);
  });

  test('an e-mail, an account or an external id that another identity has', async () => {
    const external_id = newEmail();
    const account = { oidc: { config: { providers: [{ provider: 'google', subject: external_id }] } } };
    const holder = await api.create({ external_id, credentials: account });
    const { id, traits } = await api.create();
    assertError(await put(id, { traits: { email: holder.traits.email.toUpperCase() } }), 409);
    assertError(await put(id, { traits, external_id }), 409);
    assertError(await put(id, { traits, credentials: account }), 409);
    const shown = await api.identity(id);
    assert.deepEqual([shown.traits, 'oidc' in shown.credentials], [traits, false]);
  });
});

suite('DELETE', () => {
  test('iam 45 what is deleted is not there, and cannot be deleted, or changed', async () => {
    const made = await api.create({ external_id: newEmail() });
    const { id, traits, external_id } = made;
    const reply = await api.delete(pathOf(id));
    assert.deepEqual([reply.status, reply.text], [204, '']);
    assertError(await api.get(pathOf(id)), 404);
    assertError(await api.delete(pathOf(id)), 404);
    assertError(await put(id, { traits }), 404);
    assertError(await api.patch(pathOf(id), []), 404);
    assertError(await api.delete(`${pathOf(id)}/credentials/totp`), 404);
    assertError(await api.get(`/admin/identities/by/external/${external_id}`), 404);
    assert.deepEqual(await foundBy(traits.email), []);
  });

  test('its e-mail, its accounts and its external id are free', async () => {
    const external_id = newEmail();
    const credentials = { oidc: { config: { providers: [{ provider: 'google', subject: external_id }] } } };
    const body = { traits: { email: external_id }, external_id, credentials };
    const { id } = await api.create(body);
    assert.equal((await api.delete(pathOf(id))).status, 204);
    await api.create(body);
  });

  test('an identity of another pool, and no id at all: 404', async () => {
    const { id } = await api.create();
    assertError(await api.delete(pathOf(id), api.sandbox), 404);
    assertError(await api.delete(pathOf('not-a-uuid')), 404);
    await api.identity(id);
  });

  test('two at once: one deletes', async () => {
    const { id } = await api.create();
    const replies = await Promise.all([api.delete(pathOf(id)), api.delete(pathOf(id))]);
    const statuses = replies.map(({ status }) => status).sort();
    assert.ok(statuses[0] === 204 && [404, 409].includes(statuses[1] ?? 0), `${statuses}`);
  });
});

suite('401 and 403', () => {
  test('without a key, and with one that may only read', async () => {
    const { id, traits } = await api.create();
    const { secret: key } = await api.server.createKey({ grants: ['identities:read'] });
    for (const [options, status] of [
      [{ key: null }, 401],
      [{ key }, 403],
    ] as const) {
      assertError(await api.put(pathOf(id), { traits }, options), status);
      assertError(await api.patch(pathOf(id), [], options), status);
      assertError(await api.delete(pathOf(id), options), status);
      assertError(await api.delete(`${pathOf(id)}/credentials/totp`, options), status);
    }
  });
});
