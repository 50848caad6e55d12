import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { inputValue, JSON_ONLY, openBrowser } from '../../harness/flows.ts';
import { type IamApi, newEmail, startIam } from '../../harness/iam.ts';
import { startServer } from '../../harness/server.ts';

const APP = 'https://app.example.com';
const UI = 'https://login.example.com';
const PASSWORD = 'correct horse battery';

let api: IamApi;
before(async () => {
  api = await startIam();
  await api.server.configureSelfService({ uiUrl: `${UI}/account`, corsOrigins: [APP] });
});
after(() => api[Symbol.asyncDispose]());

const ask = (path: string, origin: string, method = 'GET', headers: Record<string, string> = {}) =>
  api.server.call(method, path, { key: null, headers: { origin, ...headers } });
const preflight = (path: string, origin: string, method = 'POST') =>
  ask(path, origin, 'OPTIONS', {
    'access-control-request-method': method,
    'access-control-request-headers': 'content-type,x-session-token',
  });
const allowed = ({ headers }: { headers: Headers }) => [
  headers.get('access-control-allow-origin'),
  headers.get('access-control-allow-credentials'),
];

const NOBODY = [null, null];
const PATHS = [
  '/self-service/login',
  '/auth/self-service/login',
  '/iam/self-service/login',
  '/sessions/whoami',
];

describe('pages of the user interface and of the origins on the list', () => {
  for (const origin of [APP, UI])
    for (const path of PATHS)
      test(`${origin} may call ${path}, with cookies`, async () => {
        const method = path.endsWith('whoami') ? 'GET' : 'POST';
        const leave = await preflight(path, origin, method);
        assert.equal(leave.status, 204);
        assert.deepEqual(allowed(leave), [origin, 'true']);
        assert.match(leave.headers.get('access-control-allow-headers') ?? '', /x-session-token/);
        assert.match(leave.headers.get('vary') ?? '', /Origin/);
        assert.deepEqual(allowed(await ask('/sessions/whoami', origin)), [origin, 'true']);
      });
});

describe('any other origin is told nothing', () => {
  for (const origin of [
    'null',
    '*',
    'https://evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://x.app.example.com',
    'https://APP.example.com',
    'https://app.example.com/',
    'https://app.example.com@evil.example',
    'https://evil.example#https://app.example.com',
  ])
    test(origin, async () => {
      assert.deepEqual(allowed(await preflight('/self-service/login', origin)), NOBODY);
      const answer = await ask('/sessions/whoami', origin);
      assert.deepEqual([answer.status, ...allowed(answer)], [401, ...NOBODY]);
      assert.match(answer.headers.get('vary') ?? '', /Origin/);
    });
});

test('what administrators call is for no page', async () => {
  for (const path of ['/admin/identities', '/iam/identities', '/iam/sessions', '/iam/admin/sessions']) {
    assert.deepEqual(allowed(await preflight(path, APP, 'GET')), NOBODY, path);
    assert.deepEqual(allowed(await ask(path, APP)), NOBODY, path);
  }
});

test('what one pool allows no other one does', async () => {
  const { sandbox } = api.server.quickstart;
  const path = `/p/${sandbox.app_id}/self-service/login`;
  assert.deepEqual(allowed(await preflight(path, APP)), NOBODY);
  assert.deepEqual(allowed(await preflight('/p/%ff/self-service/login', APP)), NOBODY);
  await api.server.configureSelfService({ corsOrigins: ['https://other.example'] }, sandbox.app_id);
  assert.deepEqual(allowed(await preflight(path, 'https://other.example')), [
    'https://other.example',
    'true',
  ]);
  assert.deepEqual(allowed(await preflight('/self-service/login', 'https://other.example')), NOBODY);
});

test('an origin that is taken off the list is off it at once', async () => {
  const settings = { uiUrl: `${UI}/account`, corsOrigins: [APP, 'https://gone.example'] };
  await api.server.configureSelfService(settings);
  assert.deepEqual(allowed(await ask('/sessions/whoami', 'https://gone.example')), [
    'https://gone.example',
    'true',
  ]);
  await api.server.configureSelfService({ ...settings, corsOrigins: [APP] });
  assert.deepEqual(allowed(await ask('/sessions/whoami', 'https://gone.example')), NOBODY);
});

describe('cookies', () => {
  const environment = { SELFSAME_SERVER_PUBLIC_URL: 'https://id.example.com' };
  const cookiesWith = async (settings: Parameters<typeof api.server.configureSelfService>[0]) => {
    await using server = await startServer({ environment });
    await server.configureSelfService(settings);
    const { headers } = await server.call('GET', '/self-service/login/browser', {
      key: null,
      headers: JSON_ONLY,
    });
    return headers.getSetCookie();
  };

  test('stay with their own site while all pages are on it', async () => {
    const [cookie = ''] = await cookiesWith({ uiUrl: 'https://login.example.com', corsOrigins: [APP] });
    assert.match(cookie, /; Secure/);
    assert.match(cookie, /; SameSite=Lax/);
  });

  test('go with requests of another site only where the pages are on one', async () => {
    const [cookie = ''] = await cookiesWith({ uiUrl: 'https://login.example.net' });
    assert.match(cookie, /; Secure/);
    assert.match(cookie, /; SameSite=None/);
    assert.match(cookie, /; HttpOnly/);
  });
});

describe('a page elsewhere', () => {
  afterEach(() => api.server.configureSelfService({ uiUrl: `${UI}/account`, corsOrigins: [APP] }));

  test('signs somebody in by script, with the token of the form and never without it', async () => {
    const email = newEmail();
    await api.create({ traits: { email }, credentials: { password: { config: { password: PASSWORD } } } });
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    const body = { method: 'password', identifier: email, password: PASSWORD };
    const path = `/self-service/login?flow=${flow.id}`;
    assert.equal((await browser.postJson(path, body)).status, 403);
    const csrf_token = inputValue(flow, 'csrf_token');
    assert.equal((await browser.postJson(path, { ...body, csrf_token })).status, 200);
  });
});
