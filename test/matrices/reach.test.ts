import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PublishedRoute, ReferenceIn, Resource, RouteFixture, Sent, World } from '../harness/matrix.ts';
import { answerOf, createWorld, replaceReference, surfaceOf } from '../harness/matrix.ts';
import { checkReply, envelopeOf, type Refusal } from '../harness/matrix-checks.ts';
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

function refused({ route, fixture }: Cell, reply: Reply, allowed: readonly Refusal[], id: string): unknown {
  const answer = answerOf(fixture, reply);
  // Of a list that shows nothing, its address tells what was asked.
  checkReply(reply, answer.status < 400 ? [] : [id]);
  const refusal = allowed.find(({ status }) => status === answer.status);
  assert.ok(refusal !== undefined, reply.text);
  const { readError } = envelopeOf(route);
  assert.equal(readError(answer.body), refusal.code);
  if (reply.status >= 400) assert.ok(route.statuses.includes(reply.status), 'the reference lists it');
  return answer.body;
}

/** How an id of nothing is refused, and one that the caller may not know of. */
function missingOf({ route, reference }: Cell): readonly Refusal[] {
  return [reference.missing ?? { status: 404, code: envelopeOf(route).codes.notFound }];
}

/** The same, where the key does not reach what the id is under. */
function unreachedOf(cell: Cell): readonly Refusal[] {
  const { unreached } = cell.reference;
  return unreached === undefined ? missingOf(cell) : [unreached];
}

const forbidden = ({ route }: Cell): readonly Refusal[] => [
  { status: 403, code: envelopeOf(route).codes.notPermitted },
];

test('404 for an id of nothing and for another account’s, word for word the same', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const [unknown, foreign] = [world.unknown(reference.type), world.foreign[reference.type]];
    const missing = await world.send(route, replaceReference(fixture, sent, reference, unknown));
    const hidden = await world.send(route, replaceReference(fixture, sent, reference, foreign));
    const one = refused(cell, missing, missingOf(cell), unknown);
    const other = refused(cell, hidden, missingOf(cell), foreign);
    assert.deepEqual(other, one);
  });
});

test('404 for a key of another account, word for word as for an id of nothing', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const expected = fixture.sandboxOnly === true ? forbidden(cell) : unreachedOf(cell);
    const key = world.keys.otherAccount;
    const target = world.own[reference.type];
    const hidden = await world.send(route, replaceReference(fixture, sent, reference, target), { key });
    const nothing = world.unknown(reference.type);
    const missing = await world.send(route, replaceReference(fixture, sent, reference, nothing), { key });
    assert.deepEqual(refused(cell, hidden, expected, target), refused(cell, missing, expected, nothing));
  });
});

test('404 for a pool’s key at what lies in or above another pool of its account', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const key = world.keys.otherPool;
    const target = world.own[reference.type];
    const reply = await world.send(route, replaceReference(fixture, sent, reference, target), { key });
    if (route.grant === 'account' || fixture.sandboxOnly === true) {
      refused(cell, reply, forbidden(cell), target);
    } else if (reference.type === 'account') {
      // Its own account is no secret; what the list shows of it is.
      assert.equal(reply.status, 200, reply.text);
      const { account: _account, ...others } = world.own;
      for (const id of Object.values(others))
        assert.ok(!reply.text.includes(id), 'a pool’s key sees another pool’s surroundings');
    } else {
      const nothing = world.unknown(reference.type);
      const missing = await world.send(route, replaceReference(fixture, sent, reference, nothing), { key });
      assert.deepEqual(
        refused(cell, reply, unreachedOf(cell), target),
        refused(cell, missing, unreachedOf(cell), nothing),
      );
    }
  });
});

test('404 for a sandbox key at live pools and what is in them', async () => {
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const key = world.keys.sandbox;
    if (reference.type === 'pool' || reference.type === 'identity' || surfaceOf(reference.type) !== 'pools') {
      const target = world.own[reference.type];
      const reply = await world.send(route, replaceReference(fixture, sent, reference, target), { key });
      refused(cell, reply, unreachedOf(cell), target);
    } else if (route.method === 'GET') {
      // Accounts, domains and rulesets are above environments; the pools that are listed are not.
      const reply = await world.send(route, sent, { key });
      assert.equal(reply.status, 200, reply.text);
      const { pool, identity } = world.own;
      for (const id of [pool, identity]) assert.ok(!reply.text.includes(id), 'a sandbox key sees live pools');
    }
  });
});

test('an id of another type of the account, and what is no id, are refused as each surface says', async () => {
  const types = Object.keys(world.own) as Resource[];
  await everyReference(async (cell) => {
    const { route, fixture, reference, sent } = cell;
    const { wrongType, badId, ignoresCase } = envelopeOf(route);
    const ofSurface = types.filter((type) => surfaceOf(type) === surfaceOf(reference.type));
    for (const type of ofSurface.filter((other) => other !== reference.type)) {
      const id = world.own[type];
      const reply = await world.send(route, replaceReference(fixture, sent, reference, id));
      refused(cell, reply, reference.wrongType ?? [reference.missing ?? wrongType], id);
    }
    const good = world.own[reference.type];
    const broken = [
      good.slice(1),
      ...(ignoresCase === true ? [] : [good.toUpperCase()]),
      `${good}0`,
      '00000000-0000-7000-8000-0123456789ab',
      'é%2F\u0000',
    ];
    for (const id of broken) {
      const reply = await world.send(route, replaceReference(fixture, sent, reference, id));
      const { missing, bad = missing === undefined ? badId[reference.in] : [missing] } = reference;
      refused(cell, reply, bad, id);
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
