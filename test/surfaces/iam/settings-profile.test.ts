import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { codeSentTo, messagesOf, type NativeClient, nativeClient } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown } from '../../harness/iam.ts';
import { person } from '../../harness/kyc.ts';
import { codeFlows } from '../../harness/recoveries.ts';
import type { Reply } from '../../harness/server.ts';
import { assertSaved, PASSWORD, type SettingsClient, settingsOf } from '../../harness/settings.ts';
import { done, startTogether, type Together } from '../../harness/together.ts';

let all: Together;
let api: IamApi;
let client: NativeClient;
let settings: SettingsClient;
before(async () => {
  all = await startTogether();
  api = all.iam;
  client = nativeClient(api);
  settings = settingsOf(api);
});
after(() => all[Symbol.asyncDispose]());

const profile = (traits: unknown) => ({ method: 'profile', traits });
const nodeOf = ({ ui }: Shown, name: string) =>
  ui.nodes.find(({ attributes }: Shown) => attributes.name === name);
const toldAt = (reply: Reply, name: string) => nodeOf(reply.body, name).messages.map(({ id }: Shown) => id);
const addressOf = async (id: string) => (await api.identity(id)).verifiable_addresses[0];

suite('traits', () => {
  test('are replaced as a whole, and seen on every surface', async () => {
    const jo = await settings.somebody({ traits: { name: { first: 'Jo', last: 'Quay' } } });
    const before = await api.identity(jo.id);
    api.clock.advance(60);
    const saved = await settings.run(profile({ email: jo.email, name: { first: 'Joan' } }), jo);
    assertSaved(saved);
    const now = await api.identity(jo.id);
    assert.deepEqual(now.traits, { email: jo.email, name: { first: 'Joan' } });
    assert.deepEqual(saved.body.identity.traits, now.traits);
    assert.deepEqual(now.verifiable_addresses, before.verifiable_addresses);
    assert.equal(saved.body.continue_with, undefined);
    assert.equal(nodeOf(saved.body, 'traits.name.first').attributes.value, 'Joan');
  });

  test('what the schema has to say is told on the nodes, and nothing is kept', async () => {
    const jo = await settings.somebody();
    const reply = await settings.run(profile({ email: 'not an address', name: { first: 7 } }), jo);
    assert.equal(reply.status, 400);
    assert.equal(reply.body.active, 'profile');
    assert.deepEqual(toldAt(reply, 'traits.email'), [4000040]);
    assert.deepEqual(toldAt(reply, 'traits.name.first'), [4000026]);
    assert.equal(nodeOf(reply.body, 'traits.email').attributes.value, 'not an address');
    assert.equal((await api.identity(jo.id)).traits.email, jo.email);
  });

  test('without any nothing changes', async () => {
    const jo = await settings.somebody();
    for (const body of [{ method: 'profile' }, profile(null)]) {
      const reply = await settings.run(body, jo);
      assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000001]]);
    }
    for (const traits of ['x', 7, [], [{}]]) {
      const reply = await settings.run(profile(traits), jo);
      assert.equal(reply.status, 400, reply.text);
    }
    assert.deepEqual((await api.identity(jo.id)).traits, { email: jo.email });
  });

  test("another one's e-mail address is not theirs to have, in whichever case", async () => {
    const [jo, sam] = [await settings.somebody(), await settings.somebody()];
    const reply = await settings.run(profile({ email: sam.email.toUpperCase() }), jo);
    assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4000007]]);
    assert.equal((await api.identity(jo.id)).traits.email, jo.email);
  });

  test('of two who want one address at once, one has it', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => settings.somebody()));
    const email = newEmail();
    const replies = await Promise.all(people.map((one) => settings.run(profile({ email }), one)));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 400, 400, 400, 400, 400]);
    for (const { status, body } of replies) if (status === 400) assert.deepEqual(messagesOf(body), [4000007]);
  });

  test('what is locked stays, and the field says so (R1)', async () => {
    // Decisions are simulated in the sandbox's pool only.
    const { api_key: key, app_id: pool } = api.server.quickstart.sandbox;
    const email = newEmail();
    const name = { first: 'Jo', last: 'Quay' };
    const { id } = await api.create({ traits: { email, name } }, { key });
    const { email: _email, name: _name, ...more } = person();
    done(await all.kyc.patch(id, more, all.kyc.sandbox));
    await all.kyc.simulate('approve', { identityId: id });
    const { traits } = (await api.get(`/admin/identities/${id}`, { key })).body;
    const { token } = await api.server.logIn({ identityId: id, poolId: pool });
    const headers = { 'x-session-token': token };
    const base = `/p/${pool}/self-service/settings`;
    const flow = done(await api.get(`${base}/api`, { key: null, headers }));
    const submit = (changed: unknown) =>
      api.post(`${base}?flow=${flow.id}`, profile(changed), { key: null, headers });
    const reply = await submit({ ...traits, name: { first: 'Sam', last: 'Quay' } });
    assert.equal(reply.status, 400, reply.text);
    assert.deepEqual(toldAt(reply, 'traits.name.first'), [4000001]);
    assert.match(nodeOf(reply.body, 'traits.name.first').messages[0].text, /confirmed/);
    assertSaved(await submit({ ...traits, username: 'jo.quay' }));
    assert.deepEqual((await api.get(`/admin/identities/${id}`, { key })).body.traits.name, name);
  });

  test('fifty changes at once are made one after the other, and none is half made', async () => {
    const jo = await settings.somebody();
    const flows = await Promise.all(Array.from({ length: 25 }, () => settings.begin(jo)));
    const names = [...flows, ...flows].map((_, index) => `Jo ${index}`);
    const replies = await Promise.all(
      names.map((first, index) =>
        settings.submit(flows[index % 25], profile({ email: jo.email, name: { first } }), jo),
      ),
    );
    for (const reply of replies) assert.ok([200, 409].includes(reply.status), reply.text);
    const { traits } = await api.identity(jo.id);
    const saved = names.filter((_, index) => replies[index]?.status === 200);
    assert.ok(saved.includes(traits.name.first), traits.name.first);
  });
});

