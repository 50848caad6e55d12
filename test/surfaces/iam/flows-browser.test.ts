import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import {
  type Browser,
  inputValue,
  JSON_ONLY,
  messagesOf,
  nativeClient,
  openBrowser,
} from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { totpAt } from '../../harness/totp.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

async function somebody(credentials: Shown = {}): Promise<{ id: string; email: string }> {
  const email = newEmail();
  const password = { config: { password: PASSWORD } };
  const { id } = await api.create({ traits: { email }, credentials: { password, ...credentials } });
  return { id, email };
}

const csrfName = () => `csrf_token_${createHash('sha256').update(api.server.url).digest('hex')}`;
const bodyOf = (flow: Shown, identifier: string, password = PASSWORD) => ({
  ...{ method: 'password', identifier, password, csrf_token: inputValue(flow, 'csrf_token') },
});
const submit = (browser: Browser, flow: Shown, body: Shown) =>
  browser.postJson(`/self-service/login?flow=${flow.id}`, body);

/** As a page does it that only knows the address that it was sent to. */
async function openPage(browser: Browser, kind: string, query = ''): Promise<Shown> {
  const begun = await browser.get(`/self-service/${kind}/browser${query}`, HTML);
  assert.equal(begun.status, 303, begun.text);
  const location = new URL(begun.headers.get('location') ?? '');
  assert.equal(location.href.split('?')[0], `${api.server.url}/${kind}`);
  const flow = await browser.get(
    `/self-service/${kind}/flows?id=${location.searchParams.get('flow')}`,
    JSON_ONLY,
  );
  assert.equal(flow.status, 200, flow.text);
  return flow.body;
}

suite('begin', () => {
  test('an AJAX client gets the flow with a token, and the cookie that goes with it', async () => {
    const browser = openBrowser(api);
    const reply = await browser.get('/self-service/login/browser', JSON_ONLY);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.type, 'browser');
    const [cookie = ''] = reply.headers.getSetCookie();
    assert.ok(cookie.startsWith(`${csrfName()}=`), cookie);
    assert.match(cookie, /; Path=\/; .*HttpOnly; SameSite=Lax$/);
    assert.match(inputValue(reply.body, 'csrf_token'), /^[\w-]{86}$/);
  });

  test('a page is sent to where the flow is shown; the cookie of one flow is that of the next', async () => {
    const browser = openBrowser(api);
    await openPage(browser, 'login');
    const cookie = browser.cookies.get(csrfName());
    await openPage(browser, 'registration');
    assert.equal(browser.cookies.get(csrfName()), cookie);
  });

  test('the token is another one in each answer, and all of them count', async () => {
    const browser = openBrowser(api);
    const { email } = await somebody();
    const flow = await browser.begin('login');
    const again = await browser.get(`/self-service/login/flows?id=${flow.id}`, JSON_ONLY);
    assert.notEqual(inputValue(again.body, 'csrf_token'), inputValue(flow, 'csrf_token'));
    assert.equal((await submit(browser, flow, bodyOf(again.body, email))).status, 200);
  });
});

suite('proof', () => {
  test('iam 63 without the CSRF cookie a submit is refused, and a read too', async () => {
    const browser = openBrowser(api);
    const { email } = await somebody();
    const flow = await browser.begin('login');
    const stranger = openBrowser(api);
    const refused = await submit(stranger, flow, bodyOf(flow, email));
    assertError(refused, 403);
    assert.equal(refused.body.error.id, 'security_csrf_violation');
    assertError(await stranger.get(`/self-service/login/flows?id=${flow.id}`, JSON_ONLY), 403);
  });

  test('without the token, with that of another flow or of another browser, likewise', async () => {
    const browser = openBrowser(api);
    const { email } = await somebody();
    const [flow, other] = [await browser.begin('login'), await browser.begin('login')];
    const foreign = await openBrowser(api).begin('login');
    const { csrf_token: _, ...without } = bodyOf(flow, email);
    for (const body of [without, bodyOf(other, email), bodyOf(foreign, email)])
      assertError(await submit(browser, flow, body), 403);
    assert.equal((await submit(browser, flow, bodyOf(flow, email))).status, 200);
  });

  test('the token may be in the header', async () => {
    const browser = openBrowser(api);
    const { email } = await somebody();
    const flow = await browser.begin('login');
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const { csrf_token: token, ...body } = bodyOf(flow, email);
    const headers = { cookie, 'x-csrf-token': token, ...JSON_ONLY };
    const reply = await api.post(`/self-service/login?flow=${flow.id}`, body, { key: null, headers });
    assert.equal(reply.status, 200, reply.text);
  });

  test('a page that is refused is sent to the error, which can be read', async () => {
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    const reply = await browser.postForm(`/self-service/login?flow=${flow.id}`, { method: 'password' });
    assert.equal(reply.status, 303, reply.text);
    const location = new URL(reply.headers.get('location') ?? '');
    assert.equal(location.pathname, '/error');
    const stored = await api.get(`/self-service/errors${location.search}`, { key: null });
    assert.equal(stored.body.error.id, 'security_csrf_violation', stored.text);
    assertError(await api.get('/self-service/errors?id=nope', { key: null }), 404);
  });
});

