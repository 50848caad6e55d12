import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { messagesOf, type NativeClient, nativeClient, nodesOf } from '../../harness/flows.ts';
import { assertError, type IamApi, startIam, UNKNOWN } from '../../harness/iam.ts';
import { assertSaved, PASSWORD, type SettingsClient, settingsOf } from '../../harness/settings.ts';

let api: IamApi;
let client: NativeClient;
let settings: SettingsClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
  settings = settingsOf(api);
});
after(() => api[Symbol.asyncDispose]());

const HOUR = 60 * 60;
const NEW_PASSWORD = 'another harbour in July';
const TOTP = {
  totp: { config: { totp_url: 'otpauth://totp/T:jo?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } },
};
const byPassword = (identifier: string, password: string) =>
  client.run('login', { method: 'password', identifier, password });

suite('who may', () => {
  test('without a session there are no settings: neither begun, nor read, nor submitted', async () => {
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    const replies = await Promise.all([
      client.begin('settings'),
      api.get(`/self-service/settings/flows?id=${flow.id}`, { key: null }),
      client.submit('settings', flow.id, { method: 'password', password: NEW_PASSWORD }),
      client.begin('settings', '', { token: `ory_st_${'A'.repeat(32)}` }),
    ]);
    for (const reply of replies) {
      assertError(reply, 401, /No active session was found in this request/);
      assert.equal(reply.body.error.id, 'session_inactive');
    }
  });

  test('a session that has ended meanwhile is none', async () => {
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    await api.delete('/self-service/logout/api', { key: null, body: { session_token: jo.token } });
    assertError(await settings.submit(flow, { method: 'password', password: NEW_PASSWORD }, jo), 401);
    assert.equal((await byPassword(jo.email, PASSWORD)).status, 200);
  });

  test('somebody with a second factor shows it first', async () => {
    const jo = await settings.somebody({ credentials: TOTP });
    const reply = await client.begin('settings', '', { token: jo.token });
    assertError(reply, 403);
    assert.equal(reply.body.error.id, 'session_aal2_required');
    assert.equal(reply.body.redirect_browser_to, `${api.server.url}/self-service/login/browser?aal=aal2`);
  });

  test('a second factor that was set up elsewhere closes flows that are open', async () => {
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    const put = { schema_id: 'default', traits: { email: jo.email }, credentials: TOTP };
    assert.equal((await api.put(`/admin/identities/${jo.id}`, put)).status, 200);
    for (const reply of [
      await settings.read(flow, jo),
      await settings.submit(flow, { method: 'password', password: NEW_PASSWORD }, jo),
    ])
      assert.equal(reply.body.error.id, 'session_aal2_required', reply.text);
  });

  test("iam 71 nobody reads or submits another one's settings", async () => {
    const [jo, sam] = [await settings.somebody(), await settings.somebody()];
    const flow = await settings.begin(sam);
    for (const reply of [
      await settings.read(flow, jo),
      await settings.submit(flow, { method: 'password', password: NEW_PASSWORD }, jo),
      await settings.submit(flow, { method: 'profile', traits: { email: jo.email } }, jo),
    ]) {
      assertError(reply, 403);
      assert.equal(reply.body.error.id, 'security_identity_mismatch');
    }
    assert.equal((await byPassword(sam.email, PASSWORD)).status, 200);
    assert.equal((await api.identity(sam.id)).traits.email, sam.email);
  });

  test('an unknown flow is 404, one without an id 400, and one of another kind 404', async () => {
    const jo = await settings.somebody();
    assertError(await settings.read({ id: UNKNOWN }, jo), 404);
    assertError(await settings.submit({ id: UNKNOWN }, { method: 'password' }, jo), 404);
    const headers = { 'x-session-token': jo.token };
    assertError(await api.get('/self-service/settings/flows', { key: null, headers }), 400);
    const login = await client.begin('login');
    assertError(await settings.read(login.body, jo), 404);
  });
});

suite('the form', () => {
  test('shows what there is to change, and whose it is', async () => {
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    assert.equal(flow.state, 'show_form');
    assert.equal(flow.type, 'api');
    assert.equal(flow.identity.id, jo.id);
    assert.equal(flow.identity.credentials, undefined);
    assert.equal(flow.identity.metadata_admin, undefined);
    assert.deepEqual(
      nodesOf(flow).filter((node) => !/^(webauthn|passkey|oidc) /.test(node)),
      [
        'default csrf_token(hidden)',
        ...['last', 'first'].map((name) => `profile traits.name.${name}(text)`),
        ...['profile traits.email(email)', 'profile traits.phone(tel)', 'profile traits.username(text)'],
        'profile method(submit)',
        ...['password password(password)', 'password method(submit)'],
        'lookup_secret lookup_secret_regenerate(submit)',
        ...['totp totp_qr(img)', 'totp totp_secret_key(text)', 'totp totp_code(text)', 'totp method(submit)'],
      ],
    );
    assert.deepEqual((await settings.read(flow, jo)).body, flow);
  });

  test('no method, an unknown one, and one of another kind of flow are 4010004', async () => {
    const jo = await settings.somebody();
    for (const body of [
      {},
      { method: 'nope' },
      { method: 'code', code: '123456' },
      { method: 'lookup_secret' },
    ]) {
      const reply = await settings.run(body, jo);
      assert.equal(reply.status, 400, reply.text);
      assert.deepEqual(messagesOf(reply.body), [4010004]);
      assert.equal(reply.body.identity.id, jo.id);
    }
  });

  test('after a change it is submitted again, and shows what is so by now', async () => {
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    const traits = { email: jo.email, name: { first: 'Jo' } };
    const first = await settings.submit(flow, { method: 'profile', traits }, jo);
    assertSaved(first);
    assert.equal(first.body.active, 'profile');
    assert.deepEqual(first.body.identity.traits, traits);
    const refused = await settings.submit(flow, { method: 'password', password: 'x' }, jo);
    assert.equal(refused.status, 400);
    assert.equal(refused.body.state, 'show_form');
    assertSaved(await settings.submit(flow, { method: 'password', password: NEW_PASSWORD }, jo));
    const read = await settings.read(flow, jo);
    assert.equal(read.body.state, 'success');
    const shown = read.body.ui.nodes.find(
      (one: { attributes: { name: string } }) => one.attributes.name === 'traits.name.first',
    );
    assert.equal(shown.attributes.value, 'Jo');
  });

  test('iam 64 an expired one is 410, and names the flow that took its place', async () => {
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    api.clock.advance(HOUR + 60);
    const read = await settings.read(flow, jo);
    assertError(read, 410);
    assert.equal(read.body.error.details.api, `${api.server.url}/self-service/settings/api`);
    const submitted = await settings.submit(flow, { method: 'password', password: NEW_PASSWORD }, jo);
    assertError(submitted, 410);
    assert.equal(submitted.body.error.id, 'self_service_flow_expired');
    const next = await settings.read({ id: submitted.body.use_flow_id }, jo);
    assert.deepEqual(messagesOf(next.body), [4050001]);
    assert.equal(next.body.identity.id, jo.id);
  });
});

suite('privileged', () => {
  test('iam 69 a session older than an hour sets no password, and makes no second factor', async () => {
    const jo = await settings.somebody();
    api.clock.advance(HOUR + 1);
    const flow = await settings.begin(jo);
    const bodies = [
      { method: 'password', password: NEW_PASSWORD },
      { method: 'totp', totp_code: '123456' },
      { totp_unlink: true },
      ...['regenerate', 'reveal', 'confirm', 'disable'].map((what) => ({ [`lookup_secret_${what}`]: true })),
      { method: 'profile', traits: { email: `other.${jo.email}` } },
      { method: 'profile', traits: { email: jo.email, username: 'jo' } },
    ];
    for (const body of bodies) {
      const reply = await settings.submit(flow, body, jo);
      assertError(reply, 403);
      assert.equal(reply.body.error.id, 'session_refresh_required', JSON.stringify(body));
      const place = new URL(reply.body.redirect_browser_to);
      assert.equal(place.href.split('?')[0], `${api.server.url}/self-service/login/browser`);
      assert.equal(place.searchParams.get('refresh'), 'true');
      assert.equal(place.searchParams.get('return_to'), `${api.server.url}/settings?flow=${flow.id}`);
    }
    assert.equal((await api.identity(jo.id)).traits.email, jo.email);
    const shown = await api.identity(jo.id, 'totp', 'lookup_secret');
    assert.deepEqual([shown.credentials.totp, shown.credentials.lookup_secret], [undefined, undefined]);
  });

  test('what nobody signs in by is changed all the same', async () => {
    const jo = await settings.somebody();
    api.clock.advance(12 * HOUR);
    const traits = { email: jo.email, name: { first: 'Jo' } };
    assertSaved(await settings.run({ method: 'profile', traits }, jo));
    assert.deepEqual((await api.identity(jo.id)).traits, traits);
  });

  test('after signing in once more the same flow goes on', async () => {
    const jo = await settings.somebody();
    api.clock.advance(HOUR + 1);
    const flow = await settings.begin(jo);
    const body = { method: 'password', password: NEW_PASSWORD };
    assertError(await settings.submit(flow, body, jo), 403);
    const refresh = await client.begin('login', '?refresh=true', { token: jo.token });
    const login = { method: 'password', identifier: jo.email, password: PASSWORD };
    const again = await client.submit('login', refresh.body.id, login, { token: jo.token });
    assert.equal(again.status, 200, again.text);
    assertSaved(await settings.submit(flow, body, jo));
  });
});

suite('password', () => {
  test('iam 70 the new one signs in, and the old one does not any more', async () => {
    const jo = await settings.somebody();
    assertSaved(await settings.run({ method: 'password', password: NEW_PASSWORD }, jo));
    const old = await byPassword(jo.email, PASSWORD);
    assert.equal(old.status, 400);
    assert.deepEqual(messagesOf(old.body), [4000006]);
    assert.equal((await byPassword(jo.email, NEW_PASSWORD)).status, 200);
  });

  test('all other sessions end with it, and this one stays', async () => {
    const jo = await settings.somebody();
    const others = [await client.login(jo.email, PASSWORD), await client.login(jo.email, PASSWORD)];
    assertSaved(await settings.run({ method: 'password', password: NEW_PASSWORD }, jo));
    for (const { token } of others) assert.equal((await client.whoami(token)).status, 401);
    assert.equal((await client.whoami(jo.token)).status, 200);
  });

  test('what is wrong with it is told on its node, and the old one stays', async () => {
    const jo = await settings.somebody();
    const cases = [
      [undefined, 4000002],
      ['x7', 4000032],
      ['x'.repeat(1025), 4000033],
      [jo.email, 4000031],
      ['password1234', 4000034],
      [PASSWORD, 4000039],
    ] as const;
    for (const [password, message] of cases) {
      const reply = await settings.run({ method: 'password', password }, jo);
      assert.equal(reply.status, 400, reply.text);
      const node = reply.body.ui.nodes.find(
        (one: { attributes: { name: string } }) => one.attributes.name === 'password',
      );
      const told = node.messages.map(({ id }: { id: number }) => id);
      assert.ok(told.includes(message), `${password?.slice(0, 20)}: ${told}`);
      assert.equal(node.attributes.value, undefined);
    }
    assert.equal((await byPassword(jo.email, PASSWORD)).status, 200);
  });

  test('somebody without one gets one, and signs in by it', async () => {
    const jo = await settings.somebody();
    await api.patch(`/admin/identities/${jo.id}`, [
      { op: 'remove', path: '/credentials/password/config/hashed_password' },
    ]);
    assertSaved(await settings.run({ method: 'password', password: NEW_PASSWORD }, jo));
    assert.equal((await byPassword(jo.email, NEW_PASSWORD)).status, 200);
  });

  test('whoever signs in by the old one at the same moment is out, or was never in', async () => {
    for (let round = 0; round < 6; round += 1) {
      const jo = await settings.somebody();
      const flow = await settings.begin(jo);
      const flows = await Promise.all(Array.from({ length: 16 }, () => client.begin('login')));
      const login = { method: 'password', identifier: jo.email, password: PASSWORD };
      const logins = flows.map(({ body }) => client.submit('login', body.id, login));
      const change = settings.submit(flow, { method: 'password', password: NEW_PASSWORD }, jo);
      const replies = await Promise.all(logins);
      assertSaved(await change);
      for (const { status, body } of replies)
        if (status === 200) assert.equal((await client.whoami(body.session_token)).status, 401);
      assert.equal((await client.whoami(jo.token)).status, 200);
    }
  });

  test('several at once leave one password, and nobody is told that another was taken', async () => {
    const jo = await settings.somebody();
    const flows = await Promise.all(Array.from({ length: 10 }, () => settings.begin(jo)));
    const passwords = flows.map((_, index) => `a harbour of number ${index}`);
    const replies = await Promise.all(
      flows.map((flow, index) =>
        settings.submit(flow, { method: 'password', password: passwords[index] }, jo),
      ),
    );
    const saved = passwords.filter((_, index) => replies[index]?.status === 200);
    assert.equal(saved.length, 1, replies.map(({ status }) => status).join());
    assert.ok(replies.every(({ status }) => status === 200 || status === 409));
    const works = await Promise.all(passwords.map((password) => byPassword(jo.email, password)));
    assert.deepEqual(
      passwords.filter((_, index) => works[index]?.status === 200),
      saved,
    );
  });
});
