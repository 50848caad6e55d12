import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertRefused,
  DEVICE,
  EMAIL,
  type IdentifyApi,
  type Shown,
  startIdentify,
} from '../../harness/identify.ts';
import { type Reply, startServer } from '../../harness/server.ts';
import { type CountedDatabase, startCounted } from '../../harness/trips.ts';

// How often the database is asked, counted on the wire. On one connection: a statement is prepared once, and what waits for
// a second connection while it holds the first would wait for ever.

let counted: CountedDatabase;
let api: IdentifyApi;
before(async () => {
  counted = await startCounted();
  const environment = { SELFSAME_DATABASE_MAX_CONNECTIONS: '1' };
  api = await startIdentify({ database: counted.database, environment });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await counted[Symbol.asyncDispose]();
});

const TIMES = 20;

/** Of each of many calls: what came late would be counted with the next one. */
async function tripsOf(call: () => Promise<Reply>): Promise<number> {
  // Whatever is asked for once is in memory by then.
  await call();
  const before = counted.trips();
  for (let time = 0; time < TIMES; time += 1) await call();
  return (counted.trips() - before) / TIMES;
}

const check = (token: string) => api.get('/v1/user/check', { ...EMAIL, deviceId: DEVICE }, { token });
const profile = (token: string) => api.get('/v1/user', EMAIL, { token });

async function good(reply: Promise<Reply>): Promise<Reply> {
  const { status, text } = await reply;
  assert.equal(status, 200, text);
  return reply;
}

async function refused(reply: Promise<Reply>): Promise<Reply> {
  assertRefused(await reply, 401, 'invalid_token');
  return reply;
}

test('a check with a local token that changes nothing costs one trip: the look whether it still counts', async () => {
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  assert.equal(await tripsOf(() => good(check(accessToken))), 1);
});

test('so does a profile', async () => {
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  assert.equal(await tripsOf(() => good(profile(accessToken))), 1);
});

const SITE = 'https://app.example.com';
const fromPage = (token: string) =>
  api.get('/v1/user/check', { ...EMAIL, deviceId: DEVICE }, { token, headers: { origin: SITE } });

test('so does a check from a page', async () => {
  await api.server.configureIdentify({ cors: { origins: [SITE] } });
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  assert.equal(await tripsOf(() => good(fromPage(accessToken))), 1);
});

test('a site that another process took off the list is refused all the same, at once', async () => {
  await api.server.configureIdentify({ cors: { origins: [SITE] } });
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  await good(fromPage(accessToken));
  const other = await startServer({ database: counted.database, clock: api.clock });
  await other.configureIdentify({ cors: { origins: ['https://other.example.com'] } });
  const reply = await fromPage(accessToken);
  assertRefused(reply, 403, 'origin_not_allowed');
  assert.equal(reply.headers.get('access-control-allow-origin'), null);
  await other.close();
});

test('a token that nobody signed costs none', async () => {
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  const [head = '', body = '', signature = ''] = accessToken.split('.');
  const other = Buffer.from(signature, 'base64url');
  other.writeUInt8(other.readUInt8(9) ^ 1, 9);
  for (const token of ['junk', `${head}.${body}.`, `${head}.${body}.${other.toString('base64url')}`]) {
    assert.equal(await tripsOf(() => refused(check(token))), 0, token);
    assert.equal(await tripsOf(() => refused(profile(token))), 0, token);
  }
});

test('one by a key that is not known costs one: whether the project has another key by now', async () => {
  const { accessToken } = await api.newcomer();
  const [, body = '', signature = ''] = accessToken.split('.');
  const head = { alg: 'ES256', typ: 'JWT', kid: 'another' };
  const token = `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${body}.${signature}`;
  assert.equal(await tripsOf(() => refused(check(token))), 1);
});

test('one that is over costs none, and one whose session has ended costs one', async () => {
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  await api.post('/v1/user/logout', EMAIL, { token: accessToken });
  assert.equal(await tripsOf(() => refused(check(accessToken))), 1);
  api.clock.advance(3601);
  const over = async (): Promise<Reply> => {
    const reply = await check(accessToken);
    assertRefused(reply, 401, 'token_expired');
    return reply;
  };
  assert.equal(await tripsOf(over), 0);
});

test('the count is of something: a check that signs anew costs more', async () => {
  const { accessToken } = await api.newcomer({ deviceId: DEVICE });
  const anew = async (): Promise<Shown> => {
    api.clock.advance(20);
    return good(check(accessToken));
  };
  assert.equal(await tripsOf(anew), 2);
});
