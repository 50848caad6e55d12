import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, type Shown, startIam, UNKNOWN } from '../../harness/iam.ts';
import type { TestSession } from '../../harness/sessions.ts';

const DAY = 24 * 3600;
const IDENTITY_HEADER = 'x-kratos-authenticated-identity-id';
const TOTP = 'otpauth://totp/Test:somebody?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Test';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const without = { key: null } as const;
const by = (name: string, value: string) => ({ key: null, headers: { [name]: value } });
const as = ({ token }: Pick<TestSession, 'token'>) => by('x-session-token', token);
const whoami = (given: object = without) => api.get('/sessions/whoami', given);

const login = (identityId: string, methods?: { method: string; aal: 'aal1' | 'aal2' }[]) =>
  api.server.logIn({ identityId, ...(methods === undefined ? {} : { methods }) });
const newId = async (body = {}): Promise<string> => (await api.create(body)).id;
const newSession = async (body = {}) => login(await newId(body));
const withTotp = () => newId({ credentials: { totp: { config: { totp_url: TOTP } } } });

suite('whoami', () => {
  test('iam 57 a token by header and by bearer tells whose session it is, without what is for administrators', async () => {
    const metadata = { metadata_public: { plan: 'gold' }, metadata_admin: { risk: 'high' } };
    const credentials = { password: { config: { password: 'a long enough password' } } };
    const id = await newId({ ...metadata, credentials });
    const session = await login(id);
    for (const given of [as(session), by('authorization', `Bearer ${session.token}`)]) {
      const { status, body, headers } = await whoami(given);
      assert.equal(status, 200);
      assert.equal(headers.get(IDENTITY_HEADER), id);
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.deepEqual([body.id, body.active, body.identity.id], [session.id, true, id]);
      assert.deepEqual(body.identity.metadata_public, { plan: 'gold' });
      assert.equal('metadata_admin' in body.identity, false);
      assert.equal('credentials' in body.identity, false);
      assert.equal('tokenized' in body, false);
      assert.equal(body.devices.length, 1);
      assert.deepEqual(body.identity, ownView(await api.identity(id)));
    }
  });

  test('a token in either of the session cookies does too; a header comes before a cookie and that before a bearer', async () => {
    const [one, other, third] = [await newSession(), await newSession(), await newSession()];
    const idFor = async (headers: Record<string, string>) => (await whoami({ key: null, headers })).body.id;
    const cookie = `ory_kratos_session=${other.token}`;
    assert.equal(await idFor({ cookie }), other.id);
    assert.equal(await idFor({ cookie: `chx_auth_cookie=${other.token}` }), other.id);
    const bearer = { authorization: `Bearer ${third.token}` };
    assert.equal(await idFor({ 'x-session-token': one.token, cookie, ...bearer }), one.id);
    assert.equal(await idFor({ cookie, ...bearer }), other.id);
    assertError(
      await whoami({ key: null, headers: { cookie: 'ory_kratos_session=nothing', ...bearer } }),
      401,
    );
  });

  test('iam 58 no token, an unknown one, a key and a token that only ends are refused alike', async () => {
    const { logoutToken } = await newSession();
    const refused = [without, by('x-session-token', `ory_st_${'a'.repeat(32)}`), by('x-session-token', 'x')];
    refused.push(
      as({ token: logoutToken }),
      by('authorization', `Bearer ${api.server.quickstart.live.api_key}`),
    );
    const bodies = new Set<string>();
    for (const given of refused) {
      const reply = await whoami(given);
      assertError(reply, 401, /^No valid session credentials found in the request\.$/);
      assert.equal(reply.headers.get(IDENTITY_HEADER), null);
      bodies.add(reply.text);
    }
    assert.equal(bodies.size, 1);
  });

  test('it answers whatever the method, at each of its addresses', async () => {
    const session = await newSession();
    for (const base of ['', '/auth', '/iam', `/p/${api.server.quickstart.live.app_id}`])
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const reply = await api.call(method, `${base}/sessions/whoami`, as(session));
        assert.equal(reply.body.id, session.id, `${method} ${base}`);
      }
    const head = await api.call('HEAD', '/sessions/whoami', as(session));
    assert.deepEqual([head.status, head.text], [200, '']);
  });

  test("another pool's session is no session", async () => {
    const session = await newSession();
    const { app_id: sandbox } = api.server.quickstart.sandbox;
    assertError(await api.get(`/p/${sandbox}/sessions/whoami`, as(session)), 401);
  });

  test('a session is over at its time, and at no time before', async () => {
    const session = await newSession();
    api.clock.advance(DAY - 1);
    assert.equal((await whoami(as(session))).status, 200);
    api.clock.advance(1);
    assertError(await whoami(as(session)), 401);
  });
});

/** As its owner sees an identity. */
function ownView({ metadata_admin: _m, credentials: _c, ...rest }: Shown): Shown {
  return rest;
}