suite('addresses', () => {
  test('a new one gets a code, and the client the flow to enter it in', async () => {
    const jo = await settings.somebody();
    const email = newEmail();
    const saved = await settings.run(profile({ email }), jo);
    assertSaved(saved);
    const [next, ...others] = saved.body.continue_with;
    assert.deepEqual(others, []);
    assert.equal(next.action, 'show_verification_ui');
    assert.equal(next.flow.verifiable_address, email);
    assert.equal(next.flow.url, undefined);
    const sent = await addressOf(jo.id);
    assert.deepEqual([sent.value, sent.verified, sent.status], [email, false, 'sent']);
    const verification = codeFlows(api, 'verification');
    const done = await verification.submit(next.flow.id, { code: await codeSentTo(api, email) });
    assert.equal(done.body.state, 'passed_challenge', done.text);
    assert.equal((await addressOf(jo.id)).verified, true);
  });

  test('the old one signs nobody in any more, and the new one does', async () => {
    const jo = await settings.somebody();
    const email = newEmail();
    assertSaved(await settings.run(profile({ email }), jo));
    const old = await client.run('login', { method: 'password', identifier: jo.email, password: PASSWORD });
    assert.deepEqual([old.status, messagesOf(old.body)], [400, [4000006]]);
    await client.login(email, PASSWORD);
    // Who wants it may have it from now on.
    await api.create({ traits: { email: jo.email } });
  });

  test('one that is proved stays so while others change', async () => {
    const jo = await settings.somebody();
    const verification = codeFlows(api, 'verification');
    const { flow, code } = await verification.sent(jo.email);
    await verification.submit(flow, { code });
    const before = await addressOf(jo.id);
    assert.equal(before.verified, true);
    const saved = await settings.run(profile({ email: jo.email, username: 'quay.jo' }), jo);
    assertSaved(saved);
    assert.equal(saved.body.continue_with, undefined);
    assert.deepEqual(await addressOf(jo.id), before);
  });

  test('nobody fills a mailbox with codes: ten to one address, whoever asks', async () => {
    const email = newEmail();
    const other = newEmail();
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    const statuses: number[] = [];
    for (let count = 0; count < 11; count += 1) {
      statuses.push((await settings.submit(flow, profile({ email }), jo)).status);
      await settings.submit(flow, profile({ email: `${count}.${other}` }), jo);
    }
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 200), 429]);
  });

  test('where verification is off no code is sent', async () => {
    await api.server.configureIam({ selfService: { enabled: { verification: false } } });
    try {
      const jo = await settings.somebody();
      const saved = await settings.run(profile({ email: newEmail() }), jo);
      assertSaved(saved);
      assert.equal(saved.body.continue_with, undefined);
      assert.equal((await addressOf(jo.id)).status, 'pending');
    } finally {
      await api.server.configureIam({ selfService: {} });
    }
  });

  test('where the profile is switched off it is neither shown nor changed', async () => {
    const jo = await settings.somebody();
    await api.server.configureIam({ selfService: { methods: { profile: { enabled: false } } } });
    try {
      const flow = await settings.begin(jo);
      assert.equal(nodeOf(flow, 'traits.email'), undefined);
      const reply = await settings.submit(flow, profile({ email: newEmail() }), jo);
      assert.deepEqual([reply.status, messagesOf(reply.body)], [400, [4010004]]);
    } finally {
      await api.server.configureIam({ selfService: {} });
    }
  });

  test('a blocked person changes nothing any more (R2)', async () => {
    const jo = await settings.somebody();
    const flow = await settings.begin(jo);
    await api.put(`/admin/identities/${jo.id}`, {
      ...{ schema_id: 'default', traits: { email: jo.email }, state: 'inactive' },
    });
    assertError(await settings.submit(flow, profile({ email: newEmail() }), jo), 401);
    assert.equal((await api.identity(jo.id)).traits.email, jo.email);
  });
});
