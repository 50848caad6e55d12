import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  codeSentTo,
  JSON_ONLY,
  messagesOf,
  nativeClient,
  nodesOf,
  openBrowser,
  otherThan,
} from '../../harness/flows.ts';
import { type Body, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { codeFlows } from '../../harness/recoveries.ts';
import type { TestServer } from '../../harness/server.ts';

const PASSWORD = 'correct horse battery';
type Settings = Parameters<TestServer['configureSelfService']>[0];

let api: IamApi;
before(async () => {
  api = await startIam();
});
afterEach(() => api.server.configureSelfService({}));
after(() => api[Symbol.asyncDispose]());

const client = () => nativeClient(api);
const beginning = async (kind: 'registration' | 'recovery' | 'verification') =>
  (await client().begin(kind)).status;
const withPassword = (email = newEmail()) =>
  api.create({ traits: { email }, credentials: { password: { config: { password: PASSWORD } } } });
const loginOf = async ({ traits }: Shown) => {
  const { session, token } = await client().login(traits.email, PASSWORD);
  return { session, token };
};
const secondsOf = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;
const lifespanOf = async (kind: 'login' | 'registration' | 'recovery' | 'verification') => {
  const { body } = await client().begin(kind);
  return secondsOf(body.issued_at, body.expires_at);
};
const nodesOfLogin = async () => nodesOf((await client().begin('login')).body);
const codesOf = async (purpose: 'recovery', tries: number) => {
  const { traits } = await api.create();
  const { flow, code } = await codeFlows(api, purpose).sent(traits.email);
  const ids: number[] = [];
  for (let left = tries; left > 0; left -= 1)
    ids.push(...messagesOf((await codeFlows(api, purpose).submit(flow, { code: otherThan(code) })).body));
  return ids;
};

/** A setting, what shows it, what that is without it, and with it. */
const TABLE: readonly [string, Settings, () => Promise<unknown>, unknown, unknown][] = [
  ['enabled.registration', { enabled: { registration: false } }, () => beginning('registration'), 200, 400],
  ['enabled.recovery', { enabled: { recovery: false } }, () => beginning('recovery'), 200, 400],
  ['enabled.verification', { enabled: { verification: false } }, () => beginning('verification'), 200, 400],
  ['flowSeconds.login', { flowSeconds: { login: 600 } }, () => lifespanOf('login'), 3600, 600],
  [
    'flowSeconds.registration',
    { flowSeconds: { registration: 900 } },
    () => lifespanOf('registration'),
    3600,
    900,
  ],
  ['flowSeconds.recovery', { flowSeconds: { recovery: 60 } }, () => lifespanOf('recovery'), 3600, 60],
  [
    'flowSeconds.verification',
    { flowSeconds: { verification: 70 } },
    () => lifespanOf('verification'),
    3600,
    70,
  ],
  [
    'methods.password',
    { methods: { password: { enabled: false } } },
    async () => (await nodesOfLogin()).includes('password password(password)'),
    true,
    false,
  ],
  [
    'methods.code.passwordless',
    { methods: { code: { passwordless: false } } },
    async () => (await nodesOfLogin()).includes('code method(submit)'),
    true,
    false,
  ],
  [
    'methods.code',
    { methods: { code: { enabled: false } } },
    async () => {
      const sent = await client().run('recovery', { method: 'code', email: newEmail() });
      return [sent.status, messagesOf(sent.body)];
    },
    [200, [1060003]],
    [400, [4010005]],
  ],
  [
    'codes.submissionsMax',
    { codes: { submissionsMax: 1 } },
    () => codesOf('recovery', 2),
    [4060006, 4060006],
    [4060006, 5000001],
  ],
  [
    'codes.seconds',
    { codes: { seconds: 120 } },
    async () => {
      const { id } = await api.create();
      const { body } = await api.post('/admin/recovery/code', { identity_id: id });
      return secondsOf(api.clock.now().toISOString(), body.expires_at);
    },
    3600,
    120,
  ],
  [
    'sessions.seconds',
    { sessions: { seconds: 7200 } },
    async () => {
      const { session } = await loginOf(await withPassword());
      return secondsOf(session.issued_at, session.expires_at);
    },
    86_400,
    7200,
  ],
  [
    'sessions.whoamiAal',
    { sessions: { whoamiAal: 'aal2' } },
    async () => (await client().whoami((await loginOf(await withPassword())).token)).status,
    200,
    403,
  ],
  [
    'sessionAfterRegistration',
    { sessionAfterRegistration: true },
    async () => {
      const { body } = await signUp({});
      return typeof body.session_token;
    },
    'undefined',
    'string',
  ],
  [
    'refusesBreachedPasswords',
    { refusesBreachedPasswords: false },
    async () => (await signUp({ password: 'password123' })).status,
    400,
    200,
  ],
  [
    'registrationStyle',
    { registrationStyle: 'one_step' },
    async () => nodesOf(await openBrowser(api).begin('registration')).includes('password password(password)'),
    false,
    true,
  ],
  [
    'uiUrl',
    { uiUrl: 'https://ui.example.com/me/' },
    async () => {
      const { headers } = await openBrowser(api).get('/self-service/login/browser', { accept: 'text/html' });
      return new URL(headers.get('location') ?? '').href.replace(/\?.*/, '').replace(api.server.url, '');
    },
    '/login',
    'https://ui.example.com/me/login',
  ],
  [
    'returnTo',
    { returnTo: ['https://app.example.com'] },
    async () =>
      (
        await openBrowser(api).get(
          '/self-service/login/browser?return_to=https://app.example.com/x',
          JSON_ONLY,
        )
      ).status,
    400,
    200,
  ],
  [
    'lockout',
    { lockout: { perIdentifierMax: 2 } },
    async () => {
      const { traits } = await withPassword();
      const body = { method: 'password', identifier: traits.email, password: 'wrong' };
      for (const _ of [1, 2]) await client().run('login', body);
      return (await client().run('login', body)).status;
    },
    400,
    429,
  ],
  [
    'continuesWith',
    { continuesWith: false },
    async () => {
      const { traits } = await api.create();
      const { flow, code } = await codeFlows(api, 'recovery').sent(traits.email);
      return (await codeFlows(api, 'recovery').submit(flow, { code })).status;
    },
    200,
    422,
  ],
  [
    'hooks.revokeOtherSessions.recovery',
    { hooks: { revokeOtherSessions: { recovery: false } } },
    async () => {
      const person = await withPassword();
      const { token } = await loginOf(person);
      const { flow, code } = await codeFlows(api, 'recovery').sent(person.traits.email);
      assert.equal((await codeFlows(api, 'recovery').submit(flow, { code })).status, 200);
      return (await client().whoami(token)).status;
    },
    401,
    200,
  ],
];

function signUp(more: Body) {
  const traits = { email: newEmail() };
  return client().run('registration', { method: 'password', traits, password: PASSWORD, ...more });
}

describe('a pool’s own settings take effect at once', () => {
  for (const [name, settings, look, before, then] of TABLE)
    test(name, async () => {
      assert.deepEqual(await look(), before);
      await api.server.configureSelfService(settings);
      assert.deepEqual(await look(), then);
    });
});

test('what is set for one pool is not set for another', async () => {
  const { sandbox } = api.server.quickstart;
  await api.server.configureSelfService({ flowSeconds: { login: 600 } }, sandbox.app_id);
  assert.equal(await lifespanOf('login'), 3600);
  const { body } = await api.get(`/p/${sandbox.app_id}/self-service/login/api`, { key: null });
  assert.equal(secondsOf(body.issued_at, body.expires_at), 600);
});

test('a flow that is under way goes by what is set by now', async () => {
  const { traits } = await api.create();
  const { flow, code } = await codeFlows(api, 'recovery').sent(traits.email);
  await api.server.configureSelfService({ methods: { code: { enabled: false } } });
  const refused = await codeFlows(api, 'recovery').submit(flow, { code });
  assert.deepEqual([refused.status, messagesOf(refused.body)], [400, [4010005]]);
  await api.server.configureSelfService({});
  assert.equal((await codeFlows(api, 'recovery').submit(flow, { code })).status, 200);
});

test('the code of a message says how long it can be used', async () => {
  const { traits } = await api.create();
  await api.server.configureSelfService({ codes: { seconds: 600 } });
  const { flow } = await codeFlows(api, 'recovery').sent(traits.email);
  api.clock.advance(601);
  const late = await codeFlows(api, 'recovery').submit(flow, { code: await codeSentTo(api, traits.email) });
  assert.deepEqual(messagesOf(late.body), [4060006]);
});
