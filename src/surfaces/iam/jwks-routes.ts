import Type from 'typebox';
import { mount } from '../../http/mount.ts';
import { defineRoute, openGuard, type Route } from '../../http/route.ts';
import type { jwksHandlers } from './jwks.ts';

const Key = Type.Object({
  kty: Type.String(),
  crv: Type.String(),
  x: Type.String(),
  y: Type.String(),
  kid: Type.String(),
  use: Type.String(),
  alg: Type.String(),
});

/** Below the address that tokens name as their issuer. */
export function jwksRoutes(j: ReturnType<typeof jwksHandlers>): Route[] {
  return mount(
    [
      defineRoute({
        ...{ method: 'GET', path: '/.well-known/jwks.json' },
        operation: 'discoverJsonWebKeys',
        summary: 'Get the public keys that tokens of sessions are signed with',
        guard: openGuard('Whoever is shown a token must be able to check it; keys are public.'),
        ...{ pool: 'named', reads: 'none', reply: Type.Object({ keys: Type.Array(Key) }) },
        handler: j.listPublicKeys,
      }),
    ],
    ['', '/auth', '/iam'],
  );
}
