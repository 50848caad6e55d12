import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvalidInput, RateLimited, Unavailable } from '../core/errors.ts';
import { createMetrics } from './metrics.ts';
import { operatorPages } from './pages.ts';
import { createServer } from './server.ts';
import { createFakeSurface, KEY, startFakeServer } from './testing/fake-surface.ts';

const good = { apikey: 'good' };
const jsonType = { 'content-type': 'application/json' };

/** Bytes in, bytes out, until the server closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

test('a guarded route answers with what its schema names, never cached', async () => {
  await using fake = await startFakeServer();
  const reply = await fetch(`${fake.url}/fake/things/a%20b?x=1`, { headers: good });
  assert.equal(reply.status, 200);
  assert.equal(await reply.text(), '{"id":"a b","size":null,"parts":[{"name":"a"}]}');
  assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8');
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
  assert.match(reply.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('texts beyond ASCII keep their length', async () => {
  await using fake = await startFakeServer();
  for (const id of ['é', '日本', '🙂', 'ÿ'])
    assert.match(
      await (await fetch(`${fake.url}/fake/things/${id}`, { headers: good })).text(),
      new RegExp(`"${id}"`),
    );
});

test('HEAD is GET without the body', async () => {
  await using fake = await startFakeServer();
  const reply = await fetch(`${fake.url}/fake/things/a`, { method: 'HEAD', headers: good });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers.get('content-length'), '45');
  assert.equal(await reply.text(), '');
  assert.equal((await fetch(`${fake.url}/fake/things/a`, { method: 'HEAD' })).status, 401);
});

test("a well-formed request id is the client's own, another is replaced", async () => {
  await using fake = await startFakeServer();
  for (const [sent, isKept] of [
    ['a.b_c-9', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['a b', false],
    ['<x>', false],
  ] as const) {
    const reply = await fetch(`${fake.url}/nowhere`, { headers: { 'x-request-id': sent } });
    assert.equal(reply.headers.get('x-request-id') === sent, isKept, sent);
  }
});

test('the key is asked before the body is looked at, and the grant too', async () => {
  await using fake = await startFakeServer();
  const post = (headers: Record<string, string>) =>
    fetch(`${fake.url}/fake/things`, { method: 'POST', headers, body: '{' });
  assert.deepEqual(await (await post({})).json(), { oops: 'credential_missing' });
  assert.deepEqual(await (await post({ apikey: 'bad' })).json(), { oops: 'credential_rejected' });
  assert.deepEqual(await (await post({ apikey: 'reader' })).json(), { oops: 'not_permitted' });
  assert.deepEqual(await (await post({ ...good, ...jsonType })).json(), { oops: 'unreadable_body' });
});

test('unknown paths and wrong methods get the envelope of whoever owns the path', async () => {
  await using fake = await startFakeServer();
  const body = { method: 'PUT', headers: { 'content-type': 'no/such; ;type' }, body: '{' };
  for (const [path, init] of [
    ['/fake/things/a/b', {}],
    ['/fake/things/a', body],
    ['/fake/things/%zz', {}],
    ['/fake/echo', { method: 'PROPFIND' }],
  ] as const) {
    const reply = await fetch(fake.url + path, init);
    assert.deepEqual([reply.status, await reply.json()], [404, { oops: 'no_such_route' }], path);
  }
  for (const [path, init] of [
    ['/', {}],
    ['/fake', {}],
    ['/x/%', {}],
    ['/x', body],
  ] as const) {
    const reply = await fetch(fake.url + path, init);
    assert.equal(reply.headers.get('content-type'), 'application/problem+json');
    const problem = {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is no such route.',
    };
    assert.deepEqual([reply.status, await reply.json()], [404, problem], path);
  }
});

test('bodies that are no JSON object are unreadable', async () => {
  await using fake = await startFakeServer();
  const echo = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = jsonType) =>
    (await (await fetch(`${fake.url}/fake/echo`, { method: 'POST', headers, body })).json()) as {
      oops?: string;
      seen?: { body: unknown };
    };
  const unreadable = { oops: 'unreadable_body' };
  for (const body of ['', '{', '[]', '[{}]', '1', 'null', '"a"', `${'['.repeat(100_000)}`, '{"a":1}x'])
    assert.deepEqual(await echo(body), unreadable, body.slice(0, 20));
  assert.deepEqual(await echo(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`), unreadable);
  assert.ok((await echo(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`)).seen);
  assert.deepEqual(await echo(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), unreadable);
  assert.deepEqual(await echo('{}', { 'content-type': 'text/plain' }), unreadable);
  assert.deepEqual(await echo('{}', { 'content-type': 'application/jsonx' }), unreadable);
  assert.deepEqual(await echo('{}', { ...jsonType, 'content-encoding': 'gzip' }), unreadable);
  assert.deepEqual((await echo('{"a":1,"a":2}')).seen?.body, { a: 2 });
  assert.deepEqual((await echo('{}', { 'content-type': 'Application/JSON ; charset=UTF-8' })).seen?.body, {});
  assert.deepEqual((await echo('\ufeff{"a":"\\u0000"}')).seen?.body, { a: '\0' });
  const poisoned = await echo('{"__proto__":{"admin":1},"a":[{"\\u005f_proto__":1,"b":2}]}');
  assert.deepEqual(poisoned.seen?.body, { a: [{ b: 2 }] });
});

test('a body above the limit of its route is too large, declared or not', async () => {
  await using fake = await startFakeServer();
  const headers = { ...good, ...jsonType };
  const body = JSON.stringify({ id: 'x'.repeat(300) });
  const declared = await fetch(`${fake.url}/fake/things`, { method: 'POST', headers, body });
  assert.deepEqual(await declared.json(), { oops: 'body_too_large' });
  const stream = ReadableStream.from([Buffer.from(body), Buffer.alloc(300_000)]);
  const init = { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit;
  assert.deepEqual(await (await fetch(`${fake.url}/fake/things`, init)).json(), { oops: 'body_too_large' });
  const fits = JSON.stringify({ id: 'x'.repeat(191) });
  assert.equal(fits.length, 200);
  assert.equal((await fetch(`${fake.url}/fake/things`, { method: 'POST', headers, body: fits })).status, 201);
});

test('a DELETE may come without a body, with an empty one, or with one', async () => {
  await using fake = await startFakeServer();
  for (const init of [{}, { headers: jsonType }, { headers: jsonType, body: '{}' }]) {
    const headers = { ...good, ...('headers' in init ? init.headers : {}) };
    const reply = await fetch(`${fake.url}/fake/things/a`, { ...init, headers, method: 'DELETE' });
    assert.equal(reply.status, 204);
    assert.equal(reply.headers.get('content-length'), null);
    assert.equal(await reply.text(), '');
  }
});

test('no body, however broken, yields a 500', async () => {
  await using fake = await startFakeServer();
  const bodies = fc.oneof(fc.json(), fc.string(), fc.uint8Array().map(Buffer.from));
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const reply = await fetch(`${fake.url}/fake/things`, {
        method: 'POST',
        headers: { ...good, ...jsonType },
        body,
      });
      await reply.arrayBuffer();
      assert.ok(reply.status < 500);
    }),
    { numRuns: 150 },
  );
});

test('query keys stay whole, repeated ones make a list', async () => {
  await using fake = await startFakeServer();
  const query = 'pagination[offset]=5&filter%5Ba%5D=b%20c&x=1&x=2&__proto__=y&bad=%zz';
  const reply = await fetch(`${fake.url}/fake/echo?${query}`, {
    method: 'POST',
    headers: jsonType,
    body: '{}',
  });
  const { seen } = (await reply.json()) as { seen: { query: Record<string, unknown> } };
  assert.equal(seen.query['pagination[offset]'], '5');
  assert.equal(seen.query['filter[a]'], 'b c');
  assert.deepEqual(seen.query.x, ['1', '2']);
});

test("a trusted proxy's report of the client counts", async () => {
  await using fake = await startFakeServer({ trustedProxies: ['127.0.0.0/8'] });
  const headers = { ...jsonType, 'x-forwarded-for': '6.6.6.6, 203.0.113.9' };
  const reply = await fetch(`${fake.url}/fake/echo`, { method: 'POST', headers, body: '{}' });
  const { seen } = (await reply.json()) as { seen: Record<string, unknown> };
  assert.equal(seen.clientAddress, '203.0.113.9');
  assert.equal(seen.fromTrustedProxy, true);
});

test('a used-up limit says when to try again', async () => {
  await using fake = await startFakeServer({ limiter: { spend: () => Promise.reject(new RateLimited(17)) } });
  const reply = await fetch(`${fake.url}/fake/things/a`, { headers: good });
  assert.equal(reply.status, 429);
  assert.equal(reply.headers.get('retry-after'), '17');
});

test('what is no CoreError is logged without its message and presented as internal', async () => {
  for (const fail of [
    new TypeError('SECRET\n    at SECRET (x:1:1)'),
    'SECRET',
    undefined,
    { toString: null },
  ]) {
    await using fake = await startFakeServer({ surface: createFakeSurface({ fail }) });
    const reply = await fetch(`${fake.url}/fake/fail`);
    assert.deepEqual([reply.status, await reply.json()], [500, { oops: 'internal_fault' }]);
    const lines = fake.logged();
    assert.equal(
      lines.some(({ msg, operation }) => msg === 'fault' && operation === 'fail'),
      true,
    );
    assert.doesNotMatch(JSON.stringify(lines), /SECRET/);
  }
});

test('errors of the core are presented; only those that an operator must see are faults', async () => {
  for (const [fail, status, isFault] of [
    [new InvalidInput([{ path: ['a'], code: 'invalid', message: 'No.' }]), 400, false],
    [new Unavailable('database'), 503, true],
  ] as const) {
    await using fake = await startFakeServer({ surface: createFakeSurface({ fail }) });
    assert.equal((await fetch(`${fake.url}/fake/fail`)).status, status);
    assert.equal(
      fake.logged().some(({ msg }) => msg === 'fault'),
      isFault,
    );
  }
});

test('a surface that cannot present an error is answered for', async () => {
  const surface = {
    ...createFakeSurface({ fail: new Error('x') }),
    present: () => {
      throw new Error('y');
    },
  };
  await using fake = await startFakeServer({ surface });
  const reply = await fetch(`${fake.url}/fake/fail`);
  assert.equal(reply.status, 500);
  assert.equal(reply.headers.get('content-type'), 'application/problem+json');
});

test('bytes that are no HTTP, and headers that are too large, are answered and the connection closes', async () => {
  await using fake = await startFakeServer();
  assert.match(await raw(fake.port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 .*application\/problem\+json/s);
  const large = `GET /fake/slow HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`;
  assert.match(await raw(fake.port, large), /^HTTP\/1\.1 431 .*"status":431/s);
  const query = `ids=${'a'.repeat(60_000)}`;
  assert.equal((await fetch(`${fake.url}/fake/slow?${query}`)).status, 200);
});

test('a client that leaves in the middle harms nobody', async () => {
  await using fake = await startFakeServer();
  await new Promise<void>((resolve) => {
    const head =
      'POST /fake/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\ncontent-type: application/json\r\n\r\n{';
    const socket = connect(fake.port, '127.0.0.1', () => socket.write(head, () => socket.destroy()));
    socket.on('close', () => resolve());
  });
  assert.equal((await fetch(`${fake.url}/fake/slow`)).status, 200);
  assert.deepEqual(
    fake.logged().filter(({ msg }) => msg === 'fault'),
    [],
  );
});

test('one line a request, with ids and templates and nothing that was sent', async () => {
  await using fake = await startFakeServer();
  await fetch(`${fake.url}/fake/things/PERSONAL?q=PERSONAL`, {
    headers: { ...good, 'x-request-id': 'r1', cookie: 'PERSONAL' },
  });
  await fetch(`${fake.url}/fake/PERSONAL`, { headers: { 'x-request-id': 'r2' } });
  const [first, second, ...rest] = fake.logged();
  assert.equal(rest.length, 0);
  const { time, ms, ...line } = first ?? {};
  assert.ok(!Number.isNaN(Date.parse(`${time}`)) && Number(ms) >= 0);
  assert.deepEqual(line, {
    ...{ level: 30, requestId: 'r1', surface: 'fake', operation: 'getThing', status: 200 },
    ...{ route: 'GET /fake/things/:id', keyId: KEY.keyId, poolId: KEY.poolId },
  });
  assert.equal(second?.surface, 'fake');
  assert.doesNotMatch(JSON.stringify([first, second]), /PERSONAL|good/);
});

test('health follows readiness, and liveness does not', async () => {
  let readiness = async () => true;
  await using fake = await startFakeServer({ readiness: () => readiness() });
  const status = async (path: string) => (await fetch(fake.url + path)).status;
  assert.equal(await status('/health/ready'), 200);
  readiness = async () => false;
  assert.equal(await status('/health/ready'), 503);
  readiness = () => Promise.reject(new Error('down'));
  assert.equal(await status('/health/ready'), 503);
  assert.equal(await status('/health/alive'), 200);
});

test('a draining server is not ready, whatever its dependencies say', async () => {
  const metrics = createMetrics({ process: false });
  const pages = operatorPages({ readiness: async () => true, isDraining: () => true, metrics });
  const answers = pages.map(({ path, answer }) => [path, answer] as const);
  const request = {} as IncomingMessage;
  assert.equal((await new Map(answers).get('/health/ready')?.(request))?.status, 503);
  assert.equal((await new Map(answers).get('/health/alive')?.(request))?.status, 200);
});

test('metrics count by operation and class of status, behind a token when there is one', async () => {
  await using fake = await startFakeServer({ metricsToken: 'm' });
  await fetch(`${fake.url}/fake/things/PERSONAL`, { headers: good });
  await fetch(`${fake.url}/fake/things/PERSONAL`);
  for (const headers of [{}, { authorization: 'Bearer n' }, { authorization: 'Bearer mm' }])
    assert.equal((await fetch(`${fake.url}/metrics`, { headers })).status, 401);
  const reply = await fetch(`${fake.url}/metrics`, { headers: { authorization: 'Bearer m' } });
  const text = await reply.text();
  const of = (status: string, le: string) =>
    `selfsame_http_request_duration_seconds_bucket{surface="fake",operation="getThing",status="${status}",le="${le}"} 1`;
  assert.ok(text.includes(of('2xx', '+Inf')) && text.includes(of('4xx', '10')), text);
  assert.match(text, /# TYPE selfsame_http_request_duration_seconds histogram/);
  assert.doesNotMatch(text, /PERSONAL/);
});

test('draining: not ready, nothing new, what runs is finished and its connection closed', async () => {
  const hold = Promise.withResolvers<void>();
  const fake = await startFakeServer({ surface: createFakeSurface({ hold: hold.promise }) });
  const head = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const arrived = new Promise<void>((resolve) => fake.server.fastify.server.once('request', () => resolve()));
  const answer = raw(fake.port, head('/fake/slow'));
  await arrived;
  const drained = fake.server.drain(5000);
  assert.equal(fake.server.drain(5000), drained);
  await assert.rejects(fetch(`${fake.url}/health/alive`));
  hold.resolve();
  assert.equal(await drained, true);
  assert.match(await answer, /^HTTP\/1\.1 200 .*connection: close.*"done"/s);
});

test('a drain is bounded: what does not finish is cut off', async () => {
  const fake = await startFakeServer({ surface: createFakeSurface({ hold: new Promise(() => {}) }) });
  const arrived = new Promise<void>((resolve) => fake.server.fastify.server.once('request', () => resolve()));
  const cutOff = assert.rejects(fetch(`${fake.url}/fake/slow`));
  await arrived;
  assert.equal(await fake.server.drain(20), false);
  await cutOff;
});

test('two operations of one name, and a route that is open for no reason, are refused at the start', () => {
  const surface = createFakeSurface();
  const [route] = surface.routes;
  assert.ok(route !== undefined);
  const options = {
    verifier: { verify: () => KEY },
    limiter: { spend: () => undefined },
    clock: { now: () => new Date(0) },
    readiness: async () => true,
  };
  assert.throws(() => createServer({ ...options, surfaces: [surface, surface] }), TypeError);
  assert.throws(
    () => createServer({ ...options, surfaces: [{ ...surface, routes: [route, route] }] }),
    TypeError,
  );
  assert.throws(() => createServer({ ...options, surfaces: [], trustedProxies: ['x'] }), TypeError);
});
