import assert from 'node:assert/strict';
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
import { assertSaved, PASSWORD, settingsOf, textOfNode } from '../../harness/settings.ts';
import { totpAt } from '../../harness/totp.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const HOUR = 60 * 60;
const NEW_PASSWORD = 'another harbour in July';
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const place = (reply: { headers: Headers }) => new URL(reply.headers.get('location') ?? '');
const csrfOf = (flow: Shown) => ({ csrf_token: inputValue(flow, 'csrf_token') });
const pathOf = (kind: string, { id }: Shown) => `/self-service/${kind}?flow=${id}`;

/** Somebody at a browser, who has just signed in there. */
async function signedIn(traits: Shown = {}): Promise<{ id: string; email: string; browser: Browser }> {
  const browser = openBrowser(api);
  const { id, email } = await settingsOf(api).somebody({ traits });
  await signIn(browser, email);
  return { id, email, browser };
}

async function signIn(browser: Browser, identifier: string, query = ''): Promise<Shown> {
  const flow = await browser.begin('login', query);
  const body = { method: 'password', identifier, password: PASSWORD, ...csrfOf(flow) };
  const reply = await browser.postForm(pathOf('login', flow), body);
  assert.equal(reply.status, 303, reply.text);
  return reply;
}

const read = async (browser: Browser, flow: Shown): Promise<Shown> =>
  (await browser.get(`/self-service/settings/flows?id=${flow.id}`, JSON_ONLY)).body;

suite('a page with scripts', () => {
  test('begins, saves and is shown the flow, with a token for the next submit', async () => {
    const { browser, id, email } = await signedIn();
    const flow = await browser.begin('settings');
    assert.equal(flow.type, 'browser');
    assert.equal(flow.identity.id, id);
    const traits = { email, name: { first: 'Jo' } };
    const saved = await browser.postJson(pathOf('settings', flow), {
      method: 'profile',
      traits,
      ...csrfOf(flow),
    });
    assertSaved(saved);
    assert.equal(saved.body.continue_with, undefined);
    assert.notEqual(inputValue(saved.body, 'csrf_token'), inputValue(flow, 'csrf_token'));
    const body = { method: 'password', password: NEW_PASSWORD, ...csrfOf(saved.body) };
    assertSaved(await browser.postJson(pathOf('settings', flow), body));
  });

  test('is told where to go on where it said so', async () => {
    const { browser, email } = await signedIn();
    const back = `${api.server.url}/portal`;
    const flow = await browser.begin('settings', `?return_to=${encodeURIComponent(back)}`);
    assert.equal(flow.return_to, back);
    const body = { method: 'profile', traits: { email, name: { first: 'Jo' } }, ...csrfOf(flow) };
    const saved = await browser.postJson(pathOf('settings', flow), body);
    assert.deepEqual(saved.body.continue_with, [
      { action: 'redirect_browser_to', redirect_browser_to: back },
    ]);
  });

  test('is told of the verification of a new address, and where its page is', async () => {
    const { browser } = await signedIn();
    const flow = await browser.begin('settings');
    const email = newEmail();
    const body = { method: 'profile', traits: { email }, ...csrfOf(flow) };
    const saved = await browser.postJson(pathOf('settings', flow), body);
    const [{ flow: next }] = saved.body.continue_with;
    assert.equal(next.verifiable_address, email);
    assert.equal(next.url, `${api.server.url}/verification?flow=${next.id}`);
    const shown = await browser.get(`/self-service/verification/flows?id=${next.id}`, JSON_ONLY);
    assert.equal(shown.body.state, 'sent_email', shown.text);
  });

  test('iam 63 without the token, with that of another flow, or from elsewhere nothing is saved', async () => {
    const { browser, email } = await signedIn();
    const flow = await browser.begin('settings');
    const other = await browser.begin('settings');
    const body = { method: 'password', password: NEW_PASSWORD };
    for (const token of [{}, csrfOf(other), { csrf_token: 'x' }]) {
      const reply = await browser.postJson(pathOf('settings', flow), { ...body, ...token });
      assertError(reply, 403);
      assert.equal(reply.body.error.id, 'security_csrf_violation');
    }
    await nativeClient(api).login(email, PASSWORD);
  });

  test("iam 71 another one's flow is 403, in the same browser and in another one", async () => {
    const jo = await signedIn();
    const flow = await jo.browser.begin('settings');
    const sam = await signedIn();
    const body = { method: 'password', password: NEW_PASSWORD, ...csrfOf(flow) };
    const elsewhere = await sam.browser.postJson(pathOf('settings', flow), body);
    assertError(elsewhere, 403);
    assert.equal(elsewhere.body.error.id, 'security_identity_mismatch');
    const unread = await sam.browser.get(`/self-service/settings/flows?id=${flow.id}`, JSON_ONLY);
    assert.equal(unread.body.error.id, 'security_identity_mismatch');
    jo.browser.cookies.delete('ory_kratos_session');
    await signIn(jo.browser, sam.email);
    const here = await jo.browser.postJson(pathOf('settings', flow), body);
    assert.equal(here.body.error.id, 'security_identity_mismatch', here.text);
  });

  test('without a session it is 401, and told of no other place', async () => {
    const browser = openBrowser(api);
    const reply = await browser.get('/self-service/settings/browser', JSON_ONLY);
    assertError(reply, 401);
    assert.equal(reply.body.error.id, 'session_inactive');
    assert.equal(reply.body.redirect_browser_to, undefined);
  });
});

