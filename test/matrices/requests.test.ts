import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { PublishedRoute, RouteFixture, Sent, World } from '../harness/matrix.ts';
import { addressOf, answerOf, createWorld, isInOrder, marker } from '../harness/matrix.ts';
import { checkRefusal, checkReply, envelopeOf } from '../harness/matrix-checks.ts';

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world[Symbol.asyncDispose]());

async function everyRoute(
  check: (route: PublishedRoute, fixture: RouteFixture) => Promise<void>,
): Promise<void> {
  for (const route of world.routes) {
    const fixture = envelopeOf(route).fixtures[route.name];
    assert.ok(fixture !== undefined, `no fixture for ${route.name}`);
    try {
      await check(route, fixture);
    } catch (error) {
      throw new Error(route.name, { cause: error });
    }
  }
}

async function unchanged(work: () => Promise<void>): Promise<void> {
  const before = await world.changes();
  await work();
  assert.equal(await world.changes(), before, 'a refused call changed something');
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('a body that is no JSON object is refused, in whatever way it is none', async () => {
  const word = marker();
  const bodies: { rawBody: string; headers?: Record<string, string> }[] = [
    { rawBody: `{"details": {"title": "${word}"` },
    { rawBody: word },
    { rawBody: `${'{"a":'.repeat(100)}1${'}'.repeat(100)}` },
    { rawBody: JSON.stringify({ title: word }), headers: { 'content-type': 'text/plain' } },
    { rawBody: `title=${word}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { rawBody: JSON.stringify({ title: word }), headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } },
  ];
  const others = [`["${word}"]`, `"${word}"`, 'null', '7', '[]'];
  await everyRoute(async (route, fixture) => {
    if (route.reads === 'none') return;
    const sent = await fixture.valid(world);
    const { notObject, codes, otherType } = envelopeOf(route);
    const unreadable = { status: 400, code: codes.badBody };
    await unchanged(async () => {
      for (const change of bodies) {
        const reply = await world.send(route, sent, change);
        const isJson = (change.headers ?? JSON_TYPE)['content-type'] === JSON_TYPE['content-type'];
        checkRefusal(route, reply, { ...(isJson ? unreadable : (otherType ?? unreadable)), markers: [word] });
      }
      for (const rawBody of fixture.takesAnyJson === true ? [] : others) {
        const reply = await world.send(route, sent, { rawBody });
        checkRefusal(route, reply, { ...notObject, markers: [word] });
      }
    });
  });
});

test('413 for a body over the limit, whether its length was declared or not', async () => {
  const word = marker();
  await everyRoute(async (route, fixture) => {
    if (route.reads === 'none') return;
    const sent = await fixture.valid(world);
    const { tooLarge } = envelopeOf(route);
    const { bodyBytesMax = 1_048_576 } = fixture;
    const large = JSON.stringify({ details: { padding: word.repeat(bodyBytesMax / word.length + 1) } });
    await unchanged(async () => {
      const reply = await world.send(route, sent, { rawBody: large });
      checkRefusal(route, reply, { ...tooLarge, markers: [word] });
    });
  });
});

test('a body is needed where the route reads one, and only there', async () => {
  await everyRoute(async (route, fixture) => {
    const sent = await fixture.valid(world);
    const { body: _body, ...bare } = sent;
    if (route.reads === 'json') {
      const { badBody } = envelopeOf(route).codes;
      await unchanged(async () =>
        checkRefusal(route, await world.send(route, bare), { status: 400, code: badBody }),
      );
    } else {
      const reply = await world.send(route, bare);
      checkReply(reply);
      assert.ok(isInOrder(route, fixture, reply.status), reply.text);
    }
  });
});

test('a body that a route does not read is not looked at', async () => {
  await everyRoute(async (route, fixture) => {
    if (route.reads !== 'none' || route.method === 'GET') return;
    const reply = await world.send(route, await fixture.valid(world), { rawBody: '{' });
    assert.ok(isInOrder(route, fixture, reply.status), reply.text);
  });
});

test('unknown and read-only fields of a body have no effect', async () => {
  const word = marker();
  await everyRoute(async (route, fixture) => {
    if (route.reads === 'none' || fixture.takesAnyJson === true) return;
    const plain = await world.send(route, await fixture.valid(world));
    const sent = await fixture.valid(world);
    const reply = await world.send(route, withSurplus(sent, envelopeOf(route).surplus(word)));
    checkReply(reply, [word]);
    assert.equal(reply.status, plain.status, reply.text);
    assert.ok(isInOrder(route, fixture, reply.status), reply.text);
    assert.deepEqual(shape(answerOf(fixture, reply).body), shape(answerOf(fixture, plain).body));
  });
});

function withSurplus(sent: Sent, surplus: Record<string, unknown>): Sent {
  const body = sent.body as Record<string, unknown>;
  if (Array.isArray(body.items)) {
    const items = body.items.map((item: object) => ({ ...surplus, ...item }));
    return { ...sent, body: { ...surplus, ...body, items } };
  }
  if (body.details === undefined) return { ...sent, body: { ...surplus, ...body } };
  return {
    ...sent,
    body: { ...surplus, ...body, details: { ...surplus, ...(body.details as object) } },
  };
}

/** Keys at every depth with the types of their values, and the words that our own vocabulary has. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === 'status' || key === 'type' ? inner : shape(inner),
      ]),
    );
  }
  return value === null ? null : typeof value;
}

test('details may be sent bare, with the same result', async () => {
  await everyRoute(async (route, fixture) => {
    const sent = await fixture.valid(world);
    const body = sent.body as { details?: unknown } | undefined;
    if (body?.details === undefined) return;
    const reply = await world.send(route, { ...sent, body: body.details });
    assert.equal(reply.status, 200, reply.text);
    const wrapped = await world.send(route, await fixture.valid(world));
    assert.deepEqual(shape(reply.body), shape(wrapped.body));
  });
});

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

test('a method that a path does not have is refused, with and without a key', async () => {
  const paths = Map.groupBy(world.routes, ({ path }) => path);
  for (const [, routes] of paths) {
    const [route] = routes;
    assert.ok(route !== undefined);
    const fixture = envelopeOf(route).fixtures[route.name];
    assert.ok(fixture !== undefined);
    const sent = await fixture.valid(world);
    const bare = { path: sent.path };
    const address = addressOf(route, bare);
    const { wrongMethod } = envelopeOf(route);
    // What is a fixed path here may be another route's parameter.
    const known = world.routes.filter(({ path }) => isOf(path, address)).map((other) => other.method);
    assert.ok(routes.every((other) => known.includes(other.method)));
    for (const method of METHODS.filter((one) => !known.includes(one))) {
      await unchanged(async () => {
        for (const key of [null, world.server.quickstart.live.api_key]) {
          const word = marker();
          const headers = { 'x-note': word };
          const reply = await world.send(route, bare, { method, key, headers });
          checkReply(reply, [word]);
          assert.equal(reply.status, wrongMethod.status);
          assert.equal(envelopeOf(route).readError(reply.body), wrongMethod.code);
        }
      });
    }
  }
});

function isOf(template: string, address: string): boolean {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(address);
}

test('HEAD answers as GET does, without a body', async () => {
  await everyRoute(async (route, fixture) => {
    const sent = await fixture.valid(world);
    if (route.method !== 'GET') return;
    const get = await world.send(route, sent);
    const head = await world.send(route, sent, { method: 'HEAD' });
    assert.equal(head.status, get.status);
    assert.equal(head.text, '');
    assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
    const refused = await world.send(route, sent, { method: 'HEAD', key: null });
    assert.equal(refused.status, 401);
  });
});

test('404 below and beside every path, in the surface’s own envelope', async () => {
  await everyRoute(async (route, fixture) => {
    const sent = await fixture.valid(world);
    const word = marker();
    const address = addressOf(route, { path: sent.path });
    for (const path of [
      `${address}/${word}/${word}`,
      `${address}/${word}%2F..%2f${word}/x/y`,
      `${address}/%zz`,
    ]) {
      const reply = await world.server.call(route.method, path);
      checkReply(reply, [word]);
      assert.equal(reply.status, 404, reply.text);
      const { readError, codes, noRoute = codes.notFound } = envelopeOf(route);
      assert.equal(readError(reply.body), noRoute);
    }
  });
});

test('a route answers at its other addresses as it does at its own, with and without a key', async () => {
  await everyRoute(async (route, fixture) => {
    for (const path of route.aliases) {
      const elsewhere = { ...route, path };
      const reply = await world.send(elsewhere, await fixture.valid(world));
      checkReply(reply);
      assert.ok(isInOrder(route, fixture, reply.status), `${path}: ${reply.text}`);
      const { missingKey } = envelopeOf(route).codes;
      const refused = await world.send(elsewhere, await fixture.valid(world), { key: null });
      checkRefusal(route, refused, { status: 401, code: missingKey });
    }
  });
});

test('a request id of the client’s comes back, and a malformed one is replaced', async () => {
  await everyRoute(async (route, fixture) => {
    const sent = await fixture.valid(world);
    const own = marker();
    const kept = await world.send(route, sent, { key: null, headers: { 'x-request-id': own } });
    assert.equal(kept.headers.get('x-request-id'), own);
    const odd = `${own} "},{`;
    const replaced = await world.send(route, sent, { key: null, headers: { 'x-request-id': odd } });
    assert.match(replaced.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.ok(!replaced.text.includes(own));
  });
});

const ODD_TEXTS = [
  '\u0000',
  '\ud800',
  'a\udfffb',
  '\\u0000',
  '\u202e',
  '𝒳'.repeat(3),
  ' '.repeat(50),
  '__proto__',
];
const ODD_VALUES = [...ODD_TEXTS, 1e308, -0, 2 ** 53, 1.5, true, [], {}, [[]], { a: ODD_TEXTS }, null];

test('no value in any field of a valid body makes a fault', async () => {
  await everyRoute(async (route, fixture) => {
    if (route.reads === 'none') return;
    const sent = await fixture.valid(world);
    for (const path of pathsIn(sent.body)) {
      for (const odd of ODD_VALUES) {
        const reply = await world.send(route, { ...sent, body: replaceAt(sent.body, path, odd) });
        assert.ok(reply.status < 500, `${path.join('.')}, ${JSON.stringify(odd)}: ${reply.text}`);
        assert.doesNotMatch(reply.text, envelopeOf(route).fault ?? /"unexpected"|"unknown"/);
      }
    }
  });
});

type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return path.length === 0 ? [] : [path];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  const inner = entries.flatMap(([key, deep]) => pathsIn(deep, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

function replaceAt(value: unknown, [key, ...rest]: Path, odd: unknown): unknown {
  if (key === undefined) return odd;
  if (Array.isArray(value))
    return value.map((item, index) => (index === key ? replaceAt(item, rest, odd) : item));
  const map = value as Record<string, unknown>;
  return { ...map, [key]: replaceAt(map[String(key)], rest, odd) };
}

const RULESET_ODDITIES = ['\ud800', '\u0000', { '\ud800': 1 }, { '\u0000': 1 }, '\\u0000', '\\ud800'];

test('what a ruleset stores opaquely is stored or refused, never a fault', async () => {
  const { server, own } = world;
  for (const odd of RULESET_ODDITIES) {
    for (const details of [{ methods: [odd] }, { plans: [odd] }, { factors: [claimOf(odd)] }]) {
      const body = { domain_id: own.domain, title: 'Odd', factors: [], ...details };
      const reply = await server.call('POST', '/api/v1/ruleset', { body });
      assert.ok([200, 422].includes(reply.status), `${JSON.stringify(details)}: ${reply.text}`);
      if (reply.status !== 200) continue;
      const read = await server.call('GET', `/api/v1/ruleset/${reply.body.details.id}`);
      assert.deepEqual(read.body.details, reply.body.details);
      if ('methods' in details) assert.deepEqual(read.body.details.methods, details.methods);
    }
  }
});

function claimOf(claim: unknown) {
  return { name: 'email', type: 'email', claim };
}

test('broken HTTP is answered as 400 and repeats nothing', async () => {
  const { port, hostname } = new URL(world.server.url);
  const word = marker();
  for (const broken of [
    `GET /${word} HTTP/9\r\n\r\n`,
    `${word}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${word}\r\n\r\n`,
  ]) {
    const socket = connect(Number(port), hostname);
    socket.end(broken);
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.ok(!answer.includes(word));
  }
});
