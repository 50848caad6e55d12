import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  inputValue,
  JSON_ONLY,
  messagesOf,
  nativeClient,
  nodesOf,
  openBrowser,
} from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { messagesTo } from '../../harness/outbox.ts';

type Kind = 'recovery' | 'verification';
const LINKS = { methods: { link: { enabled: true } } };
const HTML = { accept: 'text/html' };

let api: IamApi;
before(async () => {
  api = await startIam();
  await api.server.configureSelfService(LINKS);
});
afterEach(() => api.server.configureSelfService(LINKS));
after(() => api[Symbol.asyncDispose]());

/** Address below the server's own, of the newest link that was sent there. */
async function linkSentTo(email: string): Promise<string> {
  const message = (await messagesTo(api.server, email)).at(-1);
  const [link = ''] = /http\S+token=[\w-]+/.exec(message?.body ?? '') ?? [];
  assert.ok(link.startsWith(api.server.url), `no link to ${email}`);
  return link.slice(api.server.url.length);
}

async function asked(kind: Kind, email: string): Promise<Shown> {
  const { body: flow } = await nativeClient(api).begin(kind);
  const reply = await nativeClient(api).submit(kind, flow.id, { method: 'link', email });
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}

const placeOf = ({ headers }: { headers: Headers }) => new URL(headers.get('location') ?? '');
const isVerified = async (id: string) =>
  (await api.identity(id)).verifiable_addresses.map(({ verified, status }: Shown) => [verified, status]);

describe('asking for a link', () => {
  for (const [kind, messageId] of [
    ['recovery', 1060002],
    ['verification', 1080001],
  ] as const) {
    test(`${kind}: the flow has the nodes and messages of the contract`, async () => {
      const { traits } = await api.create();
      const { body: begun } = await nativeClient(api).begin(kind);
      const nodes = ['default csrf_token(hidden)', 'link email(email)', 'link method(submit)'];
      assert.deepEqual(nodesOf(begun), nodes);
      const sent = await asked(kind, traits.email);
      assert.deepEqual([sent.state, sent.active, messagesOf(sent)], ['sent_email', 'link', [messageId]]);
      assert.deepEqual(nodesOf(sent), nodes);
      assert.equal(inputValue(sent, 'email'), traits.email);
    });

    test(`${kind}: nobody learns whose addresses there are`, async () => {
      const { traits } = await api.create();
      const strip = ({ id: _, issued_at: __, expires_at: ___, ui, ...rest }: Shown) => ({
        ...rest,
        messages: ui.messages,
        nodes: nodesOf({ ui }),
      });
      const stranger = newEmail();
      const [known, unknown] = [await asked(kind, traits.email), await asked(kind, stranger)];
      assert.deepEqual(strip(known), strip(unknown));
      const [notice] = await messagesTo(api.server, stranger);
      assert.equal(notice?.template, `${kind}_invalid`);
      assert.doesNotMatch(notice?.body ?? '', /token=/);
    });
  }

  test('where links are off, and by default they are, the method is none', async () => {
    await api.server.configureSelfService({});
    const { body: flow } = await nativeClient(api).begin('recovery');
    const refused = await nativeClient(api).submit('recovery', flow.id, {
      method: 'link',
      email: newEmail(),
    });
    assert.deepEqual([refused.status, messagesOf(refused.body)], [400, [4010005]]);
  });

  test('an eleventh link within a quarter of an hour is not sent', async () => {
    const { traits } = await api.create();
    for (let n = 1; n <= 10; n += 1) await asked('recovery', traits.email);
    const { body: flow } = await nativeClient(api).begin('recovery');
    const late = await nativeClient(api).submit('recovery', flow.id, { method: 'link', email: traits.email });
    assertError(late, 429);
    assert.equal((await messagesTo(api.server, traits.email)).length, 10);
  });

  test('the mail is in the reader’s language, as text and with the link spelled out', async () => {
    const { traits } = await api.create();
    const { body: flow } = await nativeClient(api).begin('recovery');
    const headers = { 'accept-language': 'de' };
    await nativeClient(api).submit('recovery', flow.id, { method: 'link', email: traits.email }, { headers });
    const [message] = await messagesTo(api.server, traits.email);
    assert.equal(message?.template, 'recovery_valid');
    assert.match(message?.body ?? '', /60 Minuten/);
  });
});

