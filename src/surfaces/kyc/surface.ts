import type { Deps } from '../../core/deps.ts';
import type { Surface } from '../../http/surface.ts';
import { callbackRoutes } from './callbacks.ts';
import { operationRoutes, relationRoutes, sandboxRoutes, verificationRoutes } from './case-routes.ts';
import { documentHandlers } from './documents.ts';
import { ERROR_STATUSES, ErrorReply, present } from './errors.ts';
import { identityHandlers } from './identities.ts';
import { operationHandlers } from './operations.ts';
import { relationHandlers } from './relations.ts';
import { reviewHandlers } from './review.ts';
import { reviewRoutes } from './review-routes.ts';
import { documentRoutes, identityRoutes } from './routes.ts';
import { sandboxHandlers } from './sandbox.ts';
import { verificationHandlers } from './verifications.ts';

const OWNED =
  /^\/(identities|presign-url|storage|verifications|operations|sandbox|identity-relations|review)(\/|$)/;

/** The kyc surface: compatible with the Public Mint identities API. */
export function createKycSurface(deps: Deps): Surface {
  return {
    name: 'kyc',
    title: 'KYC identities',
    version: '1.0',
    description:
      'Persons and companies for KYC, compatible with the Public Mint identities API: identities with their ' +
      'documents, what KYC providers make of them, what that lets them do, and simulated decisions in a sandbox.',
    routes: [
      ...identityRoutes(identityHandlers(deps)),
      ...documentRoutes(documentHandlers(deps)),
      ...operationRoutes(operationHandlers(deps)),
      ...verificationRoutes(verificationHandlers(deps)),
      ...relationRoutes(relationHandlers(deps)),
      ...sandboxRoutes(sandboxHandlers(deps)),
      ...reviewRoutes(reviewHandlers(deps)),
      ...callbackRoutes(deps),
    ],
    owns: (path) => OWNED.test(path),
    tellsMethods: true,
    present,
    errorSchema: ErrorReply,
    errorStatuses: ERROR_STATUSES,
    keyHeader: 'apikey',
  };
}
