import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { type CrossOrigin, createOriginList } from './cross-origin.ts';
import { mount } from './mount.ts';
import { defineRoute, openGuard, replyWith } from './route.ts';
import type { Surface } from './surface.ts';
import { createFakeSurface, startFakeServer } from './testing/fake-surface.ts';

const APP = 'https://app.example.com';
const isListed = createOriginList([APP, 'https://*.pages.example']);
const crossOrigin: CrossOrigin = {
  ...{ allows: isListed, credentials: true, headers: ['authorization', 'content-type'] },
  ...{ exposeHeaders: ['x-request-id'], maxAgeSeconds: 60 },
};
const [own] = mount(
  [
    defineRoute({
      ...{ method: 'PUT', path: '/varied', operation: 'varied', summary: 'Varies.', reads: 'none' },
      ...{ guard: openGuard('A test.'), reply: Type.Object({}) },
      handler: async () => replyWith({}, { headers: { vary: 'Accept' } }),
    }),
  ],
  ['/fake', '/fake/v1'],
);

function surfaceWith(given: Partial<CrossOrigin> = {}): Surface {
  const fake = createFakeSurface({ fail: new Error('x') });
  assert.ok(own !== undefined);
  return { ...fake, routes: [...fake.routes, own], crossOrigin: { ...crossOrigin, ...given } };
}

const ALLOW = ['origin', 'credentials', 'methods', 'headers', 'max-age', 'expose-headers'];

function caller(url: string) {
  const call = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const reply = await fetch(url + path, { method, headers });
    const allowed = ALLOW.map((name) => [name, reply.headers.get(`access-control-allow-${name}`)]);
    return {
      status: reply.status,
      vary: reply.headers.get('vary'),
      allow: Object.fromEntries(allowed.filter(([, value]) => value !== null)),
      exposes: reply.headers.get('access-control-expose-headers'),
      maxAge: reply.headers.get('access-control-max-age'),
      text: await reply.text(),
    };
  };
  const preflight = (path: string, origin: string) =>
    call('OPTIONS', path, { origin, 'access-control-request-method': 'PUT' });
  return { call, preflight };
}

test('a listed site is echoed, with credentials, on every reply, whatever it says', async () => {
  await using fake = await startFakeServer({ surface: surfaceWith() });
  const { call } = caller(fake.url);
  for (const [method, path, status] of [
    ['PUT', '/fake/varied', 200],
    ['GET', '/fake/things/a', 401],
    ['GET', '/fake/fail', 500],
    ['GET', '/fake/nothing', 404],
  ] as const) {
    const reply = await call(method, path, { origin: APP });
    assert.equal(reply.status, status);
    assert.deepEqual(reply.allow, { origin: APP, credentials: 'true' }, path);
    assert.equal(reply.exposes, 'x-request-id');
    assert.match(reply.vary ?? '', /^Origin/);
  }
  assert.equal((await call('PUT', '/fake/varied', { origin: APP })).vary, 'Origin, Accept');
});

test('an unlisted site is told nothing, and every reply depends on who asks', async () => {
  await using fake = await startFakeServer({
    surface: surfaceWith({ allows: (origin) => isListed(origin) }),
  });
  const { call, preflight } = caller(fake.url);
  for (const origin of ['https://evil.example', 'null', `${APP}.evil.example`, '*', `${APP}/`, `${APP} x`]) {
    const reply = await call('PUT', '/fake/varied', { origin });
    assert.deepEqual(
      [reply.status, reply.allow, reply.exposes, reply.vary],
      [200, {}, null, 'Origin, Accept'],
    );
    const asked = await preflight('/fake/varied', origin);
    assert.deepEqual([asked.status, asked.allow, asked.maxAge], [204, {}, null]);
    assert.match(asked.vary ?? '', /^Origin/);
  }
  const same = await call('PUT', '/fake/varied');
  assert.deepEqual([same.allow, same.vary], [{}, 'Origin, Accept']);
});

test('no surface says that everybody is allowed, even where everybody is', async () => {
  await using fake = await startFakeServer({
    surface: surfaceWith({ allows: () => true, credentials: false }),
  });
  const { call } = caller(fake.url);
  assert.deepEqual((await call('PUT', '/fake/varied', { origin: APP })).allow, { origin: APP });
  assert.deepEqual((await call('PUT', '/fake/varied', { origin: 'null' })).allow, {});
});

test('a preflight is answered for known paths, with the methods that are there', async () => {
  await using fake = await startFakeServer({ surface: surfaceWith() });
  const { preflight } = caller(fake.url);
  const leave = { origin: APP, credentials: 'true', headers: 'authorization, content-type' };
  for (const [path, methods] of [
    ['/fake/varied', 'PUT'],
    ['/fake/v1/varied', 'PUT'],
    ['/fake/things/a', 'DELETE, GET, HEAD'],
  ] as const) {
    const reply = await preflight(path, APP);
    assert.deepEqual([reply.status, reply.text, reply.maxAge], [204, '', '60']);
    assert.deepEqual(reply.allow, { ...leave, methods });
  }
  for (const path of ['/fake/nothing', '/fake/things/%zz']) {
    const unknown = await preflight(path, APP);
    assert.deepEqual([unknown.status, unknown.text], [404, '{"oops":"no_such_route"}']);
    assert.equal(unknown.allow.methods, undefined);
  }
  assert.deepEqual((await preflight('/health/alive', APP)).allow, {});
});

test('OPTIONS that asks for no leave, and a surface that gives none, are refused as ever', async () => {
  await using fake = await startFakeServer({ surface: surfaceWith() });
  assert.equal((await caller(fake.url).call('OPTIONS', '/fake/varied', { origin: APP })).status, 404);
  await using closed = await startFakeServer();
  const { call, preflight } = caller(closed.url);
  const asked = await preflight('/fake/things/a', APP);
  assert.deepEqual([asked.status, asked.allow, asked.vary], [404, {}, null]);
  assert.deepEqual((await call('GET', '/fake/things/a', { origin: APP })).vary, null);
});

test('a list that cannot be read allows nobody, and is a fault', async () => {
  const allows = () => Promise.reject(new Error('SECRET'));
  await using fake = await startFakeServer({ surface: surfaceWith({ allows }) });
  const reply = await caller(fake.url).call('PUT', '/fake/varied', { origin: APP });
  assert.deepEqual([reply.status, reply.allow], [200, {}]);
  const faults = fake.logged().filter(({ msg }) => msg === 'fault');
  assert.equal(faults.length, 1);
  assert.doesNotMatch(JSON.stringify(faults), /SECRET/);
});

test('a list holds exact origins and those below a domain, and never everybody', () => {
  for (const origin of [APP, 'https://a.pages.example', 'https://a.b.pages.example'])
    assert.equal(isListed(origin), true, origin);
  for (const origin of [
    ...['http://app.example.com', `${APP}:8443`, 'https://pages.example', 'https://.pages.example'],
    ...['https://evilpages.example', 'https://a.pages.example.evil.example', 'http://a.pages.example'],
  ])
    assert.equal(isListed(origin), false, origin);
  for (const entry of [
    '*',
    'https://*',
    'https://*.com',
    'null',
    'app.example.com',
    `${APP}/`,
    'https://a.*.b.c',
  ])
    assert.throws(() => createOriginList([entry]), TypeError, entry);
});
