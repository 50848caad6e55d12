import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { defineRoute, isKeyRoute, keyGuard, openGuard, replyWith } from './route.ts';

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
