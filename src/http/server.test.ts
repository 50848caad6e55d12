import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { Busy, InvalidInput, QuotaExceeded, RateLimited, Unavailable } from '../core/errors.ts';
import { createMetrics } from './metrics.ts';
import { operatorPages } from './pages.ts';
import { createServer } from './server.ts';
import type { Surface } from './surface.ts';
import { ANY_KEY, createFakeSurface, FAKE_LIMITER, KEY, startFakeServer } from './testing/fake-surface.ts';

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

test('bodies that are no JSON are unreadable, and those that are no object are told apart', async () => {
  await using fake = await startFakeServer();
  const echo = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = jsonType) =>
    (await (await fetch(`${fake.url}/fake/echo`, { method: 'POST', headers, body })).json()) as {
      oops?: string;
      seen?: { body: unknown };
    };
  const unreadable = { oops: 'unreadable_body' };
  for (const body of ['', '{', `${'['.repeat(100_000)}`, '{"a":1}x'])
    assert.deepEqual(await echo(body), unreadable, body.slice(0, 20));
  for (const body of ['[]', '[{}]', '1', 'null', 'true', '"a"'])
    assert.deepEqual(await echo(body), { oops: 'body_not_object' }, body);
  assert.deepEqual(await echo(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`), unreadable);
  assert.ok((await echo(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`)).seen);
  assert.deepEqual(await echo(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), unreadable);
  assert.deepEqual(await echo('{}', { 'content-type': 'text/plain' }), { oops: 'unsupported_media_type' });
  assert.deepEqual(await echo('{}', { 'content-type': 'application/jsonx' }), {
    oops: 'unsupported_media_type',
  });
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
  const limiter = { ...FAKE_LIMITER, spend: () => Promise.reject(new RateLimited(17)) };
  await using fake = await startFakeServer({ limiter });
  const reply = await fetch(`${fake.url}/fake/things/a`, { headers: good });
  assert.equal(reply.status, 429);
  assert.equal(reply.headers.get('retry-after'), '17');
});

test('a used-up quota says when to try again, too', async () => {
  const fail = new QuotaExceeded({ limit: 5, resetAtSeconds: 900, retryAfterSeconds: 23 });
  await using fake = await startFakeServer({ surface: createFakeSurface({ fail }) });
  const reply = await fetch(`${fake.url}/fake/fail`);
  assert.equal(reply.headers.get('retry-after'), '23');
  assert.deepEqual([reply.status, await reply.json()], [429, { oops: 'quota_exceeded' }]);
});

test('a server that is busy says when to try again', async () => {
  await using fake = await startFakeServer({ surface: createFakeSurface({ fail: new Busy(3) }) });
  const reply = await fetch(`${fake.url}/fake/fail`);
  assert.equal(reply.headers.get('retry-after'), '3');
  assert.deepEqual([reply.status, await reply.json()], [503, { oops: 'busy' }]);
});

test('a handler may choose status and headers; the body is still what the schema names', async () => {
  await using fake = await startFakeServer();
  const send = (wish: object) =>
    fetch(`${fake.url}/fake/replies`, {
      method: 'POST',
      headers: { ...good, ...jsonType },
      body: JSON.stringify(wish),
    });
  const own = await send({ status: 201, headers: { 'x-own': 'a', 'cache-control': 'private' } });
  assert.deepEqual([own.status, await own.text()], [201, '{"seen":1}']);
  assert.equal(own.headers.get('x-own'), 'a');
  assert.equal(own.headers.get('cache-control'), 'private');
  const plain = await send({});
  assert.deepEqual([plain.status, await plain.text()], [202, '{"seen":1}']);
  const empty = await send({ status: 204 });
  assert.deepEqual([empty.status, await empty.text()], [204, '']);
});

test('a use case learns where a request came from, what it called, and nothing of its query', async () => {
  await using fake = await startFakeServer();
  const reply = await fetch(`${fake.url}/fake/%63aller?secret=1`, { headers: good });
  const { seen } = (await reply.json()) as { seen: { origin: object; negotiated?: object; rate: object } };
  assert.deepEqual(seen.origin, { address: '127.0.0.1', method: 'GET', path: '/fake/%63aller' });
  assert.equal(seen.negotiated, undefined);
  assert.deepEqual(seen.rate, FAKE_LIMITER.status(KEY));
});

/** A surface that wraps every body in what it negotiated, and refuses the wish `none`. */
function createNegotiating(asked: string[] = []): Surface {
  const wrap = (how: string) => ({ how, shape: (body: unknown) => ({ [how]: body }) });
  const negotiate: Surface['negotiate'] = ({ headers, key }) => {
    asked.push(key.keyId);
    if (headers.wish === 'none') throw new InvalidInput([]);
    return wrap(`for-${headers.wish}`);
  };
  return { ...createFakeSurface(), negotiate, negotiateError: () => wrap('early') };
}

