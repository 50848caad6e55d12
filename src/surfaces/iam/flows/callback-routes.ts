import type { Deps } from '../../../core/deps.ts';
import { defineRoute, openGuard, type Route, sessionGuard } from '../../../http/route.ts';
import { sessionVerifier } from '../session-guard.ts';
import type { callbackHandlers } from './callback.ts';
import { publicly } from './flow-routes.ts';
import * as wire from './wire-flows.ts';

const PATH = '/self-service/methods/oidc/callback/:provider';

/** Where providers send browsers back to (contract iam 6.4). */
export function callbackRoutes(deps: Deps, c: ReturnType<typeof callbackHandlers>): Route[] {
  const came = { params: wire.CallbackParams, reply: wire.Nothing, answers: ['redirect'] } as const;
  return publicly([
    defineRoute({
      ...{ method: 'GET', path: PATH, operation: 'returnFromProvider', ...came },
      summary: 'Come back from an OpenID provider',
      guard: sessionGuard(sessionVerifier(deps), { isOptional: true }),
      reads: 'none',
      query: wire.CallbackQuery,
      errors: ['bad_request', 'unauthorized', 'forbidden', 'not_found', 'conflict', 'gone'],
      handler: c.comeBack,
    }),
    defineRoute({
      ...{ method: 'POST', path: PATH, operation: 'returnFromProviderByForm', ...came },
      summary: 'Come back from an OpenID provider by a form',
      guard: openGuard('It only sends the browser on, to where state and cookie are looked at.'),
      pool: 'named',
      reads: 'form-or-json',
      body: wire.SubmitBody,
      errors: ['bad_request', 'not_found'],
      handler: c.comeBackByForm,
    }),
  ]);
}