suite('assurance', () => {
  test('iam 59 whoever has a second factor must have shown it', async () => {
    const id = await withTotp();
    const session = await login(id);
    const reply = await whoami(as(session));
    assertError(reply, 403);
    assert.equal(reply.body.error.id, 'session_aal2_required');
    assert.equal(reply.body.redirect_browser_to, `${api.server.url}/self-service/login/browser?aal=aal2`);
    assert.equal(reply.text.includes(id), false);
    assert.equal(reply.headers.get(IDENTITY_HEADER), null);
    await api.server.showMore({ id: session.id, method: 'totp', aal: 'aal2' });
    const { status, body } = await whoami(as(session));
    assert.equal(status, 200);
    assert.equal(body.authenticator_assurance_level, 'aal2');
    assert.deepEqual(
      body.authentication_methods.map(({ method }: Shown) => method),
      ['password', 'totp'],
    );
  });

  test('below another address of the pool the redirect stays there', async () => {
    const session = await login(await withTotp());
    const { app_id: appId } = api.server.quickstart.live;
    const { body } = await api.get(`/p/${appId}/sessions/whoami`, as(session));
    assert.equal(
      body.redirect_browser_to,
      `${api.server.url}/p/${appId}/self-service/login/browser?aal=aal2`,
    );
  });

  test('an unused recovery code is a second factor; one without any is asked for none', async () => {
    const codes = (usedAt?: string) => ({
      lookup_secret: {
        config: { codes: [{ code: 'abcd1234', ...(usedAt === undefined ? {} : { used_at: usedAt }) }] },
      },
    });
    const fresh = await newSession({ credentials: codes() });
    assertError(await whoami(as(fresh)), 403);
    const spent = await newSession({ credentials: codes('2026-01-01T00:00:00Z') });
    assert.equal((await whoami(as(spent))).status, 200);
    const password = await newSession({
      credentials: { password: { config: { password: 'long enough 1' } } },
    });
    assert.equal((await whoami(as(password))).status, 200);
  });

  test('a factor that is taken away is asked for no more', async () => {
    const id = await withTotp();
    const session = await login(id);
    assertError(await whoami(as(session)), 403);
    assert.equal((await api.delete(`/admin/identities/${id}/credentials/totp`)).status, 204);
    assert.equal((await whoami(as(session))).status, 200);
  });

  test('what is missing is missing for one’s other sessions too', async () => {
    const id = await withTotp();
    const [session, other] = [await login(id), await login(id)];
    assertError(await api.get('/sessions', as(session)), 403);
    assertError(await api.delete('/sessions', as(session)), 403);
    assertError(await api.delete(`/sessions/${other.id}`, as(session)), 403);
  });
});

suite('one’s other sessions', () => {
  test('iam 54 a list has the others; ending those leaves the one that asks', async () => {
    const id = await newId({ metadata_admin: { risk: 'high' } });
    const [one, other] = [await login(id), await login(id)];
    const stranger = await newSession();
    const list = await api.get('/sessions', as(one));
    assert.deepEqual(
      list.body.map((shown: Shown) => [shown.id, shown.active, shown.identity.id, shown.devices.length]),
      [[other.id, true, id, 1]],
    );
    assert.equal(list.text.includes('metadata_admin'), false);
    assert.equal(list.headers.get('x-total-count'), '1');
    assert.deepEqual((await api.delete('/sessions', as(one))).body, { count: 1 });
    assert.equal((await whoami(as(one))).status, 200);
    assertError(await whoami(as(other)), 401);
    assert.equal((await whoami(as(stranger))).status, 200);
    assert.deepEqual((await api.get('/sessions', as(one))).body, []);
    assert.deepEqual((await api.delete('/sessions', as(one))).body, { count: 0 });
  });

  test('a list has pages', async () => {
    const id = await newId();
    const others = [await login(id), await login(id), await login(id)];
    const mine = await login(id);
    const page = async (query: string) => api.get(`/sessions?${query}`, as(mine));
    const first = await page('page_size=2');
    const newest = others.map((one) => one.id).reverse();
    assert.deepEqual(
      first.body.map((shown: Shown) => shown.id),
      newest.slice(0, 2),
    );
    const next = /<([^>]*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await api.get(next.slice(api.server.url.length), as(mine));
    assert.deepEqual(
      second.body.map((shown: Shown) => shown.id),
      newest.slice(2),
    );
    assert.equal((await page('page=1&per_page=1')).body[0].id, newest[0]);
    assert.equal((await page('page_token=garbage&page_size=1')).body[0].id, newest[0]);
  });

  test('one other session is ended by its id; the one that asks cannot be, and nobody else’s is', async () => {
    const id = await newId();
    const [mine, other] = [await login(id), await login(id)];
    const stranger = await newSession();
    const end = (session: string) => api.delete(`/sessions/${session}`, as(mine));
    assertError(await end(mine.id), 400, /id/);
    assertError(await end('not-a-uuid'), 400);
    for (const session of [other.id, stranger.id, UNKNOWN]) assert.equal((await end(session)).status, 204);
    assertError(await whoami(as(other)), 401);
    assert.equal((await whoami(as(stranger))).status, 200);
    assert.equal((await whoami(as(mine))).status, 200);
  });

  test('nobody without a session sees or ends any', async () => {
    const { id } = await newSession();
    for (const [method, path] of [
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
      ['DELETE', `/sessions/${id}`],
    ] as const) {
      assertError(await api.call(method, path, without), 401);
      assertError(await api.call(method, path), 401);
    }
  });
});
