import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PublishedRoute, ReferenceIn, Resource, RouteFixture, Sent, World } from '../harness/matrix.ts';
import { answerOf, createWorld, replaceReference } from '../harness/matrix.ts';
import { checkReply, envelopeOf } from '../harness/matrix-checks.ts';
import type { Reply } from '../harness/server.ts';

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world[Symbol.asyncDispose]());

interface Cell {
  readonly route: PublishedRoute;
  readonly fixture: RouteFixture;
  readonly reference: ReferenceIn;
  readonly sent: Sent;
}

async function everyReference(check: (cell: Cell) => Promise<void>): Promise<void> {
  for (const route of world.routes) {
    const fixture = envelopeOf(route).fixtures[route.name];
    assert.ok(fixture !== undefined, `no fixture for ${route.name}`);
    const sent = await fixture.valid(world);
    for (const reference of fixture.refers) {
      const before = await world.changes();
      try {
        await check({ route, fixture, reference, sent });
        assert.equal(await world.changes(), before, 'a refused call changed something');
      } catch (error) {
        throw new Error(`${route.name}, ${reference.in} ${reference.name}`, { cause: error });
      }
    }
  }
}

function refused({ route, fixture }: Cell, reply: Reply, status: number, code: string, id: string): unknown {
  checkReply(reply, [id]);
  const answer = answerOf(fixture, reply);
  assert.equal(answer.status, status, reply.text);
  const { readError } = envelopeOf(route);
  assert.equal(readError(answer.body), code);
  if (reply.status >= 400) assert.ok(route.statuses.includes(reply.status), 'the reference lists it');
  return answer.body;
}

test('404 for an id of nothing and for another account’s, word for word the same', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const { notFound } = envelopeOf(route).codes;
    const [unknown, foreign] = [world.unknown(reference.type), world.foreign[reference.type]];
    const missing = await world.send(route, replaceReference(fixture, sent, reference, unknown));
    const hidden = await world.send(route, replaceReference(fixture, sent, reference, foreign));
    const one = refused(cell, missing, 404, notFound, unknown);
    const other = refused(cell, hidden, 404, notFound, foreign);
    assert.deepEqual(other, one);
  });
});

test('404 for a key of another account, word for word as for an id of nothing', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const { notFound } = envelopeOf(route).codes;
    const key = world.keys.otherAccount;
    const target = world.own[reference.type];
    const hidden = await world.send(route, replaceReference(fixture, sent, reference, target), { key });
    const nothing = world.unknown(reference.type);
    const missing = await world.send(route, replaceReference(fixture, sent, reference, nothing), { key });
    assert.deepEqual(
      refused(cell, hidden, 404, notFound, target),
      refused(cell, missing, 404, notFound, nothing),
    );
  });
});

test('404 for a pool’s key at what lies in or above another pool of its account', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const { notFound, notPermitted } = envelopeOf(route).codes;
    const key = world.keys.otherPool;
    const target = world.own[reference.type];
    const reply = await world.send(route, replaceReference(fixture, sent, reference, target), { key });
    if (route.grant === 'account') {
      refused(cell, reply, 403, notPermitted, target);
    } else if (reference.type === 'account') {
      // Its own account is no secret; what the list shows of it is.
      assert.equal(reply.status, 200, reply.text);
      const [, ...others] = Object.values(world.own);
      for (const id of others)
        assert.ok(!reply.text.includes(id), 'a pool’s key sees another pool’s surroundings');
    } else {
      const nothing = world.unknown(reference.type);
      const missing = await world.send(route, replaceReference(fixture, sent, reference, nothing), { key });
      assert.deepEqual(
        refused(cell, reply, 404, notFound, target),
        refused(cell, missing, 404, notFound, nothing),
      );
    }
  });
});

test('404 for a sandbox key at live pools and their identities', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const key = world.keys.sandbox;
    if (reference.type === 'pool' || reference.type === 'identity') {
      const target = world.own[reference.type];
      const reply = await world.send(route, replaceReference(fixture, sent, reference, target), { key });
      refused(cell, reply, 404, envelopeOf(route).codes.notFound, target);
    } else if (route.method === 'GET') {
      // Accounts, domains and rulesets are above environments; the pools that are listed are not.
      const reply = await world.send(route, sent, { key });
      assert.equal(reply.status, 200, reply.text);
      const { pool, identity } = world.own;
      for (const id of [pool, identity]) assert.ok(!reply.text.includes(id), 'a sandbox key sees live pools');
    }
  });
});

test('422 for an id of another type of the account, and for what is no id', async () => {
  const types = Object.keys(world.own) as Resource[];
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const { wrongType, badId } = envelopeOf(route).codes;
    for (const type of types.filter((other) => other !== reference.type)) {
      const id = world.own[type];
      const reply = await world.send(route, replaceReference(fixture, sent, reference, id));
      refused(cell, reply, 422, wrongType, id);
    }
    const good = world.own[reference.type];
    const bad = [
      good.slice(1),
      good.toUpperCase(),
      `${good}0`,
      '00000000-0000-7000-8000-0123456789ab',
      'é%2F\u0000',
    ];
    for (const id of bad) {
      const reply = await world.send(route, replaceReference(fixture, sent, reference, id));
      refused(cell, reply, 422, badId, id);
    }
  });
});

test('a look-up by a key of the whole account does not hide the identity from its own pool’s key', async () => {
  const { server, own } = world;
  const ownKey = await server.createKey({ grants: ['identities:read'] });
  const made = await server.call('POST', '/api/v1/pool', {
    body: { domain_id: own.domain, ruleset_id: own.ruleset, title: 'Beside' },
  });
  const poolId: string = made.body.details.id;
  const [row] = await server.sql<{ id: string }>('select id from pools where title = $1::text', ['Beside']);
  const beside = await server.createKey({ poolId: (row?.id ?? '') as never });
  assert.ok(poolId);
  const path = `/api/v1/identity/${own.identity}`;
  assert.equal((await server.call('GET', path, { key: ownKey.secret })).status, 200);
  assert.equal((await server.call('GET', path, { key: beside.secret })).status, 200);
  assert.equal((await server.call('GET', path, { key: ownKey.secret })).status, 200);
});