test('what a surface negotiates shapes every body, and its handlers see it', async () => {
  await using fake = await startFakeServer({ surface: createNegotiating() });
  const get = async (path: string, headers: Record<string, string>) =>
    (await fetch(fake.url + path, { headers: { wish: 'me', ...headers } })).json();
  assert.deepEqual(await get('/fake/things/a', good), {
    'for-me': { id: 'a', size: null, parts: [{ name: 'a' }] },
  });
  const called = (await get('/fake/caller', good)) as { 'for-me': { seen: { negotiated: object } } };
  assert.deepEqual(called['for-me'].seen.negotiated, { how: 'for-me' });
  // Errors after it have its shape too; all others the early one.
  assert.deepEqual(await get('/fake/caller', { apikey: 'reader' }), { 'for-me': { oops: 'not_permitted' } });
  assert.deepEqual(await get('/fake/caller', {}), { early: { oops: 'credential_missing' } });
  assert.deepEqual(await get('/fake/caller', { ...good, wish: 'none' }), {
    early: { oops: 'invalid_input', fields: [] },
  });
  assert.deepEqual(await get('/fake/nowhere', good), { early: { oops: 'no_such_route' } });
  assert.deepEqual(await get('/fake/fail', good), { early: { oops: 'internal_fault' } });
  assert.deepEqual(await get('/fake/slow', good), { seen: 'done' }, 'an open route negotiates nothing');
});

test('key, address, limit, negotiation, grant, body: in this order', async () => {
  const asked: string[] = [];
  const surface = createNegotiating(asked);
  const limited = { ...FAKE_LIMITER, spend: () => Promise.reject(new RateLimited(1)) };
  const codes: string[] = [];
  const post = async (limiter: typeof FAKE_LIMITER, headers: Record<string, string>) => {
    await using fake = await startFakeServer({ surface, limiter });
    const init = { method: 'POST', headers, body: '{' };
    const body = (await (await fetch(`${fake.url}/fake/things`, init)).json()) as Record<string, object>;
    codes.push(...Object.values(body).map((error) => ('oops' in error ? String(error.oops) : '')));
  };
  await post(limited, { apikey: 'bad', wish: 'none' });
  await post(limited, { apikey: 'distant', wish: 'none' });
  await post(limited, { apikey: 'reader', wish: 'none' });
  assert.deepEqual(asked, []);
  await post(FAKE_LIMITER, { apikey: 'reader', wish: 'none' });
  assert.equal(asked.length, 1);
  await post(FAKE_LIMITER, { apikey: 'reader' });
  await post(FAKE_LIMITER, { ...good, ...jsonType });
  assert.deepEqual(codes, [
    ...['credential_rejected', 'address_not_allowed', 'rate_limited', 'invalid_input'],
    ...['not_permitted', 'unreadable_body'],
  ]);
});

test('a surface that cannot shape an error is answered for', async () => {
  const negotiateError = () => {
    throw new Error('x');
  };
  await using fake = await startFakeServer({ surface: { ...createFakeSurface(), negotiateError } });
  for (const path of ['/fake/nowhere', '/fake/things/a']) {
    const reply = await fetch(fake.url + path);
    assert.equal(reply.status, 500);
    assert.equal(reply.headers.get('content-type'), 'application/problem+json');
  }
});

test('a surface may tell how the key stands: on every reply to a good key, and on no 401', async () => {
  const surface = { ...createFakeSurface({ fail: new Error('x') }), rateHeaders: true };
  await using fake = await startFakeServer({ surface });
  const told = async (path: string, init: RequestInit) => {
    const { status, headers } = await fetch(fake.url + path, init);
    return [status, ...['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`))];
  };
  const all = ['1000', '7', '60'];
  assert.deepEqual(await told('/fake/things/a', { headers: good }), [200, ...all]);
  assert.deepEqual(await told('/fake/things/a', { headers: good, method: 'HEAD' }), [200, ...all]);
  assert.deepEqual(await told('/fake/things/a', { headers: good, method: 'DELETE' }), [204, ...all]);
  assert.deepEqual(await told('/fake/caller', { headers: { apikey: 'reader' } }), [403, ...all]);
  assert.deepEqual(await told('/fake/caller', { headers: { apikey: 'distant' } }), [403, ...all]);
  const post = { method: 'POST', headers: { ...good, ...jsonType } };
  assert.deepEqual(await told('/fake/things', { ...post, body: '{' }), [400, ...all]);
  assert.deepEqual(await told('/fake/replies', { ...post, body: '{"headers":{"x-own":"a"}}' }), [
    202,
    ...all,
  ]);
  const none = [null, null, null];
  assert.deepEqual(await told('/fake/things/a', {}), [401, ...none]);
  assert.deepEqual(await told('/fake/things/a', { headers: { apikey: 'bad' } }), [401, ...none]);
  assert.deepEqual(await told('/fake/slow', { headers: good }), [200, ...none]);
  await using silent = await startFakeServer();
  const reply = await fetch(`${silent.url}/fake/things/a`, { headers: good });
  assert.equal(reply.headers.get('x-ratelimit-limit'), null);
});

test('a publishable key reaches what asks for its one grant and nothing else, whatever it was given', async () => {
  await using fake = await startFakeServer();
  const status = async (method: string, path: string) =>
    (await fetch(fake.url + path, { method, headers: { apikey: 'public' } })).status;
  assert.equal(await status('GET', '/fake/caller'), 200);
  assert.equal(await status('GET', '/fake/things/a'), 403);
  assert.equal(await status('DELETE', '/fake/things/a'), 403, 'any key will do, but not this one');
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
    verifier: ANY_KEY,
    limiter: FAKE_LIMITER,
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
