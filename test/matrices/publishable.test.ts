import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { World } from '../harness/matrix.ts';
import { createWorld } from '../harness/matrix.ts';
import { checkRefusal, envelopeOf } from '../harness/matrix-checks.ts';

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world[Symbol.asyncDispose]());

test('403 for a publishable key on every route but those that create sessions, any-key routes included', async () => {
  const { secret: key } = await world.server.createKey({ kind: 'publishable' });
  for (const route of world.routes.filter(({ needsKey, grant }) => needsKey && grant !== 'sessions:create')) {
    const { fixtures, codes } = envelopeOf(route);
    const sent = await fixtures[route.name]?.valid(world);
    assert.ok(sent !== undefined, `no fixture for ${route.name}`);
    // Its limit is ten a minute.
    world.server.clock.advance(60);
    const before = await world.changes();
    const change = route.method === 'GET' ? {} : { rawBody: '{' };
    const refusal = { status: 403, code: codes.notPermitted, markers: [key] };
    const reply = await world.send(route, sent, { key });
    checkRefusal(route, reply, refusal);
    assert.match(reply.text, /publishable API key may only create sessions/i);
    checkRefusal(route, await world.send(route, sent, { key, ...change }), refusal);
    assert.equal(await world.changes(), before, route.name);
  }
});
