import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { codeSentTo, messagesOf as ids, otherThan } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { messagesTo } from '../../harness/outbox.ts';
import { type CodeFlows, codeFlows, tokenIn } from '../../harness/recoveries.ts';
import type { Reply } from '../../harness/server.ts';

let api: IamApi;
let recovery: CodeFlows;
before(async () => {
  api = await startIam();
  recovery = codeFlows(api, 'recovery');
});
after(() => api[Symbol.asyncDispose]());

const HOUR_SECONDS = 3600;
const names = (flow: Shown) => flow.ui.nodes.map(({ attributes }: Shown) => attributes.name ?? attributes.id);

const median = (list: number[]) => list.sort((one, other) => one - other)[list.length >> 1] ?? Number.NaN;

suite('recovery by a code', () => {
  test('a new flow asks for the address', async () => {
    const flow = await recovery.begin();
    assert.deepEqual([flow.type, flow.state], ['api', 'choose_method']);
    assert.deepEqual(names(flow), ['csrf_token', 'email', 'method']);
    assert.equal(flow.ui.action, `${api.server.url}/self-service/recovery?flow=${flow.id}`);
    const read = await api.get(`/self-service/recovery/flows?id=${flow.id}`, { key: null });
    assert.deepEqual(read.body, flow);
  });

  test('iam 67 an address that nobody has is answered like one that somebody has', async () => {
    const { traits } = await api.create();
    const unknown = newEmail();
    const shown = async (email: string) => {
      const { id } = await recovery.begin();
      const reply = await recovery.submit(id, { email: email.toUpperCase() });
      return {
        ...{ status: reply.status, ids: ids(reply.body) },
        text: reply.text.replaceAll(id, 'FLOW').replaceAll(email, 'EMAIL'),
      };
    };
    const [one, other] = [await shown(traits.email), await shown(unknown)];
    assert.deepEqual(one, other);
    assert.deepEqual([one.status, one.ids], [200, [1060003]]);
    const templates = async (email: string) =>
      (await messagesTo(api.server, email)).map(({ template }) => template);
    assert.deepEqual(await templates(traits.email), ['recovery_code_valid']);
    assert.deepEqual(await templates(unknown), ['recovery_code_invalid']);
    assert.equal((await messagesTo(api.server, unknown))[0]?.code, null);
  });

  test('an address that nobody has takes as long as one that somebody has', async () => {
    const known: number[] = [];
    const unknown: number[] = [];
    const timed = async (email: string) => {
      const { id } = await recovery.begin();
      const from = performance.now();
      await recovery.submit(id, { email });
      return performance.now() - from;
    };
    // In turns: what else the machine does is the same for both.
    for (let round = 0; round < 30; round += 1) {
      known.push(await timed((await api.create()).traits.email));
      unknown.push(await timed(newEmail()));
    }
    const ratio = median(known) / median(unknown);
    assert.ok(ratio > 0.6 && ratio < 1.6, `a known address takes ${ratio} times as long`);
  });

  test('then asks for the code, and sends another one to the same address if it is told to', async () => {
    const { traits } = await api.create();
    const { id } = await recovery.begin();
    const { body: flow } = await recovery.submit(id, { email: traits.email });
    assert.deepEqual([flow.state, flow.active], ['sent_email', 'code']);
    assert.deepEqual(names(flow), ['csrf_token', 'code', 'method', 'method', 'email']);
    const [, code, , , resend] = flow.ui.nodes.map(({ attributes }: Shown) => attributes);
    assert.deepEqual([code.pattern, code.maxlength, code.required], ['[0-9]+', 6, true]);
    assert.deepEqual([resend.type, resend.value], ['submit', traits.email]);
    const first = await codeSentTo(api, traits.email);
    assert.equal((await recovery.submit(id, { code: '', email: traits.email })).status, 200);
    const second = await codeSentTo(api, traits.email);
    if (first !== second) assert.deepEqual(ids((await recovery.submit(id, { code: first })).body), [4060006]);
    assert.equal((await recovery.submit(id, { code: second })).body.state, 'passed_challenge');
  });

  test('the right code signs in, proves the address and leads to settings', async () => {
    const { id: identityId, traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    const reply = await recovery.submit(flow, { code: ` ${code.slice(0, 3)} ${code.slice(3)} ` });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.body.state, 'passed_challenge');
    const [token, settings, ...more] = reply.body.continue_with;
    assert.deepEqual(
      [token.action, settings.action, more],
      ['set_ory_session_token', 'show_settings_ui', []],
    );
    const { body: session } = await recovery.whoami(token.ory_session_token);
    assert.equal(session.identity.id, identityId);
    assert.deepEqual(
      session.authentication_methods.map(({ method, aal }: Shown) => [method, aal]),
      [['code_recovery', 'aal1']],
    );
    const [address] = (await api.identity(identityId)).verifiable_addresses;
    assert.deepEqual([address.verified, address.status], [true, 'completed']);
    assert.equal(Date.parse(address.verified_at), api.clock.now().getTime());
    assert.ok(!reply.text.includes('credentials'));
  });

  test('all other sessions of the person end', async () => {
    const { traits } = await api.create();
    const recovered = async () => {
      const { flow, code } = await recovery.sent(traits.email);
      return tokenIn(await recovery.submit(flow, { code }));
    };
    const [before, now] = [await recovered(), await recovered()];
    assert.equal((await recovery.whoami(before)).status, 401);
    assert.equal((await recovery.whoami(now)).status, 200);
  });

  test('a wrong code is told, and counts: after five, the right one is refused too', async () => {
    const { traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    for (let n = 0; n < 5; n += 1) {
      const reply = await recovery.submit(flow, { code: otherThan(code) });
      assert.deepEqual([reply.status, ids(reply.body)], [200, [4060006]]);
      assert.equal(reply.body.state, 'sent_email');
    }
    const last = await recovery.submit(flow, { code });
    assert.equal(last.status, 400, last.text);
    assert.match(last.body.ui.messages[0].text, /too often/);
    assert.equal('continue_with' in last.body, false);
  });

  test('of 20 uses of one code at once one gets in', async () => {
    const { traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    const replies = await Promise.all(Array.from({ length: 20 }, () => recovery.submit(flow, { code })));
    assert.equal(replies.filter(({ body }) => body.continue_with !== undefined).length, 1);
    assert.ok(replies.every(({ status }) => status < 500));
  });

  test('a code is of no use in another flow, nor after an hour', async () => {
    const { traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    const other = await recovery.asked(newEmail());
    assert.deepEqual(ids((await recovery.submit(other, { code })).body), [4060006]);
    api.clock.advance(HOUR_SECONDS);
    const reply = await recovery.submit(flow, { code });
    assertError(reply, 410);
    assert.equal(reply.body.error.id, 'self_service_flow_expired');
    const { body: fresh } = await api.get(`/self-service/recovery/flows?id=${reply.body.use_flow_id}`, {
      key: null,
    });
    assert.deepEqual([fresh.state, ids(fresh)], ['choose_method', [4060005]]);
  });

  test('a finished flow leads to a new one that says so', async () => {
    const { traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    await recovery.submit(flow, { code });
    const again = await recovery.submit(flow, { code });
    assertError(again, 410);
    assert.equal(again.body.error.id, 'self_service_flow_replaced');
    const { body } = await api.get(`/self-service/recovery/flows?id=${again.body.use_flow_id}`, {
      key: null,
    });
    assert.deepEqual(ids(body), [4060001]);
  });

  test('a blocked person does not get in', async () => {
    const { id, traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    await api.patch(`/admin/identities/${id}`, [{ op: 'replace', path: '/state', value: 'inactive' }]);
    const reply = await recovery.submit(flow, { code });
    assert.deepEqual([reply.status, ids(reply.body)], [400, [4010011]]);
  });

  test('a code is worth nothing once its address is another one', async () => {
    const { id, traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    await api.put(`/admin/identities/${id}`, { schema_id: 'default', traits: { email: newEmail() } });
    assert.deepEqual(ids((await recovery.submit(flow, { code })).body), [4060006]);
  });

  test('what is no address, no method or not there is said beside its field', async () => {
    const { id } = await recovery.begin();
    const messagesAt = ({ body }: Reply, name: string) =>
      body.ui.nodes
        .find(({ attributes }: Shown) => attributes.name === name)
        .messages.map((message: Shown) => message.id);
    assert.deepEqual(messagesAt(await recovery.submit(id, { email: 'nobody' }), 'email'), [4000040]);
    assert.deepEqual(messagesAt(await recovery.submit(id, {}), 'email'), [4000002]);
    for (const method of ['link', 'password', 7])
      assert.deepEqual(ids((await recovery.submit(id, { method, email: newEmail() })).body), [4010005]);
    assert.deepEqual(ids((await recovery.submit(id, { code: '123456' })).body), [4010005]);
  });

  test('one address is sent ten messages in a quarter of an hour, and no more', async () => {
    const { traits } = await api.create();
    const other = newEmail();
    for (const email of [traits.email, other]) {
      for (let n = 0; n < 10; n += 1) await recovery.asked(email);
      const { id } = await recovery.begin();
      const reply = await recovery.submit(id, { email });
      assertError(reply, 429);
      assert.equal((await messagesTo(api.server, email)).length, 10);
    }
  });

  test('however many messages are asked for at once, no more than ten are sent', async () => {
    const { traits } = await api.create();
    const flows = await Promise.all(Array.from({ length: 30 }, () => recovery.begin()));
    const replies = await Promise.all(
      flows.map(({ id }: Shown) => recovery.submit(id, { email: traits.email })),
    );
    const sent = replies.filter(({ status }) => status === 200).length;
    assert.ok(sent <= 10, `${sent} messages`);
    assert.equal(replies.filter(({ status }) => status === 429).length, 30 - sent);
    assert.equal((await messagesTo(api.server, traits.email)).length, sent);
  });

  test('whoever gets in may ask again', async () => {
    const { traits } = await api.create();
    for (let n = 0; n < 9; n += 1) await recovery.asked(traits.email);
    const { flow, code } = await recovery.sent(traits.email);
    assert.equal((await recovery.submit(flow, { code })).body.state, 'passed_challenge');
    await recovery.asked(traits.email);
  });

  test('a message is in the language that the person reads', async () => {
    const { traits } = await api.create();
    const { id } = await recovery.begin();
    const options = { key: null, headers: { 'accept-language': 'de-AT, en;q=0.5' } };
    const body = { method: 'code', email: traits.email };
    await api.post(`/self-service/recovery?flow=${id}`, body, options);
    const [message] = await messagesTo(api.server, traits.email);
    assert.match(message?.body ?? '', /Konto/);
  });

  test('whoever is signed in is told so', async () => {
    const { traits } = await api.create();
    const { flow, code } = await recovery.sent(traits.email);
    const token = tokenIn(await recovery.submit(flow, { code }));
    const headers = { 'x-session-token': token };
    const reply = await api.get('/self-service/recovery/api', { key: null, headers });
    assertError(reply, 400);
    assert.equal(reply.body.error.id, 'session_already_available');
  });
});