suite('a page without scripts', () => {
  test('is sent to the form, and back to it when it has saved', async () => {
    const { browser, id, email } = await signedIn();
    const begun = await browser.get('/self-service/settings/browser', HTML);
    assert.equal(begun.status, 303, begun.text);
    const page = place(begun);
    assert.equal(page.href.split('?')[0], `${api.server.url}/settings`);
    const flow = await read(browser, { id: page.searchParams.get('flow') });
    const fields = { method: 'profile', 'traits.email': email, 'traits.name.first': 'Jo', ...csrfOf(flow) };
    const saved = await browser.postForm(pathOf('settings', flow), fields);
    assert.equal(saved.status, 303, saved.text);
    assert.equal(place(saved).href, page.href);
    const shown = await read(browser, flow);
    assert.deepEqual([shown.state, messagesOf(shown)], ['success', [1050001]]);
    assert.deepEqual((await api.identity(id)).traits, { email, name: { first: 'Jo' } });
  });

  test('goes on where it said so; a refusal stays on the form', async () => {
    const { browser } = await signedIn();
    const back = `${api.server.url}/portal`;
    const flow = await browser.begin('settings', `?return_to=${encodeURIComponent(back)}`);
    const path = pathOf('settings', flow);
    const refused = await browser.postForm(path, { method: 'password', password: 'x', ...csrfOf(flow) });
    assert.equal(place(refused).href, `${api.server.url}/settings?flow=${flow.id}`);
    const fields = { method: 'password', password: NEW_PASSWORD, ...csrfOf(flow) };
    assert.equal(place(await browser.postForm(path, fields)).href, back);
  });

  test('what its form does not show stays as it is', async () => {
    await api.setSchema('wide', {
      properties: {
        email: {
          type: 'string',
          format: 'email',
          'ory.sh/kratos': { credentials: { password: { identifier: true } } },
        },
        age: { type: 'integer' },
        news: { type: 'boolean' },
        tags: { type: 'array', items: { type: 'string' } },
      },
    });
    const browser = openBrowser(api);
    const traits = { age: 30, news: true, tags: ['a', 'b'] };
    const { id, email } = await settingsOf(api).somebody({ schema: 'wide', traits });
    await signIn(browser, email);
    const flow = await browser.begin('settings');
    // As browsers send it: an unticked checkbox is left out, a cleared field is empty.
    const fields = { method: 'profile', 'traits.email': email, 'traits.age': '31', ...csrfOf(flow) };
    await browser.postForm(pathOf('settings', flow), fields);
    assert.deepEqual((await api.identity(id)).traits, { email, age: 31, news: false, tags: ['a', 'b'] });
    const cleared = { ...fields, 'traits.age': '', 'traits.news': 'true' };
    await browser.postForm(pathOf('settings', flow), cleared);
    assert.deepEqual((await api.identity(id)).traits, { email, news: true, tags: ['a', 'b'] });
  });

  test('a button with a name of its own is enough', async () => {
    const { browser, id } = await signedIn();
    const flow = await browser.begin('settings');
    const press = (fields: Record<string, string>) =>
      browser.postForm(pathOf('settings', flow), { ...fields, ...csrfOf(flow) });
    await press({
      method: 'totp',
      totp_code: totpAt(textOfNode(flow, 'totp_secret_key').text, api.clock.now()),
    });
    await press({ lookup_secret_regenerate: 'true' });
    const made = await read(browser, flow);
    const codes = textOfNode(made, 'lookup_secret_codes').text.split(', ');
    await press({ lookup_secret_confirm: 'true' });
    const { credentials } = await api.identity(id, 'totp', 'lookup_secret');
    assert.match(credentials.totp.config.totp_url, /^otpauth:/);
    const kept = credentials.lookup_secret.config.recovery_codes.map(({ code }: Shown) => code);
    assert.deepEqual(kept, codes);
    await press({ totp_unlink: 'true' });
    assert.equal((await api.identity(id, 'totp')).credentials.totp, undefined);
  });

  test('without a session it signs in first, and comes back', async () => {
    const { email } = await settingsOf(api).somebody();
    const browser = openBrowser(api);
    const back = `${api.server.url}/portal`;
    const query = `?return_to=${encodeURIComponent(back)}`;
    const sent = place(await browser.get(`/self-service/settings/browser${query}`, HTML));
    assert.equal(sent.href.split('?')[0], `${api.server.url}/self-service/login/browser`);
    const signed = await signIn(browser, email, sent.search);
    const again = place(signed);
    assert.equal(again.href.split('?')[0], `${api.server.url}/self-service/settings/browser`);
    const begun = place(await browser.get(`${again.pathname}${again.search}`, HTML));
    const flow = await read(browser, { id: begun.searchParams.get('flow') });
    assert.equal(flow.return_to, back);
  });

  test('after an hour it signs in once more, and finds what it typed', async () => {
    const { browser, email, id } = await signedIn();
    api.clock.advance(HOUR + 1);
    const flow = await browser.begin('settings');
    const next = newEmail();
    const fields = { method: 'profile', 'traits.email': next, ...csrfOf(flow) };
    const sent = place(await browser.postForm(pathOf('settings', flow), fields));
    assert.equal(sent.href.split('?')[0], `${api.server.url}/self-service/login/browser`);
    assert.equal(sent.searchParams.get('refresh'), 'true');
    const signed = await signIn(browser, email, sent.search);
    assert.equal(place(signed).href, `${api.server.url}/settings?flow=${flow.id}`);
    const shown = await read(browser, flow);
    assert.equal(inputValue(shown, 'traits.email'), next);
    assert.equal((await browser.postForm(pathOf('settings', flow), fields)).status, 303);
    assert.equal((await api.identity(id)).traits.email, next);
  });

  test('with a second factor to show it does so first', async () => {
    const { browser, email, id } = await signedIn();
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    const totp = { config: { totp_url: `otpauth://totp/T:jo?secret=${secret}` } };
    await api.put(`/admin/identities/${id}`, {
      schema_id: 'default',
      traits: { email },
      credentials: { totp },
    });
    const sent = place(await browser.get('/self-service/settings/browser', HTML));
    assert.equal(sent.searchParams.get('aal'), 'aal2');
    const flow = await browser.begin('login', sent.search);
    const fields = { method: 'totp', totp_code: totpAt(secret, api.clock.now()), ...csrfOf(flow) };
    const raised = place(await browser.postForm(pathOf('login', flow), fields));
    assert.equal(raised.href, `${api.server.url}/self-service/settings/browser`);
    assert.equal((await browser.get(raised.pathname, HTML)).status, 303);
  });

  test('an expired form leads to a new one', async () => {
    const { browser } = await signedIn();
    const flow = await browser.begin('settings');
    api.clock.advance(HOUR);
    const fields = { method: 'password', password: NEW_PASSWORD, ...csrfOf(flow) };
    const sent = place(await browser.postForm(pathOf('settings', flow), fields));
    assert.equal(sent.pathname, '/settings');
    const fresh = await read(browser, { id: sent.searchParams.get('flow') });
    assert.deepEqual(messagesOf(fresh), [4050001]);
  });
});