suite('sign in', () => {
  test('an AJAX client gets a session, a cookie and no token', async () => {
    const browser = openBrowser(api);
    const { id, email } = await somebody();
    const flow = await browser.begin('login', '?return_to=/home');
    const reply = await submit(browser, flow, bodyOf(flow, email));
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(Object.keys(reply.body).sort(), ['continue_with', 'session']);
    assert.deepEqual(reply.body.continue_with, [
      { action: 'redirect_browser_to', redirect_browser_to: `${api.server.url}/home` },
    ]);
    assert.match(
      reply.headers.getSetCookie().find((cookie) => cookie.startsWith('ory')) ?? '',
      /^ory_kratos_session=ory_st_\w{32}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/,
    );
    assert.equal((await browser.get('/sessions/whoami')).body.identity.id, id);
  });

  test('a page is sent to where it wanted to return, and with a wrong password to the flow', async () => {
    const browser = openBrowser(api);
    const { email } = await somebody();
    const flow = await openPage(browser, 'login', '?return_to=/home');
    const wrong = await browser.postForm(
      `/self-service/login?flow=${flow.id}`,
      bodyOf(flow, email, 'not that one'),
    );
    assert.equal(wrong.headers.get('location'), `${api.server.url}/login?flow=${flow.id}`);
    const shown = await browser.get(`/self-service/login/flows?id=${flow.id}`, JSON_ONLY);
    assert.deepEqual(messagesOf(shown.body), [4000006]);
    assert.equal(inputValue(shown.body, 'identifier'), email);
    assert.equal(inputValue(shown.body, 'password'), undefined);
    const right = await browser.postForm(`/self-service/login?flow=${flow.id}`, bodyOf(shown.body, email));
    assert.deepEqual([right.status, right.headers.get('location')], [303, `${api.server.url}/home`]);
    assert.equal((await browser.get('/sessions/whoami')).status, 200);
  });

  test('iam 72 whoever is signed in is sent on, or told so', async () => {
    const browser = openBrowser(api);
    const { email } = await somebody();
    const [flow, other] = [await browser.begin('login'), await browser.begin('login')];
    await submit(browser, flow, bodyOf(flow, email));
    const told = await browser.get('/self-service/login/browser', JSON_ONLY);
    assert.equal(told.body.error.id, 'session_already_available', told.text);
    const page = await browser.get('/self-service/login/browser', HTML);
    assert.deepEqual([page.status, page.headers.get('location')], [303, `${api.server.url}/`]);
    const onward = await browser.get('/self-service/login/browser?return_to=/home', HTML);
    assert.equal(onward.headers.get('location'), `${api.server.url}/home`);
    const evil = await browser.get('/self-service/login/browser?return_to=https://evil.example/', HTML);
    assert.match(evil.headers.get('location') ?? '', /\/error\?id=self_service_flow_return_to_forbidden$/);
    assertError(await submit(browser, other, bodyOf(other, email)), 400);
  });

  test('whoever wants to show a second factor first is sent to show the first', async () => {
    const page = await openBrowser(api).get('/self-service/login/browser?aal=aal2&return_to=/home', HTML);
    const back = encodeURIComponent(`${api.server.url}/home`);
    assert.equal(
      page.headers.get('location'),
      `${api.server.url}/self-service/login/browser?return_to=${back}`,
    );
  });

  test('a second factor is asked for at another place, in the same session', async () => {
    const totp = { config: { totp_url: `otpauth://totp/x?secret=${SECRET}` } };
    const { email } = await somebody({ totp });
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    const reply = await submit(browser, flow, bodyOf(flow, email));
    assertError(reply, 422);
    assert.equal(reply.body.error.id, 'browser_location_change_required');
    assert.equal(reply.body.redirect_browser_to, `${api.server.url}/self-service/login/browser?aal=aal2`);
    const second = await browser.begin('login', '?aal=aal2');
    const raised = await submit(browser, second, {
      method: 'totp',
      totp_code: totpAt(SECRET, api.clock.now()),
      csrf_token: inputValue(second, 'csrf_token'),
    });
    assert.equal(raised.body.session.authenticator_assurance_level, 'aal2', raised.text);
    assert.equal((await browser.get('/sessions/whoami')).status, 200);
  });
});

