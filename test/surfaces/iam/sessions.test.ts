import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, type Shown, startIam, UNKNOWN } from '../../harness/iam.ts';
import type { TestSession } from '../../harness/sessions.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const OTHER_UUID = '7f3c1d52-3c1e-4a8e-9b1d-0c6a3f0e5b11';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const as = (token: string) => ({ key: null, headers: { 'x-session-token': token } });
const whoami = (token: string) => api.get('/sessions/whoami', as(token));
const isActive = async (token: string) => (await whoami(token)).status === 200;

interface Person {
  readonly id: string;
  readonly sessions: readonly [TestSession, ...TestSession[]];
}

/** Somebody with so many sessions, the oldest first. */
async function person(count = 1, body = {}): Promise<Person> {
  const { id } = await api.create(body);
  const first = await api.server.logIn({ identityId: id });
  const sessions: [TestSession, ...TestSession[]] = [first];
  while (sessions.length < count) sessions.push(await api.server.logIn({ identityId: id }));
  return { id, sessions };
}

const idsOf = (shown: Shown[]) => shown.map(({ id }) => id);
const revoked = async ({ id }: TestSession) => !(await api.get(`/admin/sessions/${id}`)).body.active;

suite('one session', () => {
  test('a session is shown without its identity and devices unless they are asked for', async () => {
    const { id, sessions } = await person(1, { metadata_admin: { seen: 'by administrators' } });
    const [{ id: session }] = sessions;
    const plain = (await api.get(`/admin/sessions/${session}`)).body;
    assert.equal(plain.active, true);
    assert.equal(plain.authenticator_assurance_level, 'aal1');
    assert.deepEqual([plain.identity, plain.devices], [null, null]);
    assert.equal(plain.issued_at, plain.authenticated_at);
    assert.equal(Date.parse(plain.expires_at) - Date.parse(plain.issued_at), DAY * 1000);
    assert.deepEqual(plain.authentication_methods, [
      { method: 'password', aal: 'aal1', completed_at: plain.issued_at },
    ]);
    const { body } = await api.get(`/admin/sessions/${session}?expand=identity&expand=devices`);
    assert.equal(body.identity.id, id);
    assert.deepEqual(body.identity.metadata_admin, { seen: 'by administrators' });
    assert.equal('credentials' in body.identity, false);
    assert.deepEqual(
      body.devices.map(({ ip_address, user_agent }: Shown) => [ip_address, user_agent]),
      [['203.0.113.7', 'Test']],
    );
    assertError(await api.get(`/admin/sessions/${session}?expand=everything`), 400, /expand/);
  });

  test('what is no id is refused, and an unknown id is not found', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['PATCH', '/extend'],
    ] as const) {
      assertError(await api.call(method, `/admin/sessions/not-a-uuid${path}`), 400);
      assertError(await api.call(method, `/admin/sessions/${UNKNOWN}${path}`), 404);
      assertError(await api.call(method, `/admin/sessions/${OTHER_UUID}${path}`), 404);
    }
  });

  test("another pool's session is not found", async () => {
    const { sessions } = await person();
    const [{ id, token }] = sessions;
    assertError(await api.get(`/admin/sessions/${id}`, api.sandbox), 404);
    assertError(await api.delete(`/admin/sessions/${id}`, api.sandbox), 404);
    assertError(await api.patch(`/admin/sessions/${id}/extend`, undefined, api.sandbox), 404);
    assert.ok(await isActive(token));
  });

  test('iam 52 extending gives a session its lifespan again, from now on', async () => {
    const { id, sessions } = await person();
    const [{ id: session, token }] = sessions;
    const before = (await api.get(`/admin/sessions/${session}`)).body;
    api.clock.advance(HOUR);
    const { status, body } = await api.patch(`/admin/sessions/${session}/extend`);
    assert.equal(status, 200);
    assert.equal(Date.parse(body.expires_at), api.clock.now().getTime() + DAY * 1000);
    assert.equal(body.issued_at, before.issued_at);
    assert.equal(body.identity.id, id);
    api.clock.advance(DAY - 60);
    assert.ok(await isActive(token));
    api.clock.advance(120);
    assert.equal(await isActive(token), false);
  });

  test('iam 53 a session that an administrator ends lets nobody in, and can still be read', async () => {
    const { sessions } = await person(2);
    const [{ id, token }, other] = sessions;
    assert.equal((await api.delete(`/admin/sessions/${id}`)).status, 204);
    assertError(await whoami(token), 401);
    assert.equal((await api.get(`/admin/sessions/${id}`)).body.active, false);
    assert.ok(await isActive(other?.token ?? ''));
    assert.equal((await api.delete(`/admin/sessions/${id}`)).status, 204, 'twice is as good as once');
  });

  test('iam 33 the sessions of an identity that is made inactive stop, and go on when it is active again', async () => {
    const { id, sessions } = await person();
    const [{ id: session, token }] = sessions;
    const patch = (state: string) =>
      api.patch(`/admin/identities/${id}`, [{ op: 'replace', path: '/state', value: state }]);
    assert.equal((await patch('inactive')).status, 200);
    assertError(await whoami(token), 401);
    assert.equal((await api.get(`/admin/sessions/${session}`)).body.active, false);
    assert.equal((await patch('active')).status, 200);
    assert.ok(await isActive(token));
  });

  test('iam 45 the sessions of an identity that is deleted are refused', async () => {
    const { id, sessions } = await person();
    const [{ id: session, token }] = sessions;
    assert.equal((await api.delete(`/admin/identities/${id}`)).status, 204);
    assertError(await whoami(token), 401);
    assertError(await api.get(`/admin/sessions/${session}`), 404);
    assert.deepEqual((await api.get(`/admin/identities/${id}/sessions`)).body, []);
  });
});

