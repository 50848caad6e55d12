import { defineRoute, openGuard, type PoolRequest, type Route } from '../../../http/route.ts';
import { errorBody } from '../errors.ts';
import { errorOf } from './browser-errors.ts';
import { publicly } from './flow-routes.ts';
import { queryOf } from './read-submit.ts';
import * as wire from './wire-flows.ts';

/** What a browser was sent away with (contract iam 6.1). */
export function errorRoutes(): Route[] {
  return publicly([
    defineRoute({
      method: 'GET',
      path: '/self-service/errors',
      operation: 'getFlowError',
      summary: 'Tell what a browser was redirected with',
      guard: openGuard(
        'The page that shows errors is for whoever was sent there; they hold nothing of anybody.',
      ),
      pool: 'named',
      reads: 'none',
      query: wire.ErrorQuery,
      reply: wire.StoredError,
      errors: ['not_found'],
      async handler(request: PoolRequest) {
        const id = queryOf(request, 'id') ?? '';
        return { id, error: errorBody(errorOf(id)) };
      },
    }),
  ]);
}
