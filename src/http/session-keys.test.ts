import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { CredentialRejected, Unavailable } from '../core/errors.ts';
import type { IdentityId, PoolId } from '../core/ports.ts';
import { buildOpenApi } from './openapi.ts';
import type { PoolNamer, SessionVerifier } from './ports.ts';
import { sessionTokenForKey } from './session-keys.ts';
import type { Surface } from './surface.ts';
import { createFakeSurface, KEY, KEY_HOLDER, startFakeServer } from './testing/fake-surface.ts';

const OTHER = '0190c0de-0000-7000-8000-00000000000f' as PoolId;
const SESSION = { sessionId: 's1', aal: 'aal1', authenticatedAt: new Date(0) } as const;
const STRANGER = '0190c0de-0000-7000-8000-0000000000bb' as IdentityId;
const HOLDERS: Readonly<Record<string, IdentityId>> = {
  ory_st_holder: KEY_HOLDER,
  ory_st_stranger: STRANGER,
};

/** Sessions of the key's pool; `ory_st_careless` is let into every pool. */
const keySessions: SessionVerifier = {
  async verify({ poolId, token }) {
    if (token === 'ory_st_down') throw new Unavailable('database');
    if (token === 'ory_st_careless') return { ...SESSION, identityId: KEY_HOLDER, poolId: KEY.poolId };
    const identityId = HOLDERS[token];
    return identityId === undefined || poolId !== KEY.poolId ? null : { ...SESSION, identityId, poolId };
  },
};
const pools: PoolNamer = {
  byHost: async (host) => (host === 'other.example' ? OTHER : null),
  byId: async (appId) => ({ own: KEY.poolId, other: OTHER })[appId] ?? null,
  defaultPool: async () => KEY.poolId,
};
const surface: Surface = { ...createFakeSurface(), keySessions };
const PATH = '/fake/things/t1';

async function statusOf(
  headers: Readonly<Record<string, string>>,
  { path = PATH, served = surface }: { path?: string; served?: Surface } = {},
): Promise<number> {
  await using server = await startFakeServer({ surface: served, pools });
  const response = await fetch(`${server.url}${path}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('a session is told from a key, and a cookie is never one', () => {
  const token = 'ory_st_a';
  assert.equal(sessionTokenForKey(bearer(token)), token);
  assert.equal(sessionTokenForKey({ 'x-session-token': 'anything' }), 'anything');
  assert.equal(sessionTokenForKey({ ...bearer(token), 'x-session-token': token, apikey: token }), token);
  for (const headers of [
    {},
    bearer('vk_live_a'),
    { 'x-session-token': '', ...bearer('vk_live_a') },
    { apikey: token },
    { cookie: `ory_kratos_session=${token}` },
    { authorization: 'Basic a2V5' },
  ])
    assert.equal(sessionTokenForKey(headers), null, JSON.stringify(headers));
  for (const headers of [
    { ...bearer(token), 'x-session-token': 'ory_st_b' },
    { ...bearer('vk_live_a'), 'x-session-token': token },
    { ...bearer(token), 'x-api-key': 'vk_live_a' },
    { authorization: 'Basic a2V5', 'x-session-token': token },
  ])
    assert.throws(() => sessionTokenForKey(headers), CredentialRejected, JSON.stringify(headers));
});

test('200 with the session of whoever has a key, at the pool’s own addresses', async () => {
  for (const path of [PATH, `/p/own${PATH}`]) {
    assert.equal(await statusOf(bearer('ory_st_holder'), { path }), 200);
    assert.equal(await statusOf({ 'x-session-token': 'ory_st_holder' }, { path }), 200);
    assert.equal(await statusOf(bearer('good'), { path }), 200);
  }
});

test('401 for a session that does not count, 403 for one without a key, 404 at a pool that is none or another one', async () => {
  for (const [status, token, path] of [
    [401, 'ory_st_none', PATH],
    [401, 'ory_st_holder', `/p/other${PATH}`],
    [401, 'ory_st_careless', `/p/other${PATH}`],
    [403, 'ory_st_stranger', PATH],
    [404, 'ory_st_holder', `/p/nothing${PATH}`],
    [404, 'good', `/p/other${PATH}`],
    [404, 'good', `/p/nothing${PATH}`],
    [401, 'no key', `/p/nothing${PATH}`],
    [503, 'ory_st_down', PATH],
  ] as const)
    assert.equal(await statusOf(bearer(token), { path }), status, `${token} at ${path}`);
});

test('the host name says the pool of a session as well', async () => {
  await using server = await startFakeServer({ surface, pools });
  const statusAt = (host: string) =>
    new Promise((resolve, reject) => {
      const headers = { ...bearer('ory_st_holder'), host };
      request({ host: '127.0.0.1', port: server.port, path: PATH, headers }, (reply) => {
        reply.resume().on('end', () => resolve(reply.statusCode));
      })
        .on('error', reject)
        .end();
    });
  assert.equal(await statusAt('own.example'), 200);
  assert.equal(await statusAt('other.example'), 401);
});

test('a surface that does not say so takes no sessions, and has nothing below the prefix', async () => {
  const served = createFakeSurface();
  assert.equal(await statusOf(bearer('ory_st_holder'), { served }), 401);
  assert.equal(await statusOf({ 'x-session-token': 'ory_st_holder' }, { served }), 401);
  assert.equal(await statusOf(bearer('good'), { served, path: `/p/own${PATH}` }), 404);
});

test('the reference names the session beside the keys, where it is taken', () => {
  const operationOf = (of: Surface) => buildOpenApi(of, { url: '/' }).paths['/fake/things/{id}']?.get;
  const taken = operationOf(surface);
  assert.deepEqual(
    taken?.security.map((one) => Object.keys(one)[0]),
    [...['x-api-key', 'authorization', 'apikey', 'session-token', 'session-bearer']],
  );
  assert.match(taken?.description ?? '', /A session of whoever has such a key will do\./);
  assert.doesNotMatch(operationOf(createFakeSurface())?.description ?? '', /session/);
});
