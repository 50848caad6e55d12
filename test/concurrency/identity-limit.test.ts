import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestClock } from '../harness/clock.ts';
import { type KycApi, kycOf, newEmail, person } from '../harness/kyc.ts';
import { type Reply, startServer, type TestServer } from '../harness/server.ts';

// Two servers on one database, and a key that may make one identity.

const AT_ONCE = 20;

const clock = new TestClock();
let second: TestServer;
let api: KycApi;
before(async () => {
  api = await kycOf(await startServer({ clock }));
  second = await startServer({ clock, database: api.server.database });
});
after(async () => {
  await second.close();
  await api[Symbol.asyncDispose]();
});

const newKey = async (): Promise<string> => (await api.server.createKey({ isSingleIdentity: true })).secret;
const serverOf = (n: number): TestServer => (n % 2 === 0 ? api.server : second);
const total = async (): Promise<number> => (await api.list('page%5Bsize%5D=1')).total;
const times = (work: (n: number) => Promise<Reply>): Promise<Reply[]> =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, n) => work(n)));

test(`of ${AT_ONCE} creations at once with a key of one identity exactly one succeeds`, async () => {
  const key = await newKey();
  const before = await total();
  const replies = await times((n) => serverOf(n).call('POST', '/identities', { key, body: person() }));
  const refused = replies.filter(({ status }) => status !== 200);
  assert.equal(refused.length, AT_ONCE - 1);
  for (const { status, body } of refused)
    assert.deepEqual([status, body.code], [403, 'identity_limit_reached']);
  assert.equal(await total(), before + 1);
});

test('so it is across surfaces, and with batches among them', async () => {
  const key = await newKey();
  const before = await total();
  const { pool_id } = api.server.quickstart.live;
  const factor = () => ({ name: 'email', type: 'email', value: newEmail() });
  const ways = [
    ['POST', '/identities', () => person()],
    ['POST', '/api/v1/identity', () => ({ details: { pool_id, factors: [factor()] } })],
    ['POST', '/api/v1/identities', () => ({ external_ref: newEmail() })],
    ['POST', '/admin/identities', () => ({ traits: { email: newEmail() } })],
    ['PATCH', '/admin/identities', () => ({ identities: [{ create: { traits: { email: newEmail() } } }] })],
  ] as const;
  const replies = await times((n) => {
    const [method, path, bodyOf] = ways[n % ways.length] ?? ways[0];
    return serverOf(Math.floor(n / ways.length)).call(method, path, { key, body: bodyOf() });
  });
  const isMade = ({ status, body }: Reply): boolean =>
    body.identities === undefined ? status < 300 : body.identities[0].action === 'create';
  assert.equal(replies.filter(isMade).length, 1, replies.map(({ text }) => text).join('\n'));
  assert.ok(
    replies.every(({ status }) => status === 403 || status < 300),
    replies.map(({ text }) => text).join('\n'),
  );
  assert.equal(await total(), before + 1);
});
