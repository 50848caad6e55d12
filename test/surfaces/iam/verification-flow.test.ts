import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  codeSentTo,
  messagesOf as ids,
  JSON_ONLY,
  nativeClient,
  openBrowser,
  otherThan,
} from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { messagesTo } from '../../harness/outbox.ts';
import { type CodeFlows, codeFlows } from '../../harness/recoveries.ts';

let api: IamApi;
let verification: CodeFlows;
before(async () => {
  api = await startIam();
  verification = codeFlows(api, 'verification');
});
after(() => api[Symbol.asyncDispose]());

const addressOf = async (id: string): Promise<Shown> => (await api.identity(id)).verifiable_addresses[0];

suite('verification by a code', () => {
  test('iam 68 the right code verifies the address, and signs nobody in', async () => {
    const { id, traits } = await api.create();
    assert.deepEqual((await addressOf(id)).verified, false);
    const { flow, code } = await verification.sent(traits.email);
    const reply = await verification.submit(flow, { code });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual([reply.body.state, ids(reply.body)], ['passed_challenge', [1080002]]);
    assert.deepEqual([reply.body.continue_with, reply.headers.get('set-cookie')], [undefined, null]);
    const link = reply.body.ui.nodes.find(({ type }: Shown) => type === 'a').attributes;
    assert.deepEqual([link.id, link.href, link.title.id], ['continue', `${api.server.url}/`, 1070009]);
    const address = await addressOf(id);
    assert.deepEqual([address.verified, address.status], [true, 'completed']);
    assert.equal(Date.parse(address.verified_at), api.clock.now().getTime());
  });

  test('an address stays verified since when it was first', async () => {
    const { id, traits } = await api.create();
    const verify = async () => {
      const { flow, code } = await verification.sent(traits.email);
      assert.equal((await verification.submit(flow, { code })).body.state, 'passed_challenge');
      return addressOf(id);
    };
    const first = await verify();
    api.clock.advance(60);
    assert.deepEqual(await verify(), first);
  });

  test('an address that nobody has is answered like one that somebody has', async () => {
    const { traits } = await api.create();
    const unknown = newEmail();
    const shown = async (email: string) => {
      const { id } = await verification.begin();
      const reply = await verification.submit(id, { email });
      assert.deepEqual([reply.status, ids(reply.body)], [200, [1080003]]);
      return reply.text.replaceAll(id, 'FLOW').replaceAll(email, 'EMAIL');
    };
    assert.equal(await shown(traits.email), await shown(unknown));
    const templates = async (email: string) =>
      (await messagesTo(api.server, email)).map(({ template }) => template);
    assert.deepEqual(await templates(traits.email), ['verification_code_valid']);
    assert.deepEqual(await templates(unknown), ['verification_code_invalid']);
  });

  test('iam 66 wrong codes count: after five, the right one is refused too', async () => {
    const { id, traits } = await api.create();
    const { flow, code } = await verification.sent(traits.email);
    for (let n = 0; n < 5; n += 1) {
      const reply = await verification.submit(flow, { code: otherThan(code) });
      assert.deepEqual([reply.status, ids(reply.body)], [200, [4070006]]);
    }
    assert.equal((await verification.submit(flow, { code })).status, 400);
    assert.equal((await addressOf(id)).verified, false);
  });

  test('a code is worth nothing once its address is another one', async () => {
    const { id, traits } = await api.create();
    const { flow, code } = await verification.sent(traits.email);
    await api.put(`/admin/identities/${id}`, { schema_id: 'default', traits: { email: newEmail() } });
    assert.deepEqual(ids((await verification.submit(flow, { code })).body), [4070006]);
    assert.equal((await addressOf(id)).verified, false);
  });

  test('a code of a recovery is none of a verification', async () => {
    const { traits } = await api.create();
    const recovery = await codeFlows(api, 'recovery').sent(traits.email);
    const flow = await verification.asked(traits.email);
    const reply = await verification.submit(flow, { code: recovery.code });
    assert.equal(reply.body.state, 'sent_email');
    assertError(await verification.submit(recovery.flow, { code: recovery.code }), 404);
  });

  test('a finished flow is replaced by a new one', async () => {
    const { traits } = await api.create();
    const { flow, code } = await verification.sent(traits.email);
    await verification.submit(flow, { code });
    const again = await verification.submit(flow, { code });
    assertError(again, 410);
    assert.equal(again.body.error.id, 'self_service_flow_replaced');
    const { body } = await api.get(`/self-service/verification/flows?id=${again.body.use_flow_id}`, {
      key: null,
    });
    assert.deepEqual([body.state, ids(body)], ['choose_method', [4070002]]);
  });

  test('the code may be entered in another browser than the one that asked for it; nothing else may', async () => {
    const { id, traits } = await api.create();
    const [browser, other] = [openBrowser(api), openBrowser(api)];
    const flow = await browser.begin('verification');
    const place = `/self-service/verification?flow=${flow.id}`;
    const { value: csrf_token } = flow.ui.nodes[0].attributes;
    const email = { method: 'code', email: traits.email };
    assertError(await other.postJson(place, email), 403);
    assert.equal((await browser.postJson(place, { ...email, csrf_token })).status, 200);
    const code = await codeSentTo(api, traits.email);
    assertError(await other.postJson(place, { ...email, code }), 403);
    assertError(await other.get(`/self-service/verification/flows?id=${flow.id}`, JSON_ONLY), 403);
    const reply = await other.postJson(place, { method: 'code', code });
    assert.equal(reply.body.state, 'passed_challenge', reply.text);
    assert.equal((await addressOf(id)).verified, true);
  });
});