suite('expired', () => {
  test('iam 64 a read tells where to begin anew, a submit what to use instead', async () => {
    const browser = openBrowser(api);
    const flow = await browser.begin('login', '?return_to=/home');
    api.clock.advance(3601);
    const read = await browser.get(`/self-service/login/flows?id=${flow.id}`, JSON_ONLY);
    assertError(read, 410);
    const back = encodeURIComponent(`${api.server.url}/home`);
    assert.equal(
      read.body.error.details.redirect_to,
      `${api.server.url}/self-service/login/browser?return_to=${back}`,
    );
    const json = await submit(browser, flow, bodyOf(flow, 'jo'));
    assertError(json, 410);
    const page = await browser.postForm(`/self-service/login?flow=${flow.id}`, bodyOf(flow, 'jo'));
    const { use_flow_id: next } = json.body;
    assert.equal(page.headers.get('location'), `${api.server.url}/login?flow=${next}`);
    const shown = await browser.get(`/self-service/login/flows?id=${next}`, JSON_ONLY);
    assert.deepEqual(messagesOf(shown.body), [4010001]);
    assert.equal(shown.body.return_to, `${api.server.url}/home`);
  });
});

suite('bad input', () => {
  const ODD = [
    null,
    7,
    true,
    [],
    {},
    [null],
    { a: 1 },
    '',
    '\u0000',
    '\ud800',
    'x'.repeat(50_000),
    '{"__proto__":1}',
  ];
  const client = () => nativeClient(api);

  test('no body, however broken, is a fault', async () => {
    for (const kind of ['login', 'registration'] as const)
      for (const method of ['password', 'code', 'profile', 'lookup_secret', 'constructor'])
        for (const odd of ODD) {
          const body = {
            method,
            identifier: odd,
            password: odd,
            code: odd,
            traits: odd,
            screen: odd,
            resend: odd,
          };
          const reply = await client().run(kind, body);
          assert.equal(
            reply.status,
            400,
            `${kind} ${method} ${JSON.stringify(odd).slice(0, 20)} ${reply.text}`,
          );
          const deep = { ...body, traits: { email: odd, name: odd, username: odd } };
          const answer = await client().run(kind, deep);
          assert.equal(answer.status, 400, `${kind} ${method} ${answer.text}`);
        }
    assertError(await api.post('/self-service/login?flow=x', '{"a":', { key: null }), 400);
  });
});

suite('places', () => {
  test('flows answer below /auth, /iam and the address of a pool, and stay there', async () => {
    const { live, sandbox } = api.server.quickstart;
    for (const prefix of ['/auth', '/iam', `/p/${live.app_id}`, `/p/${sandbox.app_id}/auth`]) {
      const reply = await api.get(`${prefix}/self-service/login/api`, { key: null });
      assert.equal(reply.status, 200, `${prefix} ${reply.text}`);
      assert.equal(reply.body.request_url, `${api.server.url}${prefix}/self-service/login/api`);
    }
    const foreign = await api.get(`/p/${sandbox.app_id}/self-service/login/api`, { key: null });
    assert.equal(
      foreign.body.ui.action,
      `${api.server.url}/p/${sandbox.app_id}/self-service/login?flow=${foreign.body.id}`,
    );
    const submit = await nativeClient(api).submit('login', foreign.body.id, { method: 'password' });
    assertError(submit, 404);
  });
});