suite('lists', () => {
  test('a list by pages shows each session once, the newest first, and keeps what else was asked', async () => {
    const { sessions } = await person(5);
    const own = new Set(sessions.map(({ id }) => id));
    const seen: string[] = [];
    let path: string | undefined = '/admin/sessions?page_size=2&active=true&expand=devices';
    while (path !== undefined) {
      const { status, body, headers } = await api.get(path);
      assert.equal(status, 200);
      assert.ok(body.length <= 2 && body.every(({ devices }: Shown) => devices.length === 1));
      seen.push(...idsOf(body));
      const next: string | undefined = /<([^>]*)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
      if (next !== undefined) assert.match(next, /active=true.*expand=devices/);
      path = next?.slice(api.server.url.length);
    }
    assert.deepEqual(seen, [...new Set(seen)].sort().reverse());
    assert.deepEqual(
      seen.filter((id) => own.has(id)),
      sessions.map(({ id }) => id).reverse(),
    );
  });

  test('a list shows identities once they are asked for, for administrators', async () => {
    const { id, sessions } = await person(2, { metadata_admin: { a: 1 } });
    const { body } = await api.get('/admin/sessions?expand=identity&page_size=2');
    assert.deepEqual(idsOf(body), sessions.map((one) => one.id).reverse());
    for (const { identity, devices } of body) {
      assert.deepEqual([identity.id, identity.metadata_admin, devices], [id, { a: 1 }, null]);
      assert.equal('credentials' in identity, false);
    }
  });

  test('a list by state has active sessions, or the others', async () => {
    const { sessions } = await person(2);
    const [ended, going] = sessions;
    await api.delete(`/admin/sessions/${ended.id}`);
    const ids = async (query: string) => idsOf((await api.get(`/admin/sessions?${query}`)).body);
    assert.ok((await ids('active=false')).includes(ended.id));
    assert.equal((await ids('active=true')).includes(ended.id), false);
    assert.ok((await ids('active=true')).includes(going?.id ?? ''));
    assert.ok((await ids('')).includes(ended.id));
  });

  test('parameters that do not read are refused', async () => {
    for (const query of ['active=maybe', 'expand=nope', 'page_size=many', 'page_token=garbage'])
      assertError(await api.get(`/admin/sessions?${query}`), 400);
    for (const query of ['page_size=0', 'page_size=-3', 'page_size=99999', 'page_token=1', 'page_token='])
      assert.equal((await api.get(`/admin/sessions?${query}`)).status, 200, query);
  });

  test('the sessions of an identity have numbered pages, of which 0 and 1 are both the first', async () => {
    const { id, sessions } = await person(3);
    const newest = sessions.map((one) => one.id).reverse();
    const page = async (query: string) => {
      const reply = await api.get(`/admin/identities/${id}/sessions?${query}`);
      assert.equal(reply.status, 200, reply.text);
      return reply;
    };
    const first = await page('page=0&per_page=2');
    assert.deepEqual(idsOf(first.body), newest.slice(0, 2));
    assert.equal(first.headers.get('x-total-count'), '3');
    assert.equal(first.body[0].identity.id, id);
    assert.deepEqual(idsOf((await page('page=1&per_page=2')).body), newest.slice(0, 2));
    assert.deepEqual(idsOf((await page('page=2&per_page=2')).body), newest.slice(2));
    const next = /<([^>]*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    for (const name of ['page=2', 'per_page=2', 'page_size=2', 'page_token=']) assert.ok(next.includes(name));
    const followed = await api.get(next.slice(api.server.url.length));
    assert.deepEqual(idsOf(followed.body), newest.slice(2));
    await api.delete(`/admin/sessions/${newest[0]}`);
    assert.deepEqual(idsOf((await page('active=true')).body), newest.slice(1));
    assert.deepEqual(idsOf((await page('active=false')).body), newest.slice(0, 1));
  });

  test('an unknown identity has no sessions, and what is no id is refused', async () => {
    const of = (id: string) => `/admin/identities/${id}/sessions`;
    assert.deepEqual((await api.get(of(UNKNOWN))).body, []);
    assertError(await api.get(of('not-a-uuid')), 400);
    assertError(await api.get(`${of(UNKNOWN)}?active=perhaps`), 400);
    assertError(await api.delete(of(UNKNOWN)), 404);
    assertError(await api.delete(of('not-a-uuid')), 400);
  });

  test('deleting the sessions of an identity removes them, and once more finds none', async () => {
    const { id, sessions } = await person(2);
    assert.equal((await api.delete(`/admin/identities/${id}/sessions`)).status, 204);
    for (const { token } of sessions) assertError(await whoami(token), 401);
    assertError(await api.get(`/admin/sessions/${sessions[0].id}`), 404);
    assertError(await api.delete(`/admin/identities/${id}/sessions`), 404);
  });
});

suite('many at once', () => {
  const manage = (body: unknown, path = '/admin/sessions') => api.post(path, body);

  test('sessions are disabled by their ids, and deleted by their identities', async () => {
    const one = await person(2);
    const other = await person();
    const ids = [one.sessions[0].id, other.sessions[0].id, OTHER_UUID];
    const disabled = await manage({ action: 'disable', sessions: ids });
    assert.deepEqual(disabled.body, { processed: 2, more: false });
    assert.ok((await revoked(one.sessions[0])) && (await revoked(other.sessions[0])));
    assert.ok(await isActive(one.sessions[1]?.token ?? ''));
    const deleted = await manage({ action: 'delete', identities: [one.id] });
    assert.deepEqual(deleted.body, { processed: 2, more: false });
    assert.deepEqual((await api.get(`/admin/identities/${one.id}/sessions`)).body, []);
  });

  test('the sessions of all are disabled at once, in their own pool alone', async () => {
    const { sessions } = await person();
    const { id } = await api.create({}, api.sandbox);
    const poolId = api.server.quickstart.sandbox.app_id;
    const elsewhere = await api.server.logIn({ identityId: id, poolId });
    const { body } = await manage({ action: 'disable', identities: ['*'] });
    assert.equal(body.more, false);
    assert.equal(await isActive(sessions[0].token), false);
    const whose = await api.get(`/p/${poolId}/sessions/whoami`, as(elsewhere.token));
    assert.equal(whose.status, 200);
    assertError(await whoami(elsewhere.token), 401);
  });

  test('a request that names both, neither, too many, or something else is refused', async () => {
    const many = Array.from(
      { length: 501 },
      (_, n) => `${OTHER_UUID.slice(0, -3)}${String(n).padStart(3, '0')}`,
    );
    const bad: readonly (readonly [unknown, RegExp])[] = [
      [{ action: 'disable' }, /identities/],
      [{ action: 'disable', identities: [UNKNOWN], sessions: [UNKNOWN] }, /identities/],
      [{ action: 'disable', identities: ['*', UNKNOWN] }, /identities/],
      [{ action: 'disable', sessions: ['*'] }, /sessions/],
      [{ action: 'disable', sessions: many }, /sessions/],
      [{ action: 'forget', sessions: [UNKNOWN] }, /action/],
      [{ action: 'disable', sessions: [UNKNOWN], more: 1 }, /more/],
    ];
    for (const [body, reason] of bad) assertError(await manage(body), 400, reason);
  });
});

suite('whom it lets in', () => {
  test('sessions need grants of their own, and whose they are one more', async () => {
    const { id, sessions } = await person();
    const [{ id: session }] = sessions;
    const { secret: key } = await api.server.createKey({ grants: ['logins:read'] });
    assert.equal((await api.get(`/admin/sessions/${session}`, { key })).body.identity, null);
    assertError(await api.get(`/admin/sessions/${session}?expand=identity`, { key }), 403);
    assert.equal((await api.get(`/admin/identities/${id}/sessions`, { key })).body[0].identity, null);
    assertError(await api.delete(`/admin/sessions/${session}`, { key }), 403);
    const { secret: writer } = await api.server.createKey({ grants: ['logins:write'] });
    const extended = await api.patch(`/admin/sessions/${session}/extend`, undefined, { key: writer });
    assert.equal(extended.body.identity, null);
    const { secret: reader } = await api.server.createKey({ grants: ['identities:read'] });
    assertError(await api.get('/admin/sessions', { key: reader }), 403);
    assertError(await api.get('/admin/sessions', { key: null }), 401);
  });

  test('at /iam an address that both have is the administrators’', async () => {
    const { sessions } = await person(2);
    const [{ id, token }, other] = sessions;
    for (const base of ['/iam', '/iam/admin', '/admin']) {
      assert.equal((await api.get(`${base}/sessions`)).status, 200, base);
      assert.equal((await api.get(`${base}/sessions/${id}`)).status, 200, base);
      assert.equal((await api.patch(`${base}/sessions/${id}/extend`)).status, 200, base);
      assertError(await api.get(`${base}/sessions`, as(token)), 403);
    }
    assertError(await api.delete(`/iam/sessions/${other?.id}`, as(token)), 403);
    assert.equal((await api.get('/iam/sessions/whoami', as(token))).status, 200);
    assert.deepEqual((await api.call('DELETE', '/iam/sessions', as(token))).body, { count: 1 });
    assertError(await api.delete('/iam/sessions'), 401);
    assert.equal(await isActive(other?.token ?? ''), false);
  });

  test('at the root and at /auth sessions are one’s own', async () => {
    const { sessions } = await person(2);
    const [{ token }, other] = sessions;
    for (const base of ['', '/auth']) {
      assertError(await api.get(`${base}/sessions`), 401);
      assert.deepEqual(idsOf((await api.get(`${base}/sessions`, as(token))).body), [other?.id]);
      assertError(await api.get(`${base}/sessions/${other?.id}`, as(token)), 405);
    }
  });
});
