import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { html } from './html.ts';
import type { SessionVerifier } from './ports.ts';
import {
  defineRoute,
  hasNamedPool,
  isKeyRoute,
  isSessionRoute,
  keyGuard,
  openGuard,
  redirectTo,
  replyWith,
  replyWithPage,
  sessionGuard,
} from './route.ts';

const row = { method: 'GET', path: '/x', operation: 'getX', summary: 'X.', reads: 'none' } as const;
const reply = Type.Object({ id: Type.String() });

test('a guarded row hands its principal to the handler, an open row has none', () => {
  const guarded = defineRoute({
    ...row,
    guard: keyGuard('identities:read'),
    reply,
    handler: async (request) => ({ id: request.principal.keyId }),
  });
  const open = defineRoute({
    ...row,
    guard: openGuard('Public.'),
    reply,
    // @ts-expect-error An open route does not know who is calling.
    handler: async (request) => ({ id: request.principal.keyId }),
  });
  assert.equal(isKeyRoute(guarded), true);
  assert.equal(isKeyRoute(open), false);
});

test('a row without a guard, or with another reply than its schema, does not compile', () => {
  // @ts-expect-error No guard.
  defineRoute({ ...row, reply, handler: async () => ({ id: 'a' }) });
  defineRoute({
    ...row,
    guard: openGuard('Public.'),
    reply,
    // @ts-expect-error `id` is text.
    handler: async () => ({ id: 1 }),
  });
  // @ts-expect-error No such grant.
  keyGuard('everything');
});

test('a handler answers with what the schema describes, alone or with status and headers', () => {
  const guard = openGuard('Public.');
  const state = Type.Object({
    id: Type.String(),
    state: Type.Union([Type.Literal('on'), Type.Literal('off')]),
  });
  defineRoute({
    ...{ ...row, guard, reply: state },
    handler: async ({ params }) =>
      params.id === undefined
        ? { id: '', state: 'off' as const }
        : replyWith({ id: params.id, state: 'on' }, { status: 201, headers: { location: '/x' } }),
  });
  defineRoute({
    ...{ ...row, guard, reply },
    // @ts-expect-error `id` is text.
    handler: async () => replyWith({ id: 1 }),
  });
  defineRoute({
    ...{ ...row, guard, reply },
    // @ts-expect-error A header is text.
    handler: async () => replyWith({ id: 'a' }, { headers: { 'x-size': 1 } }),
  });
});

test('a row sees a pool only where it names one, and a session only where it asks for one', () => {
  const verifier: SessionVerifier = { verify: async () => null };
  const open = { ...row, guard: openGuard('Public.'), reply };
  const named = defineRoute({
    ...{ ...open, pool: 'named' },
    handler: async ({ poolId, publicBase }) => ({ id: publicBase + poolId }),
  });
  const unnamed = defineRoute({
    ...open,
    // @ts-expect-error Nobody named a pool.
    handler: async ({ poolId }) => ({ id: String(poolId) }),
  });
  const session = defineRoute({
    ...{ ...row, guard: sessionGuard(verifier), reply },
    handler: async ({ session: { sessionId }, poolId }) => ({ id: sessionId + poolId }),
  });
  assert.deepEqual([named, unnamed, session].map(hasNamedPool), [true, false, true]);
  assert.deepEqual([named, unnamed, session].map(isSessionRoute), [false, false, true]);
});

test('a row may answer with a page or a redirect beside what its schema describes', () => {
  const { answers } = defineRoute({
    ...{ ...row, guard: openGuard('Public.'), reply, answers: ['page', 'redirect'] },
    handler: async ({ query }) => {
      if (query.json !== undefined) return { id: 'a' };
      return query.page === undefined ? redirectTo('/x', { status: 302 }) : replyWithPage(html`x`);
    },
  });
  assert.deepEqual(answers, ['page', 'redirect']);
  // @ts-expect-error Permanent redirects are never taken back.
  redirectTo('/x', { status: 301 });
  // @ts-expect-error Only text that was escaped is a page.
  assert.equal(replyWithPage('<p>').html, undefined);
});
