import type { Deps } from '../../core/deps.ts';
import type { Surface } from '../../http/surface.ts';
import { customFieldRoutes } from './custom-fields.ts';
import { ERROR_STATUSES, ErrorReply, present } from './errors.ts';
import { eventRoutes } from './event-routes.ts';
import { identityHandlers } from './identities.ts';
import { mergeRoutes } from './merges.ts';
import { monitoringRoutes } from './monitoring.ts';
import { negotiate, negotiateError } from './negotiate.ts';
import { rateLimitHandler } from './rate-limits.ts';
import { relationshipRoutes } from './relationships.ts';
import { identityRoutes, rateLimitRoutes } from './routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { typeRoutes } from './types.ts';
import { webhookRoutes } from './webhooks.ts';

const OWNED = /^\/api\/v1\/(identities|identity-types|sessions|results|events|webhooks|rate-limits)(\/|$)/;

/** The verification surface: compatible with the Verifa identity verification API. */
export function createVerificationSurface(deps: Deps): Surface {
  return {
    name: 'verification',
    title: 'Identity verification',
    version: '2026-01-01',
    description:
      'Identities with encrypted personal data, verification sessions and their results, webhooks and audit events, ' +
      'compatible with the Verifa API. Keys of bodies come in snake_case unless Key-Inflection says otherwise.',
    routes: [
      ...webhookRoutes(deps),
      ...identityRoutes(identityHandlers(deps)),
      ...sessionRoutes(deps),
      ...eventRoutes(deps),
      ...typeRoutes(deps),
      ...customFieldRoutes(deps),
      ...relationshipRoutes(deps),
      ...mergeRoutes(deps),
      ...monitoringRoutes(deps),
      ...rateLimitRoutes(rateLimitHandler(deps)),
    ],
    owns: (path) => OWNED.test(path),
    negotiate,
    negotiateError,
    negotiationErrors: ['bad_request', 'validation_error'],
    rateHeaders: true,
    tellsMethods: true,
    present,
    errorSchema: ErrorReply,
    errorStatuses: ERROR_STATUSES,
    keyHeader: 'x-api-key',
  };
}
