import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { nativeClient, openBrowser } from '../../harness/flows.ts';
import { type IamApi, startIam, UNKNOWN } from '../../harness/iam.ts';
import {
  buttonsOf,
  enter,
  follow,
  makePerson,
  openPage,
  PASSWORD,
  press,
  titleOf,
} from '../../harness/pages.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const HOSTILE = `"><script>alert(1)</script>`;

suite('signed-in devices', () => {
  test('others are listed with what they are called, and end one by one or all at once', async () => {
    const { browser, email } = await enter(api);
    const client = nativeClient(api);
    const { token } = await client.login(email, PASSWORD);
    const second = await client.login(email, PASSWORD);
    const list = await openPage(browser, '/settings/sessions');
    assert.equal(titleOf(list), 'Signed-in devices');
    const ends = buttonsOf(list.text).filter(({ text }) => text === 'Sign out');
    assert.equal(ends.length, 2);
    const wanted = ends.find(({ value }) => value === second.session.id);
    assert.ok(wanted);
    const { pathname } = new URL(wanted.form.action);
    const reply = await browser.postForm(pathname, { ...wanted.form.fields, session: wanted.value });
    assert.equal(reply.status, 303);
    assert.equal((await client.whoami(second.token)).status, 401);
    assert.equal((await client.whoami(token)).status, 200);

    const left = await press(
      browser,
      await openPage(browser, '/settings/sessions'),
      'Sign out everywhere else',
    );
    assert.match(left.text, /You are signed in nowhere else\./);
    assert.equal((await client.whoami(token)).status, 401);
    assert.equal(titleOf(await openPage(browser, '/')), 'Your account');
  });

  test('nothing ends without the token of the page, nor with that of another session', async () => {
    const { browser, email } = await enter(api);
    const { token } = await nativeClient(api).login(email, PASSWORD);
    const other = await enter(api);
    const [button] = buttonsOf((await openPage(other.browser, '/settings/sessions')).text);
    assert.equal(button, undefined);
    await nativeClient(api).login(other.email, PASSWORD);
    const [foreign] = buttonsOf((await openPage(other.browser, '/settings/sessions')).text);
    const tokens = ['', 'x', foreign?.form.fields.csrf_token ?? ''];
    for (const csrf_token of tokens) {
      const reply = await browser.postForm('/settings/sessions', { session: 'others', csrf_token });
      assert.equal(reply.status, 303);
      assert.match(reply.headers.get('location') ?? '', /\/error\?id=security_csrf_violation$/);
    }
    assert.equal((await nativeClient(api).whoami(token)).status, 200);
  });

  test('who is not signed in signs in first, and comes back', async () => {
    const browser = openBrowser(api);
    const { email } = await makePerson(api);
    const login = await openPage(browser, '/settings/sessions');
    assert.equal(titleOf(login), 'Sign in');
    const list = await press(browser, login, 'Sign in with password', {
      identifier: email,
      password: PASSWORD,
    });
    assert.equal(list.path, '/settings/sessions');
  });
});

