import type { Deps } from '../../core/deps.ts';
import type { Surface } from '../../http/surface.ts';
import { createCaller } from './calls.ts';
import { checkHandlers } from './checks.ts';
import { ERROR_STATUSES, ErrorReply, present } from './errors.ts';
import { loginHandlers } from './logins.ts';
import { createOrigins } from './origins.ts';
import { identifyRoutes } from './routes.ts';
import { createTokenCookies } from './token-cookies.ts';
import { userHandlers } from './users.ts';

const OWNED = /^\/*(?:v\d+\/+)?user(?:\/|$)/;

/** The identify surface: compatible with the Monterosa Identify extension. */
export function createIdentifySurface(deps: Deps): Surface {
  const origins = createOrigins(deps);
  const cookies = createTokenCookies(deps);
  return {
    name: 'identify',
    title: 'Identify users',
    version: '1',
    description:
      'Users of projects with a password of their own, of providers outside, anonymous ones and those without a login, ' +
      'their devices and signatures; compatible with the Monterosa Identify extension.',
    routes: identifyRoutes(createCaller(deps, origins), {
      ...userHandlers(deps),
      ...loginHandlers(deps),
      ...checkHandlers(deps, cookies),
    }),
    owns: (path) => OWNED.test(path),
    tellsMethods: true,
    present: cookies.present(present),
    crossOrigin: origins.crossOrigin,
    errorSchema: ErrorReply,
    errorStatuses: ERROR_STATUSES,
    keyHeader: 'authorization',
  };
}
