import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Configuration, IdentityApi, ResponseError } from '@ory/client-fetch';
import { type NativeClient, nativeClient, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import type { Reply, TestServer } from '../../harness/server.ts';

// Contract iam 1.2: every API takes the session token of a login flow.

let api: IamApi;
let client: NativeClient;
let server: TestServer;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
  server = api.server;
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';
const MOUNTS = ['/iam', '/admin', '/iam/admin'];

interface Somebody {
  readonly id: string;
  readonly email: string;
  readonly token: string;
  readonly sessionId: string;
  /** Null where they have no key. */
  readonly keyId: string | null;
}

/** Signed in by password, as native clients do it. */
async function somebody(grants: readonly string[] | null, key: Shown = {}): Promise<Somebody> {
  const email = newEmail();
  const credentials = { password: { config: { password: PASSWORD } } };
  const { id } = await api.create({ traits: { email }, credentials });
  const made = grants === null ? null : await server.createIdentityKey({ identityId: id, grants, ...key });
  const { token, session } = await client.login(email, PASSWORD);
  return { id, email, token, sessionId: session.id, keyId: made?.id ?? null };
}

const asked = (path: string, token: string): Promise<Reply> => api.get(path, { key: token });
const statusOf = async (path: string, token: string) => (await asked(path, token)).status;

suite('the story of the page', () => {
  test('signed in natively, they get an identity with its password’s hash', async () => {
    const { id, email, token } = await somebody(['identities:read', 'credentials:read']);
    for (const mount of MOUNTS)
      for (const headers of [{ authorization: `Bearer ${token}` }, { 'x-session-token': token }]) {
        const path = `${mount}/identities/${id}?include_credential=password`;
        const reply = await api.get(path, { key: null, headers });
        assert.equal(reply.status, 200, reply.text);
        const { identifiers, config } = reply.body.credentials.password;
        assert.deepEqual(identifiers, [email]);
        assert.match(config.hashed_password, /^\$argon2id\$/);
      }
  });

  test('a key without the grant is 403, and shows nothing of what it may not', async () => {
    const reader = await somebody(['identities:read']);
    const path = `/iam/identities/${reader.id}`;
    assert.equal(await statusOf(path, reader.token), 200);
    assertError(await asked(`${path}?include_credential=password`, reader.token), 403);
    assertError(await api.delete(path, { key: reader.token }), 403);
    const other = await somebody(['courier:read']);
    assertError(await asked(path, other.token), 403);
  });

  test('a person without a key is 403, and may look at themselves all the same', async () => {
    const { id, token } = await somebody(null);
    const reply = await asked(`/iam/identities/${id}`, token);
    assertError(reply, 403, /^The session does not permit this\.$/);
    assert.equal(reply.body.error.status, 'Forbidden');
    assert.equal((await client.whoami(token)).status, 200);
  });

  test('the published client does it with the session token as its access token', async () => {
    const { id, email, token } = await somebody(['identities:read', 'identities:write', 'credentials:read']);
    const identities = (accessToken: string) =>
      new IdentityApi(new Configuration({ basePath: `${server.url}/iam`, accessToken }));
    const shown = await identities(token).getIdentity({ id, includeCredential: ['password'] });
    assert.equal(shown.traits.email, email);
    assert.match(JSON.stringify(shown.credentials?.password?.config), /argon2id/);
    const none = `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`;
    await assert.rejects(identities(none).getIdentity({ id }), (error) => {
      assert.ok(error instanceof ResponseError);
      return error.response.status === 401;
    });
  });
});

suite('which sessions count', () => {
  test('a session that is revoked, or whose person is inactive, is 401 at once; unblocked, it goes on', async () => {
    const { id, token, sessionId } = await somebody(['all']);
    const path = `/iam/identities/${id}`;
    assert.equal(await statusOf(path, token), 200);
    const setState = async (value: string) =>
      api.patch(`/admin/identities/${id}`, [{ op: 'replace', path: '/state', value }]);
    await setState('inactive');
    assert.equal(await statusOf(path, token), 401);
    await setState('active');
    assert.equal(await statusOf(path, token), 200);
    assert.equal((await api.delete(`/iam/sessions/${sessionId}`)).status, 204);
    assertError(await asked(path, token), 401, /No valid session credentials/);
  });

  test('a session that has expired, that was signed out, and of somebody who was deleted is 401', async () => {
    const [out, gone, late] = [await somebody(['all']), await somebody(['all']), await somebody(['all'])];
    const { id } = await api.create();
    const path = `/iam/identities/${id}`;
    for (const { token } of [out, gone, late]) assert.equal(await statusOf(path, token), 200);
    await api.delete('/self-service/logout/api', { key: null, body: { session_token: out.token } });
    assert.equal((await api.delete(`/iam/identities/${gone.id}`)).status, 204);
    for (const { token } of [out, gone]) assert.equal(await statusOf(path, token), 401);
    api.clock.advance(86_401);
    assert.equal(await statusOf(path, late.token), 401);
  });

  test('a session counts in its own pool only, which the request names', async () => {
    const { id, token } = await somebody(['all']);
    const other = await server.createAccount();
    const { live } = server.quickstart;
    for (const mount of MOUNTS) {
      const path = `${mount}/identities/${id}`;
      assert.equal(await statusOf(`/p/${live.app_id}${path}`, token), 200);
      assert.equal(await statusOf(`/p/${other.poolId}${path}`, token), 401);
      assert.equal(await statusOf(`/p/${id}${path}`, token), 404);
      assert.equal(await statusOf(`/p/${live.app_id}${path}`, live.api_key), 200);
      assert.equal(await statusOf(`/p/${other.poolId}${path}`, live.api_key), 404);
    }
    const made = await api.create({}, { key: other.secret });
    await server.createIdentityKey({ identityId: made.id, poolId: other.poolId as never });
    const theirs = await server.logIn({ identityId: made.id, poolId: other.poolId });
    assert.equal(await statusOf(`/p/${other.poolId}/iam/identities/${made.id}`, theirs.token), 200);
    assert.equal(await statusOf(`/p/${other.poolId}/iam/identities/${id}`, theirs.token), 404);
    assert.equal(await statusOf(`/iam/identities/${made.id}`, theirs.token), 401);
  });

  test('a browser’s cookie does not count, so that no page of another site can act with it', async () => {
    const { id, email } = await somebody(['all']);
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    const csrf = flow.ui.nodes.find((node: Shown) => node.attributes.name === 'csrf_token').attributes.value;
    await browser.postJson(`/self-service/login?flow=${flow.id}`, {
      ...{ method: 'password', identifier: email, password: PASSWORD, csrf_token: csrf },
    });
    assert.equal((await browser.get('/sessions/whoami', { accept: 'application/json' })).status, 200);
    assert.equal((await browser.get(`/iam/identities/${id}`, { accept: 'application/json' })).status, 401);
  });

  test('with fewer factors than the pool wants of whoami it is 403 session_aal2_required, whatever the key', async () => {
    const { id, token, sessionId } = await somebody(['all']);
    const path = `/iam/identities/${id}`;
    await server.configureSelfService({ sessions: { whoamiAal: 'aal2' } });
    try {
      const reply = await asked(path, token);
      assertError(reply, 403);
      assert.equal(reply.body.error.id, 'session_aal2_required');
      await server.showMore({ id: sessionId, method: 'totp', aal: 'aal2' });
      assert.equal(await statusOf(path, token), 200);
    } finally {
      await server.configureSelfService({});
    }
  });

  test('beside a key, or another session, none counts', async () => {
    const [one, other] = [await somebody(['all']), await somebody(['all'])];
    const path = `/iam/identities/${one.id}`;
    const { api_key } = server.quickstart.live;
    const sent = (key: string, headers: Record<string, string>) => api.get(path, { key, headers });
    assertError(await sent(api_key, { 'x-session-token': one.token }), 401);
    assertError(await sent(one.token, { 'x-api-key': api_key }), 401);
    assertError(await sent(one.token, { 'x-session-token': other.token }), 401);
    assert.equal((await sent(one.token, { 'x-session-token': one.token })).status, 200);
  });
});

suite('the key behind it', () => {
  test('revoked, suspended or expired it is 403 within two seconds; resumed, it works again', async () => {
    const { id, token, keyId } = await somebody(['all']);
    const path = `/iam/identities/${id}`;
    assert.equal(await statusOf(path, token), 200);
    await server.changeKey(keyId ?? '', 'suspend');
    assert.equal(await statusOf(path, token), 200);
    api.clock.advance(2.001);
    assertError(await asked(path, token), 403, /does not permit this/);
    await server.changeKey(keyId ?? '', 'resume');
    api.clock.advance(2.001);
    assert.equal(await statusOf(path, token), 200);
    await server.changeKey(keyId ?? '', 'revoke');
    api.clock.advance(2.001);
    assertError(await asked(path, token), 403);
    await server.createIdentityKey({ identityId: id, expiresAt: new Date(api.clock.now().getTime() + 1000) });
    assert.equal(await statusOf(path, token), 200);
    api.clock.advance(1.001);
    assertError(await asked(path, token), 403);
  });

  test('has its own limit and its own addresses', async () => {
    const limited = await somebody(['all'], { requestsPerMinute: 2 });
    const path = `/iam/identities/${limited.id}`;
    const statuses: number[] = [];
    for (let call = 0; call < 3; call += 1) statuses.push(await statusOf(path, limited.token));
    assert.deepEqual(statuses, [200, 200, 429]);
    const elsewhere = await somebody(['all'], { allowedAddresses: ['192.0.2.0/24'] });
    assertError(await asked(path, elsewhere.token), 403, /from this address/);
  });

  test('is what the audit log names, and its use is noted', async () => {
    const { id, token, keyId } = await somebody(['identities:write']);
    const reply = await api.patch(
      `/iam/identities/${id}`,
      [{ op: 'add', path: '/metadata_public', value: { plan: 'gold' } }],
      { key: token },
    );
    assert.equal(reply.status, 200, reply.text);
    const entries = await server.sql<{ key_id: string }>(
      'select key_id from audit_entries where subject_id = $1::uuid order by id desc limit 1',
      [id],
    );
    assert.deepEqual(entries, [{ key_id: keyId }]);
    const [made] = await server.sql<{ action: string }>(
      'select action from audit_entries where subject_id = $1::uuid',
      [keyId],
    );
    assert.equal(made?.action, 'key.created');
    await server.runJob('key-uses');
    const used = await server.sql<{ n: number }>(
      'select count(*)::integer as n from key_uses where pool_id = $1::uuid and key_id = $2::uuid',
      [server.quickstart.live.app_id, keyId],
    );
    assert.deepEqual(used, [{ n: 1 }]);
  });

  test('of one identity it makes one and no second', async () => {
    const { token } = await somebody(['identities:write'], { isSingleIdentity: true });
    const create = () => api.post('/iam/identities', { traits: { email: newEmail() } }, { key: token });
    assert.equal((await create()).status, 201);
    assertError(await create(), 403);
  });

  test('an identity has one at a time, also of two made at once, and must be one of the pool that is there', async () => {
    const { id } = await api.create();
    const make = (identityId = id) => server.createIdentityKey({ identityId });
    const both = await Promise.allSettled([make(), make()]);
    const refused = both.filter((one) => one.status === 'rejected');
    assert.deepEqual(
      refused.map(({ reason }) => reason.code),
      ['wrong_state'],
    );
    const elsewhere = await server.createAccount();
    const foreign = await api.create({}, { key: elsewhere.secret });
    const deleted = await api.create();
    assert.equal((await api.delete(`/iam/identities/${deleted.id}`)).status, 204);
    for (const none of [foreign.id, deleted.id]) await assert.rejects(make(none), { code: 'not_found' });
  });
});
