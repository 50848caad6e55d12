import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Authenticator, createAuthenticator, type KeyAlgorithm } from '../../harness/authenticator.ts';
import { inputValue, type NativeClient, nativeClient, nodesOf, openBrowser } from '../../harness/flows.ts';
import { type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { toPools, toVerification } from '../../harness/kyc-ids.ts';

let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const newAuthenticator = (options: Partial<Parameters<typeof createAuthenticator>[0]> = {}) =>
  createAuthenticator({ origin: api.server.url, ...options });

const createData = (flow: Shown) => JSON.parse(inputValue(flow, 'passkey_create_data'));
const challengeOf = (flow: Shown) => JSON.parse(inputValue(flow, 'passkey_challenge'));
const nodeOf = (flow: Shown, name: string) =>
  flow.ui.nodes.find(({ attributes }: Shown) => (attributes.name ?? attributes.id) === name);

/** Signs up natively by a passkey; must succeed. */
async function signUp(authenticator: Authenticator, email = newEmail()): Promise<Shown> {
  const traits = { email };
  const step = await client.run('registration', { method: 'profile', traits });
  assert.equal(step.status, 400, step.text);
  const passkey_register = authenticator.create(createData(step.body).credentialOptions);
  const reply = await client.submit('registration', step.body.id, {
    method: 'passkey',
    traits,
    passkey_register,
  });
  assert.equal(reply.status, 200, reply.text);
  return reply.body.identity;
}

async function signIn(authenticator: Authenticator): Promise<Shown> {
  const flow = (await client.begin('login')).body;
  const passkey_login = authenticator.get(challengeOf(flow));
  return client.submit('login', flow.id, { method: 'passkey', passkey_login });
}

suite('native', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const satisfies KeyAlgorithm[])
    test(`a passkey of ${algorithm} signs up, and then in, as one factor`, async () => {
      const authenticator = newAuthenticator({ algorithm });
      const { id } = await signUp(authenticator);
      const reply = await signIn(authenticator);
      assert.equal(reply.status, 200, reply.text);
      const { session, session_token: token } = reply.body;
      assert.equal(session.identity.id, id);
      assert.equal(session.authenticator_assurance_level, 'aal1');
      assert.deepEqual(
        session.authentication_methods.map(({ method, aal }: Shown) => [method, aal]),
        [['passkey', 'aal1']],
      );
      assert.equal((await client.whoami(token)).status, 200);
    });

  test('the nodes of a sign-in are the contract’s, without a script', async () => {
    const { body: flow } = await client.begin('login');
    const passkeys = nodesOf(flow).filter((node) => node.includes('passkey'));
    assert.deepEqual(passkeys, [
      'passkey passkey_challenge(hidden)',
      'passkey passkey_login(hidden)',
      'passkey passkey_login_trigger(button)',
    ]);
    assert.equal(nodeOf(flow, 'webauthn_script'), undefined);
    const trigger = nodeOf(flow, 'passkey_login_trigger');
    assert.deepEqual(
      [trigger.meta.label.id, trigger.attributes.onclickTrigger],
      [1010021, 'oryPasskeyLogin'],
    );
    const { publicKey } = challengeOf(flow);
    assert.equal(Buffer.from(publicKey.challenge, 'base64url').length, 32);
    assert.equal(publicKey.rpId, new URL(api.server.url).hostname);
    assert.equal(publicKey.userVerification, 'required');
    assert.equal(publicKey.allowCredentials, undefined);
  });

  test('the options of a sign-up ask for a discoverable key, under a handle that says nothing', async () => {
    const traits = { email: newEmail() };
    const step = await client.run('registration', { method: 'profile', traits });
    const { credentialOptions, displayNameFieldName } = createData(step.body);
    const { publicKey } = credentialOptions;
    assert.equal(displayNameFieldName, 'traits.email');
    assert.equal(publicKey.user.name, traits.email);
    assert.equal(Buffer.from(publicKey.user.id, 'base64url').length, 64);
    assert.deepEqual(publicKey.authenticatorSelection, {
      ...{ requireResidentKey: true, residentKey: 'required', userVerification: 'required' },
    });
    assert.deepEqual(
      publicKey.pubKeyCredParams.map(({ alg }: Shown) => alg),
      [-7, -8, -257],
    );
    assert.equal(publicKey.attestation, 'none');
    assert.equal(nodeOf(step.body, 'passkey_register_trigger').meta.label.id, 1040007);
    const again = await client.run('registration', { method: 'profile', traits: { email: newEmail() } });
    assert.notEqual(createData(again.body).credentialOptions.publicKey.user.id, publicKey.user.id);
  });

  test('an administrator sees the key as Kratos shows it', async () => {
    const authenticator = newAuthenticator({ aaguid: 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd' });
    const { id } = await signUp(authenticator);
    const { passkey } = (await api.identity(id, 'passkey')).credentials;
    const [held] = authenticator.keys;
    const handle = held?.userHandle.toString('base64');
    assert.deepEqual(passkey.identifiers, [handle]);
    assert.equal(passkey.config.user_handle, handle);
    const [key] = passkey.config.credentials;
    assert.equal(key.id, held?.id.toString('base64'));
    assert.equal(key.display_name, 'iCloud Keychain');
    assert.equal(key.is_passwordless, true);
    assert.equal(key.attestation_type, 'none');
    assert.deepEqual(key.authenticator, {
      ...{ aaguid: '+/wwBxVOTsyMC24CBVfXvQ==', sign_count: 0, clone_warning: false },
    });
    assert.deepEqual(key.flags, {
      ...{ user_present: true, user_verified: true, backup_eligible: false, backup_state: false },
    });
    await signIn(authenticator);
    const after = (await api.identity(id, 'passkey')).credentials.passkey;
    assert.equal(after.config.credentials[0].authenticator.sign_count, 1);
    assert.equal(after.updated_at, passkey.updated_at);
  });

  test('the other surfaces see whoever signed up by a passkey', async () => {
    const { id, traits } = await signUp(newAuthenticator());
    const { api_key: key, pool_id: poolId } = api.server.quickstart.live;
    const places: readonly (readonly [string, Record<string, string>, showsEmail?: boolean])[] = [
      [`/identities/${id}`, { apikey: key }],
      [`/api/v1/identity/${toPools(id, poolId)}`, { authorization: `Bearer ${key}` }],
      [`/api/v1/identities/${toVerification(id)}`, { 'x-api-key': key }, false],
    ];
    for (const [place, headers, showsEmail = true] of places) {
      const reply = await api.server.call('GET', place, { key: null, headers });
      assert.equal(reply.status, 200, `${place} ${reply.text}`);
      assert.equal(reply.text.includes(traits.email), showsEmail, reply.text);
      assert.ok(!reply.text.includes('passkey'), reply.text);
    }
  });

  test('the name of the field does for the name of the method', async () => {
    const authenticator = newAuthenticator();
    await signUp(authenticator);
    const flow = (await client.begin('login')).body;
    const passkey_login = authenticator.get(challengeOf(flow));
    assert.equal((await client.submit('login', flow.id, { passkey_login })).status, 200);
  });

  test('a second person cannot sign up with the same e-mail, and their flow may be used again', async () => {
    const email = newEmail();
    await signUp(newAuthenticator(), email);
    const step = await client.run('registration', { method: 'profile', traits: { email } });
    const other = newAuthenticator();
    const body = (traits: Shown) => ({
      ...{ method: 'passkey', traits },
      passkey_register: other.create(createData(step.body).credentialOptions),
    });
    const taken = await client.submit('registration', step.body.id, body({ email }));
    assert.deepEqual(
      taken.body.ui.messages.map(({ id }: Shown) => id),
      [4000007],
    );
    const free = await client.submit('registration', step.body.id, body({ email: newEmail() }));
    assert.equal(free.status, 200, free.text);
  });

  test('a passkey without a counter may be used any number of times', async () => {
    const authenticator = newAuthenticator({ counts: false });
    await signUp(authenticator);
    for (const _ of [1, 2, 3]) assert.equal((await signIn(authenticator)).status, 200);
  });

  test('with passkeys switched off nothing of them is offered or taken', async () => {
    const authenticator = newAuthenticator();
    await signUp(authenticator);
    const begun = (await client.begin('login')).body;
    await api.server.configureSelfService({ methods: { passkey: { enabled: false } } });
    try {
      const off = (await client.begin('login')).body;
      assert.ok(!nodesOf(off).some((node) => node.includes('passkey')));
      const passkey_login = authenticator.get(challengeOf(begun));
      const reply = await client.submit('login', begun.id, { method: 'passkey', passkey_login });
      assert.equal(reply.body.ui.messages[0].id, 4010002);
    } finally {
      await api.server.configureSelfService({});
    }
  });
});

suite('browser', () => {
  test('a browser signs up and in by a passkey, with one script among the nodes', async () => {
    const authenticator = newAuthenticator();
    const browser = openBrowser(api);
    const begun = await browser.begin('registration');
    const traits = { email: newEmail() };
    const csrf_token = inputValue(begun, 'csrf_token');
    const path = `/self-service/registration?flow=${begun.id}`;
    const step = await browser.postJson(path, { method: 'profile', traits, csrf_token });
    const scripts = step.body.ui.nodes.filter(({ type }: Shown) => type === 'script');
    assert.equal(scripts.length, 1);
    const passkey_register = authenticator.create(createData(step.body).credentialOptions);
    const up = await browser.postJson(path, { method: 'passkey', traits, passkey_register, csrf_token });
    assert.equal(up.status, 200, up.text);

    const flow = await browser.begin('login');
    const identifier = nodeOf(flow, 'identifier');
    assert.equal(identifier.attributes.autocomplete, 'username webauthn');
    assert.equal(nodeOf(flow, 'passkey_login').attributes.onloadTrigger, 'oryPasskeyLoginAutocompleteInit');
    const fields = {
      ...{ method: 'passkey', csrf_token: inputValue(flow, 'csrf_token') },
      passkey_login: authenticator.get(challengeOf(flow)),
    };
    const reply = await browser.postForm(`/self-service/login?flow=${flow.id}`, fields);
    assert.equal(reply.status, 303, reply.text);
    assert.equal((await browser.get('/sessions/whoami')).status, 200);
  });

  test('in one step the options come at once, and the name is taken from the field', async () => {
    await api.server.configureSelfService({ registrationStyle: 'one_step' });
    try {
      const browser = openBrowser(api);
      const flow = await browser.begin('registration');
      const { credentialOptions, displayNameFieldName } = createData(flow);
      assert.deepEqual([credentialOptions.publicKey.user.name, displayNameFieldName], ['', 'traits.email']);
      const body = {
        ...{ traits: { email: newEmail() }, csrf_token: inputValue(flow, 'csrf_token') },
        passkey_register: newAuthenticator().create(credentialOptions),
      };
      const reply = await browser.postJson(`/self-service/registration?flow=${flow.id}`, body);
      assert.equal(reply.status, 200, reply.text);
    } finally {
      await api.server.configureSelfService({});
    }
  });

  test('the schema says what authenticators show somebody by', async () => {
    const mark = (credentials: Shown) => ({ type: 'string', title: 'X', 'ory.sh/kratos': { credentials } });
    await api.setSchema('named', {
      properties: {
        email: mark({ password: { identifier: true } }),
        nick: mark({ passkey: { display_name: true } }),
      },
    });
    assert.equal((await api.put('/admin/schemas/named/default')).status, 200);
    try {
      const traits = { email: newEmail(), nick: 'Jo from the harbour' };
      const step = await client.run('registration', { method: 'profile', traits });
      const { credentialOptions, displayNameFieldName } = createData(step.body);
      assert.equal(displayNameFieldName, 'traits.nick');
      assert.equal(credentialOptions.publicKey.user.displayName, 'Jo from the harbour');
    } finally {
      await api.put('/admin/schemas/default/default');
    }
  });

  test('whoever confirms that it is them is asked for their own passkeys only', async () => {
    const authenticator = newAuthenticator();
    await signUp(authenticator);
    const { session_token: token, session } = (await signIn(authenticator)).body;
    api.clock.advance(60);
    const flow = (await client.begin('login', '?refresh=true', { token })).body;
    const { allowCredentials } = challengeOf(flow).publicKey;
    assert.deepEqual(allowCredentials, [
      { type: 'public-key', id: authenticator.keys[0]?.id.toString('base64url') },
    ]);
    // An authenticator that was told so may leave out whose it is.
    const passkey_login = authenticator.get(challengeOf(flow), { userHandle: null });
    const reply = await client.submit('login', flow.id, { method: 'passkey', passkey_login }, { token });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.session.id, session.id);
    assert.ok(reply.body.session.authenticated_at > session.authenticated_at);
  });
});
