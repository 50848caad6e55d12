import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PublishedRoute, SendChange, Sent, World } from '../harness/matrix.ts';
import { answerOf, createWorld, isInOrder, marker } from '../harness/matrix.ts';
import { checkRefusal, checkReply, envelopeOf } from '../harness/matrix-checks.ts';

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world[Symbol.asyncDispose]());

/** A call of each route that would succeed, made once: what refuses it leaves it as it was. */
const prepared = new Map<string, Sent>();
async function validCall(route: PublishedRoute): Promise<Sent> {
  const fixture = envelopeOf(route).fixtures[route.name];
  assert.ok(fixture !== undefined, `no fixture for ${route.name}`);
  const sent = prepared.get(route.name) ?? (await fixture.valid(world));
  prepared.set(route.name, sent);
  return sent;
}

async function everyRoute(
  cell: (
    route: PublishedRoute,
    sent: Sent,
    send: (change: SendChange) => ReturnType<World['send']>,
  ) => unknown,
): Promise<void> {
  for (const route of world.routes.filter(({ needsKey }) => needsKey)) {
    const sent = await validCall(route);
    const before = await world.changes();
    try {
      await cell(route, sent, (change) => world.send(route, sent, change));
      assert.equal(await world.changes(), before, 'a refused call changed something');
    } catch (error) {
      throw new Error(route.name, { cause: error });
    }
  }
}

test('401 without a key, before anything else is looked at', async () => {
  await everyRoute(async (route, _sent, send) => {
    const { missingKey } = envelopeOf(route).codes;
    for (const change of [{}, { rawBody: '{' }, { headers: { 'content-type': 'text/plain' } }]) {
      if (route.method === 'GET' && 'rawBody' in change) continue;
      checkRefusal(route, await send({ ...change, key: null }), { status: 401, code: missingKey });
    }
  });
});

test('401 for a key that is none', async () => {
  const sent = marker();
  const none = [
    sent,
    `vk_live_${sent}`,
    `vk_live_${'0'.repeat(26)}${'0'.repeat(32)}`,
    `${sent}é`.slice(0, -1),
  ];
  await everyRoute(async (route, _sent, send) => {
    const { badKey } = envelopeOf(route).codes;
    for (const key of none)
      checkRefusal(route, await send({ key }), { status: 401, code: badKey, markers: [key] });
    for (const authorization of [`Basic ${sent}`, 'Bearer', sent, '']) {
      const reply = await send({ key: null, headers: { authorization } });
      checkRefusal(route, reply, { status: 401, code: badKey, markers: [sent] });
    }
  });
});

test('401 for a good key with another secret, in another environment’s spelling, or beside another key', async () => {
  const good = world.server.quickstart.live.api_key;
  const last = good.at(-1) === '0' ? '1' : '0';
  await everyRoute(async (route, _sent, send) => {
    const { badKey } = envelopeOf(route).codes;
    const changes: SendChange[] = [
      { key: `${good.slice(0, -1)}${last}` },
      { key: good.replace('vk_live_', 'vk_sandbox_') },
      { key: good.toUpperCase() },
      { key: good, headers: { 'x-api-key': world.keys.sandbox } },
      { key: good, headers: { apikey: '' } },
    ];
    for (const change of changes)
      checkRefusal(route, await send(change), { status: 401, code: badKey, markers: [good] });
  });
});

for (const kind of ['revoked', 'suspended', 'expired'] as const) {
  test(`401 for a key that is ${kind}, two seconds later`, async () => {
    await everyRoute(async (route, _sent, send) => {
      const { badKey } = envelopeOf(route).codes;
      const key = world.keys[kind];
      for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }, { apikey: key }]) {
        checkRefusal(route, await send({ key: null, headers: headers as Record<string, string> }), {
          ...{ status: 401, code: badKey, markers: [key] },
        });
      }
    });
  });
}

test('403 for a key without the route’s grant, before the body is read', async () => {
  await everyRoute(async (route, _sent, send) => {
    if (route.grant === null) return;
    const { notPermitted } = envelopeOf(route).codes;
    const key = world.keys.without(route);
    checkRefusal(route, await send({ key }), { status: 403, code: notPermitted, markers: [key] });
    if (route.reads === 'none') return;
    checkRefusal(route, await send({ key, rawBody: '{' }), { status: 403, code: notPermitted });
  });
});

test('a bulk item is refused without its own grant', async () => {
  const route = world.routes.find(({ operation }) => operation === 'bulk');
  assert.ok(route !== undefined);
  const before = await world.changes();
  const sent = await validCall(route);
  const made = await world.changes();
  const reply = await world.send(route, sent, {
    key: world.keys.without({ grant: 'identities:write', or: null }),
  });
  const fixture = envelopeOf(route).fixtures[route.name];
  assert.ok(fixture !== undefined);
  assert.equal(answerOf(fixture, reply).status, 403, reply.text);
  assert.ok((await world.changes()) === made && made >= before);
});

test('a key is good in each of the three headers, and in all of them at once', async () => {
  const waysOf = (key: string): Record<string, string>[] => [
    { authorization: `Bearer ${key}` },
    { authorization: `bearer   ${key} ` },
    { 'x-api-key': key },
    { apikey: key },
    { authorization: `Bearer ${key}`, 'x-api-key': key, apikey: key },
  ];
  for (const route of world.routes) {
    const fixture = envelopeOf(route).fixtures[route.name];
    assert.ok(fixture !== undefined);
    const { api_key: live } = world.server.quickstart.live;
    const { key = live } = await fixture.valid(world);
    for (const headers of waysOf(key)) {
      const reply = await world.send(route, await fixture.valid(world), { key: null, headers });
      checkReply(reply);
      const { status } = answerOf(fixture, reply);
      assert.ok(isInOrder(route, fixture, status), `${route.name}: ${reply.text}`);
    }
  }
});
