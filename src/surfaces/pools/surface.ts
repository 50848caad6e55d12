import type { Deps } from '../../core/deps.ts';
import type { Surface } from '../../http/surface.ts';
import { runBulk } from './bulk.ts';
import { ERROR_STATUSES, present } from './errors.ts';
import { type IdentityHandlerOptions, identityHandlers } from './identities.ts';
import { organisationHandlers } from './organisation.ts';
import { routesOf } from './routes.ts';
import { ErrorReply } from './wire.ts';

const OWNED = /^\/api\/v1\/(account|domain|ruleset|pool|identity|bulk)(\/|$)/;

/** The pools surface: compatible with the Prefactor admin API for identities and what lies above them. */
export function createPoolsSurface(
  deps: Deps,
  options: IdentityHandlerOptions & { onFault: (fault: unknown) => void },
): Surface {
  const organisation = organisationHandlers(deps);
  const identities = identityHandlers(deps, options);
  return {
    name: 'pools',
    title: 'Pools and identities',
    version: '1.0.0',
    description:
      'Accounts, domains, rulesets, pools and identities, compatible with the Prefactor admin API. ' +
      'Bodies may be sent bare or under `details`.',
    routes: routesOf({
      organisation,
      identities,
      runBulk: (request) => runBulk(identities, request, options.onFault),
    }),
    owns: (path) => OWNED.test(path),
    present,
    errorSchema: ErrorReply,
    errorStatuses: ERROR_STATUSES,
    keyHeader: 'authorization',
  };
}
