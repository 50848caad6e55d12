import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import Type from 'typebox';
import type { PoolId } from '../core/ports.ts';
import { mount } from './mount.ts';
import { buildOpenApi } from './openapi.ts';
import type { PoolNamer } from './ports.ts';
import { defineRoute, keyGuard, openGuard } from './route.ts';
import type { ServerOptions } from './server.ts';
import { createServer } from './server.ts';
import type { Surface } from './surface.ts';
import { ANY_KEY, createFakeSurface, FAKE_LIMITER, startFakeServer } from './testing/fake-surface.ts';

const [LIVE, ACME, BETA] = ['1', '2', '3'].map((n) => `0190c0de-0000-7000-8000-00000000000${n}` as PoolId);
const HOSTS = new Map([
  ['acme.example.com', ACME],
  ['acme.localhost', ACME],
]);
const APPS = new Map([
  ['acme', ACME],
  ['beta', BETA],
  ['a b', BETA],
]);

const pools: PoolNamer = {
  byHost: async (host) => HOSTS.get(host) ?? null,
  byId: async (appId) => APPS.get(appId) ?? null,
  defaultPool: async () => LIVE ?? null,
};

const seen = Type.Object({ poolId: Type.String(), publicBase: Type.String(), params: Type.Unknown() });
const routes = mount(
  [
    defineRoute({
      ...{ method: 'GET', path: '/who/:id', operation: 'who', summary: 'Says which pool.', reads: 'none' },
      ...{ guard: openGuard('A test.'), pool: 'named', reply: seen },
      handler: async ({ poolId, publicBase, params, context }) => {
        assert.equal(context.poolId, poolId);
        assert.equal(context.origin.method, 'GET');
        return { poolId, publicBase, params };
      },
    }),
  ],
  ['/fake', '/also'],
);
const plain = defineRoute({
  ...{ method: 'GET', path: '/fake/plain', operation: 'plain', summary: 'Needs no pool.', reads: 'none' },
  ...{ guard: openGuard('A test.'), reply: Type.Object({ has: Type.Boolean() }) },
  handler: async (given) => ({ has: 'poolId' in given }),
});
const surface: Surface = { ...createFakeSurface(), routes: [...routes, plain] };

/** `fetch` sets Host itself. */
function get(port: number, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: JSON.parse(text) }));
    })
      .on('error', reject)
      .end();
  });
}

async function start(options: Partial<ServerOptions> = {}) {
  return startFakeServer({ surface, pools, ...options });
}

const publicUrl = 'https://id.example.com';

test('a request without a key belongs to the pool of its prefix, else of its host name, else the default', async () => {
  await using fake = await start({ publicUrl });
  const at = async (path: string, host: string) => (await get(fake.port, path, { host })).body;
  const params = { id: 'x' };
  assert.deepEqual(await at('/fake/who/x', 'id.example.com'), {
    poolId: LIVE,
    publicBase: publicUrl,
    params,
  });
  assert.deepEqual(await at('/p/beta/fake/who/x', 'id.example.com'), {
    ...{ poolId: BETA, publicBase: `${publicUrl}/p/beta`, params },
  });
  assert.deepEqual(await at('/fake/who/x', 'ACME.example.com:443'), {
    ...{ poolId: ACME, publicBase: 'https://acme.example.com', params },
  });
  assert.deepEqual(await at('/p/acme/also/who/x', 'acme.example.com'), {
    ...{ poolId: ACME, publicBase: 'https://acme.example.com/p/acme', params },
  });
  assert.equal((await at('/p/a%20b/fake/who/x', 'x')).publicBase, `${publicUrl}/p/a%20b`);
});

