import Type from 'typebox';
import { defineRoute, openGuard, type Route } from '../../../http/route.ts';
import { publicly } from './flow-routes.ts';
import { sendKeyScript } from './key-script.ts';

/** Where flows tell browsers to find it (contract iam 1.1). */
export function keyScriptRoutes(): Route[] {
  return publicly([
    defineRoute({
      ...{ method: 'GET', path: '/.well-known/ory/webauthn.js' },
      operation: 'getWebAuthnJavaScript',
      summary: 'Get the script that asks browsers for keys',
      guard: openGuard('Pages load it before anybody is known; it is the same for everybody.'),
      ...{ pool: 'named', reads: 'none', reply: Type.Null(), answers: 'bytes' },
      handler: sendKeyScript,
    }),
  ]);
}