describe('following a recovery link', () => {
  test('any browser gets in by it, once, and on to the settings; the address is proved', async () => {
    const { id, traits } = await api.create();
    await asked('recovery', traits.email);
    const link = await linkSentTo(traits.email);
    const browser = openBrowser(api);
    const entered = await browser.get(link, HTML);
    assert.equal(entered.status, 303);
    const place = placeOf(entered);
    assert.equal(place.pathname, '/settings');
    const flows = `/self-service/settings/flows?id=${place.searchParams.get('flow')}`;
    assert.deepEqual(messagesOf((await browser.get(flows, JSON_ONLY)).body), [1060001]);
    const { body: session } = await browser.get('/sessions/whoami', JSON_ONLY);
    assert.equal(session.identity.id, id);
    assert.deepEqual(
      session.authentication_methods.map(({ method }: Shown) => method),
      ['link_recovery'],
    );
    assert.deepEqual(await isVerified(id), [[true, 'completed']]);
  });

  test('a used link, a wrong one and another flow’s lead to a new flow that says so', async () => {
    const { traits } = await api.create();
    const { id } = await asked('recovery', traits.email);
    const link = await linkSentTo(traits.email);
    const other = (await asked('recovery', traits.email)).id;
    const wrong = link.replace(/token=.*/, `token=${'A'.repeat(43)}`);
    const foreign = link.replace(id, other);
    assert.equal((await openBrowser(api).get(link, HTML)).status, 303);
    for (const bad of [link, wrong, foreign, `${link}A`, link.replace(/token=.*/, 'token=%00')]) {
      const browser = openBrowser(api);
      const place = placeOf(await browser.get(bad, HTML));
      assert.equal(place.pathname, '/recovery');
      const flow = place.searchParams.get('flow');
      assert.notEqual(flow, id);
      const shown = await browser.get(`/self-service/recovery/flows?id=${flow}`, JSON_ONLY);
      assert.deepEqual(messagesOf(shown.body), [4060004], bad);
      assert.equal((await browser.get('/sessions/whoami', JSON_ONLY)).status, 401);
    }
  });

  test('of fifty who open it at once one gets in', async () => {
    const { traits } = await api.create();
    await asked('recovery', traits.email);
    const link = await linkSentTo(traits.email);
    const opened = await Promise.all(Array.from({ length: 50 }, () => openBrowser(api).get(link, HTML)));
    const entered = opened.filter((reply) => placeOf(reply).pathname === '/settings');
    assert.equal(entered.length, 1);
    assert.equal(opened.filter((reply) => placeOf(reply).pathname === '/recovery').length, 49);
  });

  test('a newer link to the same address takes the place of one of the same flow', async () => {
    const { traits } = await api.create();
    const { id } = await asked('recovery', traits.email);
    const first = await linkSentTo(traits.email);
    await nativeClient(api).submit('recovery', id, { method: 'link', email: traits.email });
    const second = await linkSentTo(traits.email);
    assert.notEqual(first, second);
    assert.equal(placeOf(await openBrowser(api).get(first, HTML)).pathname, '/recovery');
    assert.equal(placeOf(await openBrowser(api).get(second, HTML)).pathname, '/settings');
  });

  test('after its time it opens nothing, and with its flow over another one has begun', async () => {
    await api.server.configureSelfService({ ...LINKS, codes: { seconds: 120 } });
    const { traits } = await api.create();
    await asked('recovery', traits.email);
    const link = await linkSentTo(traits.email);
    api.clock.advance(121);
    assert.equal(placeOf(await openBrowser(api).get(link, HTML)).pathname, '/recovery');
    api.clock.advance(3600);
    const browser = openBrowser(api);
    const place = placeOf(await browser.get(link, HTML));
    const shown = await browser.get(
      `/self-service/recovery/flows?id=${place.searchParams.get('flow')}`,
      JSON_ONLY,
    );
    assert.deepEqual(messagesOf(shown.body), [4060005]);
  });

  test('looking at its head does not use it up', async () => {
    const { traits } = await api.create();
    await asked('recovery', traits.email);
    const link = await linkSentTo(traits.email);
    await fetch(`${api.server.url}${link}`, { method: 'HEAD', redirect: 'manual' });
    assert.equal(placeOf(await openBrowser(api).get(link, HTML)).pathname, '/settings');
  });

  test('whoever is signed in stays who they are, and the link stays good', async () => {
    const [one, other] = [await api.create(), await api.create()];
    const browser = openBrowser(api);
    await asked('recovery', one.traits.email);
    await browser.get(await linkSentTo(one.traits.email), HTML);
    await asked('recovery', other.traits.email);
    const link = await linkSentTo(other.traits.email);
    assert.equal(placeOf(await browser.get(link, HTML)).pathname, '/');
    const { body } = await browser.get('/sessions/whoami', JSON_ONLY);
    assert.equal(body.identity.id, one.id);
    assert.equal(placeOf(await openBrowser(api).get(link, HTML)).pathname, '/settings');
  });

  test('a native client that has the token uses it itself', async () => {
    const { id: identityId, traits } = await api.create();
    await asked('recovery', traits.email);
    const reply = await api.post((await linkSentTo(traits.email)).toString(), {}, { key: null });
    assert.equal(reply.status, 200, reply.text);
    const [first] = reply.body.continue_with;
    assert.equal(first.action, 'set_ory_session_token');
    assert.equal((await nativeClient(api).whoami(first.ory_session_token)).body.identity.id, identityId);
  });

  test('no token is kept, and none is in a log', async () => {
    const { traits } = await api.create();
    await asked('recovery', traits.email);
    const link = await linkSentTo(traits.email);
    const token = new URL(link, 'http://x').searchParams.get('token') ?? '';
    assert.match(token, /^[\w-]{43}$/);
    await openBrowser(api).get(link, HTML);
    const rows = await api.server.sql<{ row: string }>(
      '/* scatter: a test */ select row_to_json(c)::text as row from flow_codes c',
    );
    const kept = rows.map(({ row }) => row).join();
    for (const spelled of [
      token,
      Buffer.from(token).toString('hex'),
      Buffer.from(token, 'base64url').toString('hex'),
    ])
      assert.ok(!kept.includes(spelled));
    assert.ok(!api.server.logs().includes(token));
  });
});

