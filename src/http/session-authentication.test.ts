import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { Unavailable } from '../core/errors.ts';
import type { IdentityId, PoolId } from '../core/ports.ts';
import { buildOpenApi } from './openapi.ts';
import type { PoolNamer, SessionVerifier, VerifiedSession } from './ports.ts';
import { defineRoute, sessionGuard } from './route.ts';
import { sessionTokenOf } from './session-authentication.ts';
import type { Surface } from './surface.ts';
import { createFakeSurface, startFakeServer } from './testing/fake-surface.ts';

interface FakeSession extends VerifiedSession {
  readonly device: string;
}

const POOL = '0190c0de-0000-7000-8000-000000000001' as PoolId;
const OTHER = '0190c0de-0000-7000-8000-000000000002' as PoolId;
const SESSION: FakeSession = {
  ...{ sessionId: 's1', identityId: '0190c0de-0000-7000-8000-00000000000a' as IdentityId, poolId: POOL },
  ...{ aal: 'aal1', authenticatedAt: new Date(0), device: 'phone' },
};

/** Knows the token `good`, and `careless`, which it lets into every pool. */
const verifier: SessionVerifier<FakeSession> = {
  async verify({ poolId, token }) {
    if (token === 'down') throw new Unavailable('database');
    if (token === 'careless') return SESSION;
    return token === 'good' && poolId === POOL ? SESSION : null;
  },
};
const pools: PoolNamer = {
  byHost: async () => null,
  byId: async (appId) => (appId === 'other' ? OTHER : null),
  defaultPool: async () => POOL,
};

const row = { method: 'GET', summary: 'Says whose session it is.', reads: 'none' } as const;
const reply = Type.Object({ device: Type.Unknown(), source: Type.Unknown() });
const surface: Surface = {
  ...{ ...createFakeSurface(), sessionCookies: ['fake_session', 'older_session'] },
  routes: [
    defineRoute({
      ...{ ...row, path: '/fake/me', operation: 'me', guard: sessionGuard(verifier), reply },
      handler: async ({ session, tokenSource, context }) => {
        assert.deepEqual([context.poolId, context.origin.path], [POOL, '/fake/me']);
        return { device: session.device, source: tokenSource };
      },
    }),
    defineRoute({
      ...{ ...row, path: '/fake/maybe', operation: 'maybe', reply },
      guard: sessionGuard(verifier, { isOptional: true }),
      // @ts-expect-error An optional session may be null.
      handler: async ({ session }) => ({ device: session.device, source: null }),
    }),
    defineRoute({
      ...{ ...row, path: '/fake/perhaps', operation: 'perhaps', reply },
      guard: sessionGuard(verifier, { isOptional: true }),
      handler: async ({ session, tokenSource }) => ({ device: session?.device ?? null, source: tokenSource }),
    }),
  ],
};

async function asker() {
  const fake = await startFakeServer({ surface, pools });
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(fake.url + path, { headers });
    return [answer.status, await answer.json()];
  };
  return { ask, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() };
}

const refused = [401, { oops: 'session_required' }];
const cookie = (token: string) => ({ cookie: `other=1; fake_session=${token}` });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('a session comes by header, by cookie or as a bearer token', async () => {
  await using server = await asker();
  const { ask } = server;
  const as = (source: string) => [200, { device: 'phone', source }];
  assert.deepEqual(await ask('/fake/me', { 'x-session-token': 'good' }), as('header'));
  assert.deepEqual(await ask('/fake/me', cookie('good')), as('cookie'));
  assert.deepEqual(await ask('/fake/me', bearer('good')), as('bearer'));
  assert.deepEqual(await ask('/fake/me', { authorization: 'bearer good' }), as('bearer'));
});

test('the first of them that is there is the only one that counts', async () => {
  await using server = await asker();
  const { ask } = server;
  assert.deepEqual(await ask('/fake/me', { 'x-session-token': 'bad', ...cookie('good') }), refused);
  assert.deepEqual(await ask('/fake/me', { ...cookie('bad'), ...bearer('good') }), refused);
  const both = (one: string, other: string) => ({ cookie: `fake_session=${one}; older_session=${other}` });
  assert.deepEqual(await ask('/fake/me', both('bad', 'good')), refused);
  assert.deepEqual(await ask('/fake/me', both('', 'good')), [200, { device: 'phone', source: 'cookie' }]);
  assert.deepEqual(await ask('/fake/me', { 'x-session-token': '', ...cookie(''), ...bearer('good') }), [
    ...[200, { device: 'phone', source: 'bearer' }],
  ]);
});

test('no session, and one that does not count, look alike', async () => {
  await using server = await asker();
  const { ask } = server;
  assert.deepEqual(await ask('/fake/me'), refused);
  assert.deepEqual(await ask('/fake/me', bearer('bad')), refused);
  assert.deepEqual(await ask('/fake/me', { authorization: 'Basic Z29vZA==' }), refused);
  assert.deepEqual(await ask('/fake/me', { apikey: 'good' }), refused, 'a key is no session');
  assert.deepEqual(await ask('/fake/me', { cookie: 'other_session=good' }), refused);
  assert.deepEqual(await ask('/p/other/fake/me', bearer('good')), refused, "another pool's");
  assert.deepEqual(await ask('/p/other/fake/me', bearer('careless')), refused);
  assert.deepEqual(await ask('/p/nobody/fake/me', bearer('good')), [404, { oops: 'not_found' }]);
});

test('an optional session may be missing, but not unknown for want of an answer', async () => {
  await using server = await asker();
  const { ask } = server;
  assert.deepEqual(await ask('/fake/perhaps'), [200, { device: null, source: null }]);
  assert.deepEqual(await ask('/fake/perhaps', cookie('bad')), [200, { device: null, source: 'cookie' }]);
  assert.deepEqual(await ask('/fake/perhaps', cookie('good')), [200, { device: 'phone', source: 'cookie' }]);
  assert.deepEqual(await ask('/fake/perhaps', cookie('down')), [503, { oops: 'unavailable' }]);
  assert.deepEqual(await ask('/fake/me', cookie('down')), [503, { oops: 'unavailable' }]);
});

test('a surface without a session cookie reads none', () => {
  assert.equal(sessionTokenOf({ cookie: 'fake_session=good' }, []), null);
});

test('the reference says who needs a session, and how it may come', () => {
  const { paths, components } = buildOpenApi(surface, { url: '/' });
  const all = [{ 'session-token': [] }, { 'session-cookie': [] }, { 'session-bearer': [] }];
  assert.deepEqual(paths['/fake/me']?.get?.security, all);
  assert.deepEqual(paths['/fake/perhaps']?.get?.security, [...all, {}]);
  assert.match(paths['/fake/me']?.get?.description ?? '', /^Needs a session\./);
  assert.deepEqual(Object.keys(paths['/fake/me']?.get?.responses ?? {}), ['200', '401', '404', '500', '503']);
  assert.equal(paths['/fake/perhaps']?.get?.responses['401'], undefined);
  const schemes = components.securitySchemes as Record<string, object>;
  assert.deepEqual(schemes['session-cookie'], { type: 'apiKey', in: 'cookie', name: 'fake_session' });
  const without = buildOpenApi(createFakeSurface(), { url: '/' }).components.securitySchemes;
  assert.equal('session-token' in (without as object), false);
});