suite('what went wrong', () => {
  test('a flow that there is not is a friendly 404, and another browser’s a 403, from which one begins again', async () => {
    const flow = await openBrowser(api).begin('login');
    const native = (await nativeClient(api).begin('login')).body;
    const cases: [string, number][] = [
      [UNKNOWN, 404],
      ['no-id', 404],
      [native.id, 404],
      [flow.id, 403],
    ];
    for (const [id, status] of cases) {
      const browser = openBrowser(api);
      const page = await openPage(browser, `/login?flow=${id}`);
      assert.equal(page.status, status, page.text);
      assert.equal(titleOf(page), 'This did not work');
      assert.equal(titleOf(await follow(browser, page, 'Start again')), 'Sign in');
    }
  });

  test('settings are for who is signed in, who comes back to them', async () => {
    const { browser, email } = await enter(api);
    const settings = await openPage(browser, '/settings');
    await press(browser, await openPage(browser, '/settings'), 'Generate new backup recovery codes');
    await follow(browser, settings, 'Sign out');
    const login = await openPage(browser, settings.path);
    assert.equal(titleOf(login), 'Sign in');
    const typed = { identifier: email, password: PASSWORD };
    const back = await press(browser, login, 'Sign in with password', typed);
    assert.deepEqual([titleOf(back), back.path], ['Account settings', settings.path]);
    const stranger = await enter(api);
    assert.equal((await openPage(stranger.browser, settings.path)).status, 403);
  });

  test('an expired flow is a new one, which leads to the same place', async () => {
    const browser = openBrowser(api);
    const place = `${api.server.url}/docs`;
    const { id } = await browser.begin('login', `?return_to=${encodeURIComponent(place)}`);
    api.clock.advance(61 * 60 * 1000);
    const page = await openPage(browser, `/login?flow=${id}`);
    assert.equal(titleOf(page), 'Sign in');
    assert.ok(!page.path.includes(id));
    const { email } = await makePerson(api);
    const end = await press(browser, page, 'Sign in with password', {
      identifier: email,
      password: PASSWORD,
    });
    assert.equal(end.path, '/docs');
  });

  test('the page of errors says what an error means, with its status, and nothing of what it was asked', async () => {
    const cases: [string, number, RegExp][] = [
      ['security_csrf_violation', 403, /does not keep cookies/],
      ['self_service_flow_return_to_forbidden', 400, /not one that we send people back to/],
      ['internal_fault', 500, /Something went wrong on our side/],
      ['unavailable', 503, /Something went wrong on our side/],
      ['not_found', 404, /There is no such page/],
      ['__proto__', 404, /That could not be done/],
      [encodeURIComponent(HOSTILE), 404, /That could not be done/],
      ['', 404, /That could not be done/],
    ];
    for (const [id, status, says] of cases) {
      const page = await openPage(openBrowser(api), `/error?id=${id}`);
      assert.equal(page.status, status, id);
      assert.match(page.text, says);
      assert.ok(!page.text.includes('<script') && !page.text.includes('alert'), page.text);
    }
  });

  test('a return_to that is not allowed ends at the page of errors', async () => {
    const page = await openPage(
      openBrowser(api),
      `/login?return_to=${encodeURIComponent('https://evil.example/')}`,
    );
    assert.deepEqual([page.path, page.status], ['/error?id=self_service_flow_return_to_forbidden', 400]);
    assert.ok(!page.text.includes('evil'));
  });
});

test('pages answer on every mount of self-service, and below the address of each pool', async () => {
  const { live, sandbox } = api.server.quickstart;
  const mounts = ['', '/auth', '/iam', `/p/${live.app_id}`, `/p/${sandbox.app_id}`, `/p/${live.app_id}/auth`];
  for (const mount of mounts) {
    const browser = openBrowser(api);
    for (const kind of ['login', 'registration', 'recovery', 'verification']) {
      const page = await openPage(browser, `${mount}/${kind}`);
      assert.equal(page.status, 200, `${mount}/${kind}`);
      assert.ok(page.path.startsWith(`${mount.replace(/\/(?:auth|iam)$/, '')}/${kind}?flow=`), page.path);
      const same = await openPage(browser, `${mount}${page.path.slice(page.path.indexOf(`/${kind}?`))}`);
      assert.equal(same.status, 200);
    }
    for (const path of ['/', '/logged-out'])
      assert.equal((await openPage(browser, `${mount}${path}`)).status, 200);
    assert.equal(titleOf(await openPage(browser, `${mount}/settings/sessions`)), 'Sign in');
    assert.equal((await openPage(browser, `${mount}/error?id=not_found`)).status, 404);
  }
});

test('a pool’s pages link to that pool', async () => {
  const base = `/p/${api.server.quickstart.sandbox.app_id}`;
  const { text } = await openPage(openBrowser(api), `${base}/`);
  const links = [...text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = '']) => href);
  const own = links.filter((href) => href.startsWith(`${api.server.url}${base}/`));
  assert.deepEqual(
    links.filter((href) => !own.includes(href)),
    ['#main', `${api.server.url}/docs`],
  );
});
