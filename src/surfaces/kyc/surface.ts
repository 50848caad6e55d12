import type { Deps } from '../../core/deps.ts';
import type { Surface } from '../../http/surface.ts';
import { documentHandlers } from './documents.ts';
import { ERROR_STATUSES, ErrorReply, present } from './errors.ts';
import { identityHandlers } from './identities.ts';
import { reviewHandlers } from './review.ts';
import { reviewRoutes } from './review-routes.ts';
import { documentRoutes, identityRoutes } from './routes.ts';

const OWNED =
  /^\/(identities|presign-url|storage|verifications|operations|sandbox|identity-relations|review)(\/|$)/;

/** The kyc surface: compatible with the Public Mint identities API. */
export function createKycSurface(deps: Deps): Surface {
  return {
    name: 'kyc',
    title: 'KYC identities',
    version: '1.0',
    description:
      'Persons and companies for KYC, compatible with the Public Mint identities API. So far: uploading files, ' +
      'creating, reading, listing, changing and deleting identities with their documents, and viewing these.',
    routes: [
      ...identityRoutes(identityHandlers(deps)),
      ...documentRoutes(documentHandlers(deps)),
      ...reviewRoutes(reviewHandlers(deps)),
    ],
    owns: (path) => OWNED.test(path),
    tellsMethods: true,
    present,
    errorSchema: ErrorReply,
    errorStatuses: ERROR_STATUSES,
    keyHeader: 'apikey',
  };
}
