import assert from 'node:assert/strict';
import { test } from 'node:test';
import Type from 'typebox';
import { defineRoute, isKeyRoute, keyGuard, openGuard } from './route.ts';

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