suite('after a registration', () => {
  const register = (traits: object) =>
    nativeClient(api).run('registration', { method: 'password', password: 'correct horse 9 staple', traits });

  test('a verification has begun, its code was sent, and it verifies the address', async () => {
    const email = newEmail();
    const reply = await register({ email });
    assert.equal(reply.status, 200, reply.text);
    const { id, verifiable_addresses } = reply.body.identity;
    assert.deepEqual([verifiable_addresses[0].verified, verifiable_addresses[0].status], [false, 'sent']);
    const [next] = reply.body.continue_with;
    assert.deepEqual([next.action, next.flow.verifiable_address], ['show_verification_ui', email]);
    const { body: flow } = await api.get(`/self-service/verification/flows?id=${next.flow.id}`, {
      key: null,
    });
    assert.deepEqual([flow.type, flow.state, ids(flow)], ['api', 'sent_email', [1080003]]);
    const code = await codeSentTo(api, email);
    assert.equal((await verification.submit(next.flow.id, { code })).body.state, 'passed_challenge');
    assert.equal((await addressOf(id)).verified, true);
    assert.equal((await messagesTo(api.server, email)).length, 1);
  });

  test('nobody verifies what nobody has', async () => {
    const reply = await register({ username: `somebody.${process.pid}` });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.continue_with, undefined);
  });

  test('a refused registration sends nothing', async () => {
    const { traits } = await api.create();
    assert.equal((await register(traits)).status, 400);
    assert.deepEqual(await messagesTo(api.server, traits.email), []);
  });
});

test('a phone number is verified by a text message, and only that number gets another one', async () => {
  await api.setSchema('reachable', {
    properties: {
      username: {
        ...{ type: 'string', 'ory.sh/kratos': { credentials: { password: { identifier: true } } } },
      },
      phone: { type: 'string', format: 'tel', 'ory.sh/kratos': { verification: { via: 'sms' } } },
    },
  });
  assert.equal((await api.put('/admin/schemas/reachable/default')).status, 200);
  const phone = '+4917667111638';
  const traits = { username: `caller.${process.pid}`, phone: '+49 176 671 11 638' };
  const reply = await nativeClient(api).run('registration', {
    ...{ method: 'password', password: 'correct horse 9 staple', traits },
  });
  assert.equal(reply.status, 200, reply.text);
  const [{ flow }] = reply.body.continue_with;
  assert.equal(flow.verifiable_address, phone);
  const [message] = await messagesTo(api.server, phone);
  assert.deepEqual([message?.channel, message?.template], ['sms', 'verification_code_valid']);
  assert.deepEqual(
    ids((await verification.submit(flow.id, { email: '+4917667111639' })).body).includes(4000040),
    true,
  );
  assert.deepEqual(ids((await verification.submit(flow.id, { email: phone })).body), [1080004]);
  const code = await codeSentTo(api, phone);
  assert.equal((await messagesTo(api.server, phone)).length, 2);
  assert.deepEqual(ids((await verification.submit(flow.id, { code })).body), [1080005]);
  assert.equal((await addressOf(reply.body.identity.id)).verified, true);
});
