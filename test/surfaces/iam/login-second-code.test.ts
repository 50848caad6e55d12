import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  codeSentTo,
  inputValue,
  messagesOf,
  type NativeClient,
  nativeClient,
  nodesOf,
  openBrowser,
  otherThan,
} from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import type { Reply } from '../../harness/server.ts';
import { PASSWORD, type SettingsClient, type SignedInPerson, settingsOf } from '../../harness/settings.ts';

let api: IamApi;
let client: NativeClient;
let settings: SettingsClient;
before(async () => {
  api = await startIam();
  client = nativeClient(api);
  settings = settingsOf(api);
  await api.server.configureIam({ selfService: { methods: { code: { mfa: true } } } });
});
after(() => api[Symbol.asyncDispose]());

const begin = async ({ token }: Pick<SignedInPerson, 'token'>, query = ''): Promise<Shown> => {
  const reply = await client.begin('login', `?aal=aal2${query}`, { token });
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
};
const submit = (flow: Shown, body: Shown, { token }: Pick<SignedInPerson, 'token'>): Promise<Reply> =>
  client.submit('login', flow.id, { method: 'code', ...body }, { token });

/** A flow that has sent its code. */
async function sent(person: SignedInPerson): Promise<{ flow: Shown; code: string }> {
  const flow = await begin(person);
  const reply = await submit(flow, { address: person.email }, person);
  assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [1010014]], reply.text);
  return { flow: reply.body, code: await codeSentTo(api, person.email) };
}

