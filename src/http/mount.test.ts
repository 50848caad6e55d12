import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { mount } from './mount.ts';
import { buildOpenApi } from './openapi.ts';
import { defineRoute, keyGuard, openGuard } from './route.ts';
import { createServer } from './server.ts';
import { checkSurfaces, type Surface } from './surface.ts';
import { ANY_KEY, createFakeSurface, FAKE_LIMITER, startFakeServer } from './testing/fake-surface.ts';

const good = { headers: { apikey: 'good' } };
const table = [
  defineRoute({
    ...{ method: 'GET', path: '/things/:id', operation: 'getThing', summary: 'One.', reads: 'none' },
    guard: keyGuard('identities:read'),
    reply: Type.Object({ id: Type.String(), path: Type.String() }),
    handler: async ({ params, line }) => ({ id: params.id ?? '', path: line.path }),
  }),
  defineRoute({
    ...{ method: 'PUT', path: '/things/:id', operation: 'putThing', summary: 'One.', reads: 'none' },
    guard: openGuard('A test.'),
    reply: Type.Null(),
    handler: async () => null,
  }),
];

function mounted(prefixes: readonly [string, ...string[]]): Surface {
  return {
    ...{ ...createFakeSurface(), tellsMethods: true, routes: mount(table, prefixes) },
    owns: (path) => path.startsWith('/fake/') || path.startsWith('/admin/'),
    present: (error) => ({
      status: error.code === 'method_not_allowed' ? 405 : 404,
      body: { oops: error.code },
    }),
  };
}

test('one table answers below every prefix, and its handlers see the path that was called', async () => {
  await using fake = await startFakeServer({ surface: mounted(['/fake', '/fake/admin', '/admin', '']) });
  for (const path of [
    '/fake/things/a%20b',
    '/fake/admin/things/a%20b',
    '/admin/things/a%20b',
    '/things/a%20b',
  ]) {
    const reply = await fetch(fake.url + path, good);
    assert.deepEqual([reply.status, await reply.json()], [200, { id: 'a b', path }]);
  }
  assert.equal((await fetch(`${fake.url}/admin/things/a`)).status, 404, 'aliases have the same guard');
  assert.equal((await fetch(`${fake.url}/other/things/a`, good)).status, 404);
});

test('logs and metrics name the canonical operation, whichever path was called', async () => {
  await using fake = await startFakeServer({ surface: mounted(['/fake', '/admin']) });
  await fetch(`${fake.url}/admin/things/PERSONAL`, good);
  const [line] = fake.logged();
  assert.deepEqual([line?.operation, line?.route], ['getThing', 'GET /fake/things/:id']);
  const text = await (await fetch(`${fake.url}/metrics`)).text();
  assert.match(text, /surface="fake",operation="getThing",status="2xx"/);
});

test('the reference documents an operation once and names its other paths', () => {
  const surface = mounted(['/fake', '/admin']);
  const { paths } = buildOpenApi(surface, { url: '/' });
  assert.deepEqual(Object.keys(paths), ['/fake/things/{id}']);
  assert.deepEqual(paths['/fake/things/{id}']?.get?.['x-aliases'], ['/admin/things/{id}']);
  assert.deepEqual(
    surface.routes.map(({ path, aliases }) => [path, aliases]),
    [
      ['/fake/things/:id', ['/admin/things/:id']],
      ['/fake/things/:id', ['/admin/things/:id']],
    ],
  );
});

test('a mounted table may be mounted again', () => {
  const [route] = mount(mount(table, ['/a', '/b']), ['/x', '']);
  assert.equal(route?.path, '/x/a/things/:id');
  assert.deepEqual(route?.aliases, ['/x/b/things/:id', '/a/things/:id', '/b/things/:id']);
});

test('another method at any of the paths is told which there are', async () => {
  await using fake = await startFakeServer({ surface: mounted(['/fake', '/admin']) });
  for (const path of ['/fake/things/a', '/admin/things/a']) {
    const reply = await fetch(fake.url + path, { method: 'POST' });
    assert.deepEqual([reply.status, reply.headers.get('allow')], [405, 'GET, HEAD, PUT']);
    assert.deepEqual(await reply.json(), { oops: 'method_not_allowed' });
  }
  const none = await fetch(`${fake.url}/admin/nothing`, { method: 'POST' });
  assert.deepEqual([none.status, none.headers.get('allow')], [404, null]);
});

test('two routes at one address are refused at the start, aliases included', () => {
  const [route] = table;
  assert.ok(route !== undefined);
  const other = { ...route, operation: 'other', path: '/x/:name', aliases: ['/fake/things/:thing'] };
  const surface = mounted(['/fake']);
  const options = {
    ...{ verifier: ANY_KEY, limiter: FAKE_LIMITER, clock: { now: () => new Date(0) } },
    readiness: async () => true,
  };
  const surfaces = [{ ...surface, routes: [...surface.routes, other] }];
  assert.throws(() => createServer({ ...options, surfaces }), /fake\.other answers where another/);
  checkSurfaces([{ ...surface, routes: [...surface.routes, { ...other, aliases: ['/fake/things/:a/b'] }] }]);
});