describe('following a verification link', () => {
  test('the address is verified, and the browser that opened it is told; nobody is signed in', async () => {
    const { id, traits } = await api.create();
    const asking = openBrowser(api);
    const flow = await asking.begin('verification');
    const csrf_token = inputValue(flow, 'csrf_token');
    const body = { method: 'link', email: traits.email, csrf_token };
    assert.equal((await asking.postJson(`/self-service/verification?flow=${flow.id}`, body)).status, 200);
    const opening = openBrowser(api);
    const place = placeOf(await opening.get(await linkSentTo(traits.email), HTML));
    assert.deepEqual([place.pathname, place.searchParams.get('flow')], ['/verification', flow.id]);
    const shown = await opening.get(`/self-service/verification/flows?id=${flow.id}`, JSON_ONLY);
    assert.deepEqual([shown.body.state, messagesOf(shown.body)], ['passed_challenge', [1080002]]);
    assert.deepEqual(await isVerified(id), [[true, 'completed']]);
    assert.equal((await opening.get('/sessions/whoami', JSON_ONLY)).status, 401);
  });

  test('a used one says so', async () => {
    const { traits } = await api.create();
    await asked('verification', traits.email);
    const link = await linkSentTo(traits.email);
    assert.equal(placeOf(await openBrowser(api).get(link, HTML)).pathname, '/');
    const browser = openBrowser(api);
    const { searchParams } = placeOf(await browser.get(link, HTML));
    const shown = await browser.get(
      `/self-service/verification/flows?id=${searchParams.get('flow')}`,
      JSON_ONLY,
    );
    assert.deepEqual(messagesOf(shown.body), [4070001]);
  });

  test('whoever signs up is sent one', async () => {
    const email = newEmail();
    const signedUp = await nativeClient(api).run('registration', {
      ...{ method: 'password', password: 'correct horse battery', traits: { email } },
    });
    assert.equal(signedUp.status, 200, signedUp.text);
    await openBrowser(api).get(await linkSentTo(email), HTML);
    assert.deepEqual(await isVerified(signedUp.body.identity.id), [[true, 'completed']]);
  });
});