suite('a code as the second factor', () => {
  test('is wanted of everybody who can be sent one: whoami and settings ask for it', async () => {
    const jo = await settings.somebody();
    assertError(await client.whoami(jo.token), 403);
    const reply = await client.begin('settings', '', { token: jo.token });
    assert.equal(reply.body.error.id, 'session_aal2_required', reply.text);
    const login = await client.run('login', { method: 'password', identifier: jo.email, password: PASSWORD });
    assert.equal(login.body.session.identity, null);
  });

  test('goes to an address of theirs, and raises the session when it comes back', async () => {
    const jo = await settings.somebody();
    const flow = await begin(jo);
    assert.deepEqual(nodesOf(flow), ['default csrf_token(hidden)', 'code address(submit)']);
    const [, button] = flow.ui.nodes;
    assert.equal(button.attributes.value, jo.email);
    assert.deepEqual([button.meta.label.id, button.meta.label.context.address], [1010023, jo.email]);
    const step = await submit(flow, { address: jo.email }, jo);
    assert.equal(step.status, 400);
    assert.equal(step.body.state, 'sent_email');
    assert.deepEqual(nodesOf(step.body), [
      'default csrf_token(hidden)',
      ...['code identifier(hidden)', 'code code(text)', 'code resend(submit)', 'code method(submit)'],
    ]);
    const done = await submit(flow, { code: await codeSentTo(api, jo.email) }, jo);
    assert.equal(done.status, 200, done.text);
    const { session } = done.body;
    assert.equal(session.authenticator_assurance_level, 'aal2');
    const methods = session.authentication_methods.map((one: Shown) => `${one.method} ${one.aal}`);
    assert.deepEqual(methods, ['password aal1', 'code aal2']);
    assert.equal((await client.whoami(jo.token)).status, 200);
    // The code came back from there (R4).
    assert.equal((await api.identity(jo.id)).verifiable_addresses[0].verified, true);
  });

  test('goes nowhere else', async () => {
    const [jo, sam] = [await settings.somebody(), await settings.somebody()];
    const flow = await begin(jo);
    for (const address of [sam.email, newEmail(), 'x']) {
      const reply = await submit(flow, { address }, jo);
      assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4010010]]);
      assert.equal(reply.body.state, 'choose_method');
    }
    await assert.rejects(codeSentTo(api, sam.email), /no code/);
    const without = await submit(flow, {}, jo);
    assert.deepEqual([without.status, messagesOf(without.body)], [400, [4010002]]);
  });

  test('a wrong one is 4010008, and after five the flow takes none', async () => {
    const jo = await settings.somebody();
    const { flow, code } = await sent(jo);
    for (let count = 0; count < 5; count += 1) {
      const wrong = await submit(flow, { code: otherThan(code) }, jo);
      assert.deepEqual([wrong.status, messagesOf(wrong.body)], [400, [4010008]]);
    }
    const right = await submit(flow, { code }, jo);
    assert.deepEqual([right.status, messagesOf(right.body)], [400, [5000001]]);
    assertError(await client.whoami(jo.token), 403);
  });

  test('sent again, only the newest counts', async () => {
    const jo = await settings.somebody();
    const { flow, code } = await sent(jo);
    const again = await client.submit(
      'login',
      flow.id,
      { resend: 'code', identifier: jo.email },
      { token: jo.token },
    );
    assert.deepEqual([again.status, messagesOf(again.body)], [400, [1010014]], again.text);
    const next = await codeSentTo(api, jo.email);
    if (next !== code) assert.deepEqual(messagesOf((await submit(flow, { code }, jo)).body), [4010008]);
    assert.equal((await submit(flow, { code: next }, jo)).status, 200);
  });

  test("one session's code raises no other one's", async () => {
    const [jo, sam] = [await settings.somebody(), await settings.somebody()];
    const { flow, code } = await sent(jo);
    const reply = await submit(flow, { code }, sam);
    assertError(reply, 403);
    assert.equal(reply.body.error.id, 'security_identity_mismatch');
    assertError(await client.submit('login', flow.id, { method: 'code', code }), 401);
    assert.equal((await submit(flow, { code }, jo)).status, 200);
  });

  test('fifty submits of one code at once raise the session once', async () => {
    const jo = await settings.somebody();
    const { flow, code } = await sent(jo);
    const replies = await Promise.all(Array.from({ length: 50 }, () => submit(flow, { code }, jo)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  });

  test('`via` offers the one address that it points at', async () => {
    const mark = (via: string) => ({ 'ory.sh/kratos': { credentials: { code: { identifier: true, via } } } });
    const login = {
      'ory.sh/kratos': {
        credentials: { password: { identifier: true }, code: { identifier: true, via: 'email' } },
      },
    };
    await api.setSchema('both', {
      properties: {
        email: { type: 'string', format: 'email', ...login },
        phone: { type: 'string', format: 'tel', ...mark('sms') },
        nickname: { type: 'string' },
      },
    });
    const traits = { phone: '+49 176 671 11 638', nickname: 'jo' };
    const jo = await settings.somebody({ schema: 'both', traits });
    const all = await begin(jo);
    const shown = (flow: Shown) =>
      flow.ui.nodes.filter(({ group }: Shown) => group === 'code').map((one: Shown) => one.attributes.value);
    assert.deepEqual(shown(all).sort(), ['+4917667111638', jo.email].sort());
    assert.deepEqual(shown(await begin(jo, '&via=phone')), ['+4917667111638']);
    for (const via of ['nickname', 'nope', 'constructor', 'phone.length'])
      assertError(await client.begin('login', `?aal=aal2&via=${via}`, { token: jo.token }), 400, /via/);
  });

  test('a page without scripts chooses, resends and enters by buttons alone', async () => {
    const browser = openBrowser(api);
    const jo = await settings.somebody();
    const csrf = (flow: Shown) => ({ csrf_token: inputValue(flow, 'csrf_token') });
    const first = await browser.begin('login');
    const login = { method: 'password', identifier: jo.email, password: PASSWORD };
    const signed = await browser.postForm(`/self-service/login?flow=${first.id}`, {
      ...login,
      ...csrf(first),
    });
    assert.equal(signed.status, 303, signed.text);
    const home = async () => (await browser.get('/', { accept: 'text/html' })).text;
    assert.ok(!(await home()).includes(jo.email), 'nothing is told before');
    const flow = await browser.begin('login', '?aal=aal2');
    const path = `/self-service/login?flow=${flow.id}`;
    const chosen = await browser.postForm(path, { address: jo.email, ...csrf(flow) });
    assert.equal(chosen.headers.get('location'), `${api.server.url}/login?flow=${flow.id}`);
    const fields = { identifier: jo.email, code: '', ...csrf(flow) };
    assert.equal((await browser.postForm(path, { ...fields, resend: 'code' })).status, 303);
    const code = await codeSentTo(api, jo.email);
    const entered = await browser.postForm(path, { ...fields, code, method: 'code' });
    assert.equal(entered.headers.get('location'), `${api.server.url}/`);
    const session = await browser.get('/sessions/whoami', { accept: 'application/json' });
    assert.equal(session.body.authenticator_assurance_level, 'aal2', session.text);
    assert.ok((await home()).includes(jo.email));
  });
});
