import { defineRoute, openGuard, type Route } from '../../../http/route.ts';
import { publicly } from './flow-routes.ts';
import type { exchangeHandlers } from './token-exchange.ts';
import * as wire from './wire-flows.ts';

/** Where native clients fetch the session of a browser (contract iam 6.5). */
export function exchangeRoutes(x: ReturnType<typeof exchangeHandlers>): Route[] {
  return publicly([
    defineRoute({
      method: 'GET',
      path: '/sessions/token-exchange',
      operation: 'exchangeSessionToken',
      summary: 'Exchange two codes for a session',
      guard: openGuard('Both codes are random, good once, and known to the client alone.'),
      pool: 'named',
      reads: 'none',
      query: wire.ExchangeQuery,
      reply: wire.SignedIn,
      errors: ['bad_request', 'not_found', 'unprocessable'],
      handler: x.exchange,
    }),
  ]);
}