test('no such pool is not found, in the words of the surface', async () => {
  await using fake = await start({ publicUrl });
  const missing = { status: 404, body: { oops: 'not_found' } };
  assert.deepEqual(await get(fake.port, '/p/nobody/fake/who/x'), missing);
  assert.deepEqual(await get(fake.port, '/p/__proto__/fake/who/x'), missing);
  const mixed = await get(fake.port, '/p/beta/fake/who/x', { host: 'acme.example.com' });
  assert.deepEqual(mixed, missing, "one pool's pages under another one's name");
  await using poor = await start({ publicUrl, pools: { ...pools, defaultPool: async () => null } });
  assert.deepEqual(await get(poor.port, '/fake/who/x'), missing);
});

test("what no route matches below a prefix is the surface's; routes that name no pool are not there", async () => {
  await using fake = await start({ publicUrl });
  const refused = { status: 404, body: { oops: 'no_such_route' } };
  assert.deepEqual(await get(fake.port, '/p/acme/fake/nothing'), refused);
  assert.deepEqual(await get(fake.port, '/p/acme/fake/plain'), refused);
  assert.deepEqual((await get(fake.port, '/fake/plain')).body, { has: false });
  assert.equal((await get(fake.port, '/p/acme/elsewhere')).body.type, 'about:blank');
});

test('no header makes links lead to a stranger', async () => {
  await using configured = await start({ publicUrl: `${publicUrl}/base/`, trustedProxies: ['127.0.0.0/8'] });
  await using bare = await start();
  const hostile: Record<string, string>[] = [
    { host: 'evil.example' },
    { host: 'evil.example:443' },
    { host: 'acme.example.com@evil.example' },
    { host: 'evil.example/acme.example.com' },
    { host: '' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp', forwarded: 'host=evil.example' },
  ];
  for (const headers of hostile) {
    const of = async (port: number) => (await get(port, '/fake/who/x', headers)).body.publicBase;
    assert.equal(await of(configured.port), `${publicUrl}/base`);
    assert.equal(await of(bare.port), bare.url);
  }
});

test('without a public URL links lead to where the server listens, on loopback by the name in use', async () => {
  await using fake = await start();
  const base = async (host: string) => (await get(fake.port, '/fake/who/x', { host })).body.publicBase;
  assert.equal(await base(`127.0.0.1:${fake.port}`), fake.url);
  assert.equal(await base(`localhost:${fake.port}`), `http://localhost:${fake.port}`);
  assert.equal(await base('localhost:1'), fake.url);
  assert.equal(await base('localhost'), fake.url);
  assert.equal(await base(`acme.localhost:${fake.port}`), `http://acme.localhost:${fake.port}`);
});

test('the log line names the pool', async () => {
  await using fake = await start({ publicUrl });
  await get(fake.port, '/p/acme/fake/who/PERSONAL');
  const [line] = fake.logged();
  assert.deepEqual([line?.poolId, line?.operation, line?.route], [ACME, 'who', 'GET /fake/who/:id']);
});

test('the reference says that the paths also answer below the prefix', () => {
  const { paths } = buildOpenApi(surface, { url: '/' });
  assert.match(paths['/fake/who/{id}']?.get?.description ?? '', /below `\/p\/\{app_id\}`/);
  assert.ok(paths['/fake/who/{id}']?.get?.responses['404']);
  assert.doesNotMatch(paths['/fake/plain']?.get?.description ?? '', /app_id/);
});

test('routes that name pools need somebody who knows them, and a key has its pool already', () => {
  const options = {
    ...{ verifier: ANY_KEY, limiter: FAKE_LIMITER, clock: { now: () => new Date(0) } },
    readiness: async () => true,
  };
  assert.throws(() => createServer({ ...options, surfaces: [surface] }), TypeError);
  assert.throws(() => createServer({ ...options, surfaces: [surface], pools, publicUrl: '/' }), TypeError);
  const both = { ...plain, guard: keyGuard(null), pool: 'named' } as const;
  assert.throws(
    () => createServer({ ...options, surfaces: [{ ...surface, routes: [both] }], pools }),
    TypeError,
  );
});
