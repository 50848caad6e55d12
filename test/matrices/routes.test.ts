import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Deps } from '../../src/core/deps.ts';
import { createLog } from '../../src/http/logging.ts';
import { isKeyRoute, isSessionRoute, type Route } from '../../src/http/route.ts';
import { createSurfaces } from '../../src/wiring/surfaces.ts';
import { publishedRoutes } from '../harness/matrix.ts';
import { SURFACES } from '../harness/matrix-checks.ts';
import type { TestServer } from '../harness/server.ts';
import { startServer } from '../harness/server.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

/** The table that the server is built from. Handlers are not called, so nothing of `deps` is touched. */
function wiredRoutes() {
  const { config } = loadConfig({ mode: 'start', environment: {} });
  const surfaces = createSurfaces(config, {} as Deps, createLog({ level: 'silent' }));
  return surfaces.flatMap((surface) =>
    surface.routes.map((route) => ({
      ...{ surface: surface.name, operation: route.operation, reads: sentTo(route) },
      name: `${route.method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
      grant: isKeyRoute(route) ? route.guard.grant : null,
      or: isKeyRoute(route) ? (route.guard.or ?? null) : null,
      ...{ needsKey: isKeyRoute(route), needsSession: isSessionRoute(route) && !route.guard.isOptional },
    })),
  );
}

/** The reference says what is sent, not how it is read. */
function sentTo({ reads, bodyType = 'application/json' }: Route): Route['reads'] {
  if (reads === 'json-any' || reads === 'form-or-json') return 'json';
  return reads === 'stream' && bodyType === 'application/json' ? 'json' : reads;
}

test('the published reference is the whole route table, with its guards', async () => {
  const published = await publishedRoutes(server);
  const shown = published.map(({ surface, operation, reads, name, grant, or, needsKey }) => ({
    ...{ surface, operation, reads, name, grant, or, needsKey },
  }));
  const wired = wiredRoutes().map(({ needsSession: _needsSession, ...route }) => route);
  const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
  assert.deepEqual(shown.sort(byName), wired.sort(byName));
});

test('every route has a fixture in the matrices, and every fixture a route', () => {
  const routes = wiredRoutes().filter(({ needsKey }) => needsKey);
  assert.deepEqual(new Set(routes.map(({ surface }) => surface)), new Set(Object.keys(SURFACES)));
  for (const [surface, { fixtures }] of Object.entries(SURFACES)) {
    const names = routes.filter((route) => route.surface === surface).map(({ name }) => name);
    assert.deepEqual(Object.keys(fixtures).sort(), names.sort());
  }
});

/** Whoever is not known yet begins here: each flow and token is a proof of its own (contract iam 6). */
const SELF_SERVICE = [
  ...['login', 'registration', 'settings', 'recovery', 'verification'].flatMap((kind) => [
    `GET /self-service/${kind}/api`,
    `GET /self-service/${kind}/browser`,
    `GET /self-service/${kind}/flows`,
    `POST /self-service/${kind}`,
  ]),
  ...['recovery', 'verification'].map((kind) => `GET /self-service/${kind}`),
  'GET /self-service/logout',
  'DELETE /self-service/logout/api',
  'GET /self-service/errors',
  'GET /.well-known/ory/webauthn.js',
  'GET /self-service/methods/oidc/callback/{provider}',
  'POST /self-service/methods/oidc/callback/{provider}',
  'GET /sessions/token-exchange',
];

/** For people in a browser; they show what is anybody's, or the browser's own. */
const PAGES = [
  'GET /',
  ...['login', 'registration', 'settings', 'recovery', 'verification'].map((kind) => `GET /${kind}`),
  ...['GET /settings/sessions', 'POST /settings/sessions', 'GET /logged-out', 'GET /error'],
];

/** Whoever calls shows a password, a provider's token or an external id (contract identify 1). */
const IDENTIFY = [
  ...['GET', 'POST', 'PUT'].map((method) => `${method} /v1/user`),
  ...['login', 'change-password', 'forgot-password'].map((call) => `PUT /v1/user/${call}`),
  ...['confirm-forgot-password', 'refresh', 'logout', 'link'].map((call) => `POST /v1/user/${call}`),
  ...['GET /v1/user/check', 'GET /v1/user/check/nonstandard'],
];

test('no route is open to a caller without a key or a session, but public ones and those whose requests are signed', () => {
  const open = wiredRoutes().filter(({ needsKey, needsSession }) => !needsKey && !needsSession);
  const all = open.map(({ name }) => name);
  assert.deepEqual(all.filter((name) => SELF_SERVICE.includes(name)).sort(), [...SELF_SERVICE].sort());
  assert.deepEqual(all.filter((name) => PAGES.includes(name)).sort(), [...PAGES].sort());
  assert.deepEqual(all.filter((name) => IDENTIFY.includes(name)).sort(), [...IDENTIFY].sort());
  const known = [...SELF_SERVICE, ...PAGES, ...IDENTIFY];
  const names = all.filter((name) => !known.includes(name));
  assert.deepEqual(names.sort(), [
    'GET /.well-known/change-password',
    'GET /.well-known/jwks.json',
    'GET /iam/health/alive',
    'GET /iam/health/ready',
    'GET /schemas',
    'GET /schemas/{id}',
    'GET /storage/{appId}/{folder1}/{folder2}/{folder3}/{folder4}/{name}',
    'GET /version',
    'POST /storage/{appId}/',
    'POST /verifications/callbacks/{appId}/{provider}',
  ]);
});

test('every path parameter of a route is named as a reference by its fixture', () => {
  for (const { surface, name } of wiredRoutes().filter(({ needsKey }) => needsKey)) {
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const { refers = [], names = [] } = SURFACES[surface]?.fixtures[name] ?? {};
    const referred = refers.filter((reference) => reference.in === 'path').map((reference) => reference.name);
    assert.deepEqual([...referred, ...names], inPath, name);
  }
});
