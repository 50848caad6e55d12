import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codeSentTo, inputValue, JSON_ONLY, messagesOf, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, iamOf, startIam } from '../../harness/iam.ts';
import { codeFlows } from '../../harness/recoveries.ts';
import { startServer } from '../../harness/server.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const at = (id: string) => `/self-service/recovery?flow=${id}`;

test('a page’s script recovers: cookie, no token, and the address of the settings', async () => {
  const { id: identityId, traits } = await api.create();
  const browser = openBrowser(api);
  const flow = await browser.begin('recovery');
  const csrf_token = inputValue(flow, 'csrf_token');
  const sent = await browser.postJson(at(flow.id), { method: 'code', email: traits.email, csrf_token });
  assert.deepEqual([sent.status, messagesOf(sent.body)], [200, [1060003]]);
  const code = await codeSentTo(api, traits.email);
  const again = inputValue(sent.body, 'csrf_token');
  const reply = await browser.postJson(at(flow.id), { method: 'code', code, csrf_token: again });
  assert.equal(reply.status, 200, reply.text);
  assert.deepEqual(
    reply.body.continue_with.map(({ action }: { action: string }) => action),
    ['show_settings_ui'],
  );
  assert.ok(!reply.text.includes('ory_st_'));
  const { body: session } = await browser.get('/sessions/whoami', JSON_ONLY);
  assert.equal(session.identity.id, identityId);
});

test('a page without scripts is led from page to page, and to the settings in the end', async () => {
  const { traits } = await api.create();
  const browser = openBrowser(api);
  const begun = await browser.get('/self-service/recovery/browser', { accept: 'text/html' });
  assert.equal(begun.status, 303);
  const page = new URL(begun.headers.get('location') ?? '');
  assert.equal(page.pathname, '/recovery');
  const id = page.searchParams.get('flow') ?? '';
  const read = async () => (await browser.get(`/self-service/recovery/flows?id=${id}`, JSON_ONLY)).body;
  const fields = async (more: Record<string, string>) => ({
    ...{ method: 'code', csrf_token: inputValue(await read(), 'csrf_token') },
    ...more,
  });
  const sent = await browser.postForm(at(id), await fields({ email: traits.email }));
  assert.deepEqual([sent.status, sent.headers.get('location')], [303, page.href]);
  const code = await codeSentTo(api, traits.email);
  const done = await browser.postForm(at(id), await fields({ code }));
  assert.equal(done.status, 303);
  const settings = new URL(done.headers.get('location') ?? '');
  assert.equal(settings.pathname, '/settings');
  assert.match(settings.searchParams.get('flow') ?? '', /^[0-9a-f-]{36}$/);
  assert.equal((await browser.get('/sessions/whoami', JSON_ONLY)).status, 200);
});

test('a flow is its browser’s: without the cookie or the token nothing is sent and nobody gets in', async () => {
  const { traits } = await api.create();
  const [browser, stranger] = [openBrowser(api), openBrowser(api)];
  const flow = await browser.begin('recovery');
  const csrf_token = inputValue(flow, 'csrf_token');
  const email = { method: 'code', email: traits.email };
  assertError(await browser.postJson(at(flow.id), email), 403);
  assertError(await stranger.postJson(at(flow.id), { ...email, csrf_token }), 403);
  assert.equal((await browser.postJson(at(flow.id), { ...email, csrf_token })).status, 200);
  const code = await codeSentTo(api, traits.email);
  const refused = await stranger.postJson(at(flow.id), { method: 'code', code, csrf_token });
  assert.equal(refused.body.error.id, 'security_csrf_violation');
  assert.equal((await stranger.get('/sessions/whoami', JSON_ONLY)).status, 401);
});

test('where the pages are elsewhere, links lead there', async () => {
  const ui = 'https://accounts.example.com/me';
  const environment = { SELFSAME_SELF_SERVICE_UI_URL: `${ui}/` };
  await using elsewhere = await iamOf(await startServer({ environment }));
  const { id, traits } = await elsewhere.create();
  const { body } = await elsewhere.post('/admin/recovery/code', { identity_id: id });
  assert.ok(body.recovery_link.startsWith(`${ui}/recovery?flow=`), body.recovery_link);
  const verification = codeFlows(elsewhere, 'verification');
  const { flow, code } = await verification.sent(traits.email);
  const done = await verification.submit(flow, { code });
  assert.equal(done.body.ui.nodes.at(-1).attributes.href, `${ui}/`);
});
