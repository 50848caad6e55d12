import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  assertError,
  type IamApi,
  newEmail,
  type Shown,
  startIam,
  UNKNOWN,
  UUID,
} from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const post = (body: unknown) => api.post('/admin/identities', body);

suite('create', () => {
  test('iam 21 valid traits: 201, Location, active since now, the address of the schema', async () => {
    const email = newEmail();
    const reply = await post({ schema_id: 'default', traits: { email } });
    assert.equal(reply.status, 201, reply.text);
    const { id, schema_url, state, state_changed_at, created_at, traits } = reply.body;
    assert.match(id, UUID);
    assert.equal(reply.headers.get('location'), `${api.server.url}/admin/identities/${id}`);
    assert.deepEqual([state, traits], ['active', { email }]);
    assert.equal(state_changed_at, created_at);
    assert.ok(schema_url.endsWith(`/schemas/${Buffer.from('default').toString('base64url')}`));
  });

  test('iam 22 a property that there is not is named: id, schema_url, deep ones', async () => {
    const traits = { email: newEmail() };
    assertError(await post({ id: UNKNOWN, traits }), 400, /^id/);
    assertError(await post({ schema_url: 'x', traits }), 400, /^schema_url/);
    const credentials = { password: { config: { pasword: 'x' } } };
    assertError(await post({ traits, credentials }), 400, /credentials\.password\.config\.pasword/);
    // Nothing of them is left behind.
    assert.equal((await post({ traits })).status, 201);
  });

  test('iam 23 an unknown schema, a trait of a wrong type, an unknown state', async () => {
    assertError(await post({ schema_id: 'nope', traits: {} }), 400, /schema/);
    assertError(await post({ traits: { email: 7 } }), 400, /^I\[#\/traits\/email\] S\[#\/properties\/traits/);
    assertError(await post({ traits: {}, state: 'asleep' }), 400, /identity state is not valid/);
    assertError(await post({ traits: [] }), 400, /I\[#\/traits\]/);
    assertError(await post({ traits: { nickname: 'x' } }), 400);
  });

  test('iam 24 an e-mail that is there, in other letter case: 409', async () => {
    const email = newEmail();
    await api.create({ traits: { email } });
    const reply = await post({ traits: { email: email.toUpperCase() } });
    assertError(reply, 409, /exists already/);
    assert.equal((await post({ traits: { email } })).status, 409);
    assert.equal((await api.post('/admin/identities', { traits: { email } }, api.sandbox)).status, 201);
  });

  test('iam 28 a verified address that equals the trait is stored as verified', async () => {
    const email = newEmail();
    const verified_at = '2020-02-03T04:05:06.000Z';
    const said = (more: object) => [{ value: email.toUpperCase(), via: 'email', verified: true, ...more }];
    const { verifiable_addresses: now } = await api.create({
      traits: { email },
      verifiable_addresses: said({}),
    });
    assert.deepEqual(
      [now.length, now[0].verified, now[0].status, now[0].value],
      [1, true, 'completed', email],
    );
    assert.equal(now[0].verified_at, now[0].created_at);
    const other = newEmail();
    const { id } = await api.create({
      traits: { email: other },
      verifiable_addresses: [{ value: other, via: 'email', verified: true, verified_at }],
    });
    const [address] = (await api.identity(id)).verifiable_addresses;
    assert.equal(address.verified_at, verified_at);
  });

  test('iam 29 an address that is not in the traits is dropped', async () => {
    const { verifiable_addresses } = await api.create({
      verifiable_addresses: [{ value: 'else@example.org', via: 'email', verified: true }],
    });
    assert.equal(verifiable_addresses.length, 1);
    assert.equal(verifiable_addresses[0].verified, false);
    assert.equal(verifiable_addresses[0].status, 'pending');
    assert.equal('verified_at' in verifiable_addresses[0], false);
  });

  test('iam 74 a phone number that messages go to is kept in E.164', async () => {
    await api.setSchema('reachable', {
      properties: {
        phone: {
          type: 'string',
          format: 'tel',
          'ory.sh/kratos': {
            credentials: { code: { identifier: true, via: 'sms' } },
            verification: { via: 'sms' },
          },
        },
      },
    });
    const made = await api.create({ schema_id: 'reachable', traits: { phone: '+49 176 671 11 638' } });
    assert.equal(made.traits.phone, '+4917667111638');
    assert.equal(made.verifiable_addresses[0].value, '+4917667111638');
    assert.deepEqual(made.credentials.code.identifiers, ['+4917667111638']);
  });

  test('iam 79 an address shared in different case: 409, though it is nobody’s identifier', async () => {
    await api.setSchema('addressed', {
      properties: {
        mail: { type: 'string', format: 'email', 'ory.sh/kratos': { recovery: { via: 'email' } } },
      },
    });
    const mail = newEmail();
    await api.create({ schema_id: 'addressed', traits: { mail } });
    const sent = { schema_id: 'addressed', traits: { mail: mail.toUpperCase() } };
    assertError(await post(sent), 409);
    assertError(await post({ traits: { email: mail } }), 409);
  });

  test('50 creates with one address at once make one identity', async () => {
    const traits = { email: newEmail() };
    const replies = await Promise.all(Array.from({ length: 50 }, () => post({ traits })));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, ...Array(49).fill(409)]);
  });
});

suite('get', () => {
  let identity: Shown;
  before(async () => {
    identity = await api.create({
      metadata_public: { tier: 1 },
      metadata_admin: ['note'],
      credentials: {
        password: { config: { password: 'secret' } },
        totp: { config: { totp_url: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' } },
        lookup_secret: {
          config: { codes: [{ code: 'aaaa' }, { code: 'bbbb', used_at: '2020-01-01T00:00:00Z' }] },
        },
        oidc: { config: { providers: [{ subject: newEmail(), provider: 'google' }] } },
      },
    });
  });

  test('iam 1 all that the published answer has, and no contents of credentials', async () => {
    const shown = await api.identity(identity.id);
    for (const key of [
      ...['id', 'schema_id', 'schema_url', 'state', 'state_changed_at', 'traits', 'metadata_public'],
      ...['metadata_admin', 'created_at', 'updated_at', 'organization_id', 'credentials'],
      ...['verifiable_addresses', 'recovery_addresses'],
    ])
      assert.ok(key in shown, key);
    const types = ['code', 'lookup_secret', 'oidc', 'password', 'totp'];
    assert.deepEqual(Object.keys(shown.credentials).sort(), types);
    for (const credential of Object.values<Shown>(shown.credentials))
      assert.equal('config' in credential, false);
    assert.deepEqual(
      types.map((type) => shown.credentials[type].version),
      [1, 0, 0, 1, 0],
    );
  });

  test('iam 2 an unknown id and no id at all: 404', async () => {
    for (const id of [UNKNOWN, 'not-a-uuid', '%20']) {
      const reply = await api.get(`/admin/identities/${id}`);
      assertError(reply, 404);
      assert.equal(reply.body.error.status, 'Not Found');
      assert.equal(reply.body.error.message, 'Unable to locate the resource');
    }
  });

  test('iam 3 the whole hash, in the pool’s algorithm', async () => {
    const { credentials } = await api.identity(identity.id, 'password');
    assert.match(credentials.password.config.hashed_password, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.deepEqual(credentials.password.identifiers, [identity.traits.email]);
  });

  test('iam 4 of password and TOTP only what was asked for has contents', async () => {
    const { credentials } = await api.identity(identity.id, 'totp');
    assert.deepEqual(credentials.totp.config, { totp_url: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' });
    assert.deepEqual(credentials.totp.identifiers, [identity.id]);
    assert.equal('config' in credentials.password, false);
  });

  test('iam 5 a type that there is not: 400', async () => {
    for (const type of ['nope', 'profile', 'identifier_first', 'PASSWORD'])
      assertError(
        await api.get(`/admin/identities/${identity.id}?include_credential=${type}`),
        400,
        /include_credential/,
      );
  });

  test('iam 6 an unknown id counts before that', async () => {
    assertError(await api.get(`/admin/identities/${UNKNOWN}?include_credential=nope`), 404);
  });

  test('iam 7 several by repetition, none by comma', async () => {
    const { credentials } = await api.identity(identity.id, 'password', 'lookup_secret');
    assert.ok(credentials.password.config.hashed_password);
    assert.deepEqual(credentials.lookup_secret.config.recovery_codes, [
      { code: 'aaaa' },
      { code: 'bbbb', used_at: '2020-01-01T00:00:00.000Z' },
    ]);
    const path = `/admin/identities/${identity.id}?include_credential=password,lookup_secret`;
    assertError(await api.get(path), 400);
  });

  test('iam 8 an account elsewhere, with empty tokens', async () => {
    const { credentials } = await api.identity(identity.id, 'oidc');
    const [account] = credentials.oidc.config.providers;
    assert.deepEqual(credentials.oidc.identifiers, [`google:${account.subject}`]);
    const { subject: _, ...rest } = account;
    assert.deepEqual(rest, {
      provider: 'google',
      ...{ initial_id_token: '', initial_access_token: '', initial_refresh_token: '' },
    });
  });

  test('iam 9 what nobody set is null, the external id is absent', async () => {
    const { id } = await api.create();
    const shown = await api.identity(id);
    assert.deepEqual(
      [shown.metadata_public, shown.metadata_admin, shown.organization_id],
      [null, null, null],
    );
    assert.equal('external_id' in shown, false);
  });

  test('iam 49 by the caller’s own key, which is unique', async () => {
    const external_id = `customer/${newEmail()}`;
    const { id } = await api.create({ external_id });
    const path = `/admin/identities/by/external/${encodeURIComponent(external_id)}`;
    const reply = await api.get(path);
    assert.deepEqual([reply.status, reply.body.id, reply.body.external_id], [200, id, external_id]);
    assertError(await post({ traits: {}, external_id }), 409);
    assertError(await api.get('/admin/identities/by/external/unknown'), 404);
  });
});
