import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  type Browser,
  inputValue,
  JSON_ONLY,
  type NativeClient,
  nativeClient,
  openBrowser,
} from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, startIam } from '../../harness/iam.ts';

let api: IamApi;
let client: NativeClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
});
after(() => api[Symbol.asyncDispose]());

const PASSWORD = 'a quiet harbour in June';

async function somebody(): Promise<string> {
  const email = newEmail();
  await api.create({ traits: { email }, credentials: { password: { config: { password: PASSWORD } } } });
  return email;
}

async function signedIn(): Promise<Browser> {
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  const body = {
    ...{ method: 'password', identifier: await somebody(), password: PASSWORD },
    csrf_token: inputValue(flow, 'csrf_token'),
  };
  const reply = await browser.postJson(`/self-service/login?flow=${flow.id}`, body);
  assert.equal(reply.status, 200, reply.text);
  return browser;
}

const logoutOf = async (browser: Browser) => {
  const reply = await browser.get('/self-service/logout/browser', JSON_ONLY);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};
const isIn = async (browser: Browser) => (await browser.get('/sessions/whoami')).status === 200;

suite('native clients', () => {
  const logOut = (token: unknown) =>
    api.call('DELETE', '/self-service/logout/api', { key: null, body: { session_token: token } });

  test('iam 73 logging out twice is 204 both times, an unknown token 403', async () => {
    const { token } = await client.login(await somebody(), PASSWORD);
    assert.equal((await logOut(token)).status, 204);
    assert.equal((await client.whoami(token)).status, 401);
    assert.equal((await logOut(token)).status, 204);
    assertError(await logOut(`ory_st_${'x'.repeat(32)}`), 403);
    assertError(await logOut('nonsense'), 403);
    assertError(await logOut(7), 400);
  });

  test('other sessions of the same person go on', async () => {
    const email = await somebody();
    const [one, other] = [await client.login(email, PASSWORD), await client.login(email, PASSWORD)];
    await logOut(one.token);
    assert.equal((await client.whoami(other.token)).status, 200);
  });
});

suite('browsers', () => {
  test('the links are for whoever is signed in', async () => {
    assertError(await openBrowser(api).get('/self-service/logout/browser', JSON_ONLY), 401);
    const browser = await signedIn();
    const links = await logoutOf(browser);
    assert.match(links.logout_token, /^ory_lo_[0-9A-Za-z]{32}$/);
    assert.equal(links.logout_url, `${api.server.url}/self-service/logout?token=${links.logout_token}`);
    assert.deepEqual(await logoutOf(browser), links);
  });

  test('an AJAX client gets 204, a page 303; the session and its cookie are gone', async () => {
    for (const [headers, status] of [[JSON_ONLY, 204] as const, [{ accept: 'text/html' }, 303] as const]) {
      const browser = await signedIn();
      const session = browser.cookies.get('ory_kratos_session') ?? '';
      assert.ok(await isIn(browser));
      const { logout_token: token } = await logoutOf(browser);
      const reply = await browser.get(`/self-service/logout?token=${token}`, headers);
      assert.equal(reply.status, status, reply.text);
      assert.equal(browser.cookies.has('ory_kratos_session'), false);
      assert.equal((await client.whoami(session)).status, 401);
    }
  });

  test('no token is 400, that of another session 403, and nobody is signed out', async () => {
    const [browser, other] = [await signedIn(), await signedIn()];
    assertError(await browser.get('/self-service/logout', JSON_ONLY), 400);
    const { logout_token: foreign } = await logoutOf(other);
    assertError(await browser.get(`/self-service/logout?token=${foreign}`, JSON_ONLY), 403);
    // Without a session there is nothing to end, whatever the token.
    const stranger = openBrowser(api);
    assert.equal((await stranger.get(`/self-service/logout?token=${foreign}`, JSON_ONLY)).status, 204);
    assert.ok((await isIn(browser)) && (await isIn(other)));
  });

  test('the logout token lets nobody in', async () => {
    const { logout_token: token } = await logoutOf(await signedIn());
    assert.equal((await client.whoami(token)).status, 401);
  });

  test('return_to is followed when it is allowed, and nothing happens when it is not', async () => {
    const browser = await signedIn();
    const { logout_token: token } = await logoutOf(browser);
    const refused = await browser.get(
      `/self-service/logout?token=${token}&return_to=https://evil.example/`,
      JSON_ONLY,
    );
    assert.equal(refused.body.error.id, 'self_service_flow_return_to_forbidden');
    assert.ok(await isIn(browser));
    const reply = await browser.get(`/self-service/logout?token=${token}&return_to=/bye`, {
      accept: 'text/html',
    });
    assert.deepEqual([reply.status, reply.headers.get('location')], [303, `${api.server.url}/bye`]);
  });
});
