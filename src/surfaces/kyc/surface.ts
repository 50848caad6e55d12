import type { Deps } from '../../core/deps.ts';
import type { Surface } from '../../http/surface.ts';
import { ERROR_STATUSES, ErrorReply, present } from './errors.ts';
import { identityHandlers } from './identities.ts';
import { identityRoutes } from './routes.ts';

const OWNED = /^\/(identities|presign-url|verifications|operations|sandbox|identity-relations)(\/|$)/;

/** The kyc surface: compatible with the Public Mint identities API. */
export function createKycSurface(deps: Deps): Surface {
  return {
    name: 'kyc',
    title: 'KYC identities',
    version: '1.0',
    description:
      'Persons and companies for KYC, compatible with the Public Mint identities API. So far: creating, reading, ' +
      'listing, changing and deleting identities.',
    routes: identityRoutes(identityHandlers(deps)),
    owns: (path) => OWNED.test(path),
    tellsMethods: true,
    present,
    errorSchema: ErrorReply,
    errorStatuses: ERROR_STATUSES,
    keyHeader: 'apikey',
  };
}
