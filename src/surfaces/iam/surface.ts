import type { Deps } from '../../core/deps.ts';
import type { PoolNamer } from '../../http/ports.ts';
import type { Surface } from '../../http/surface.ts';
import { courierHandlers } from './courier.ts';
import { courierRoutes } from './courier-routes.ts';
import { courierTemplateRoutes } from './courier-template-routes.ts';
import { courierTemplateHandlers } from './courier-templates.ts';
import { credentialRoutes } from './credential-routes.ts';
import { credentialHandlers } from './credentials.ts';
import { crossOriginOf } from './cross-origin.ts';
import { ERROR_STATUSES, ErrorReply, present } from './errors.ts';
import { errorPage } from './flows/browser-errors.ts';
import { callbackHandlers } from './flows/callback.ts';
import { callbackRoutes } from './flows/callback-routes.ts';
import { errorRoutes } from './flows/error-routes.ts';
import { flowRoutes } from './flows/flow-routes.ts';
import { keyScriptRoutes } from './flows/key-script-routes.ts';
import { logoutHandlers } from './flows/logout.ts';
import { logoutRoutes } from './flows/logout-routes.ts';
import { flowHandlers } from './flows/serve-flow.ts';
import { exchangeHandlers } from './flows/token-exchange.ts';
import { exchangeRoutes } from './flows/token-exchange-routes.ts';
import { identityHandlers } from './identities.ts';
import { identityBatchRoutes } from './identity-batch-routes.ts';
import { identityBatchHandlers } from './identity-batches.ts';
import { identityListRoutes } from './identity-list-routes.ts';
import { identityListHandlers } from './identity-lists.ts';
import { jwksHandlers } from './jwks.ts';
import { jwksRoutes } from './jwks-routes.ts';
import { opsHandlers } from './ops.ts';
import { opsRoutes } from './ops-routes.ts';
import { ownSessionHandlers } from './own-sessions.ts';
import { pageRoutes } from './pages/page-routes.ts';
import { patchHandlers } from './patch.ts';
import { patchRoutes } from './patch-routes.ts';
import { recoveryHandlers } from './recovery.ts';
import { recoveryRoutes } from './recovery-routes.ts';
import { identityRoutes } from './routes.ts';
import { schemaRoutes } from './schema-routes.ts';
import { schemaHandlers } from './schemas.ts';
import { adminSessionVerifier, SESSION_COOKIES } from './session-guard.ts';
import { ownSessionRoutes, sessionRoutes } from './session-routes.ts';
import { sessionHandlers } from './sessions.ts';

const OWNED =
  /^(?:\/p\/[^/]+)?\/(?:iam|admin|auth|self-service|sessions|schemas|version|login|registration|settings|recovery|verification|logged-out|error|\.well-known\/(?:change-password|jwks\.json|ory))(?:\/|$)/;

export interface IamOptions {
  /** Messages to people are shown with what they say, codes among them: for development. */
  readonly showsBodies: boolean;
  /** Of this server. */
  readonly version: string;
  /** Null: pages of other origins may not call at all. */
  readonly pools: PoolNamer | null;
}

/** The iam surface: compatible with Connhex IAM, that is, with the identity API of Ory Kratos. */
export function createIamSurface(deps: Deps, options: IamOptions): Surface {
  return {
    name: 'iam',
    title: 'IAM identities',
    version: '26.2',
    description:
      'Identities with traits by JSON Schema, their credentials, addresses and sessions, compatible with Connhex IAM and ' +
      'the identity API of Ory Kratos.',
    routes: [
      ...identityRoutes(identityHandlers(deps)),
      ...patchRoutes(patchHandlers(deps)),
      ...credentialRoutes(credentialHandlers(deps)),
      ...identityListRoutes(identityListHandlers(deps)),
      ...identityBatchRoutes(identityBatchHandlers(deps)),
      ...schemaRoutes(schemaHandlers(deps)),
      ...courierRoutes(courierHandlers(deps, options)),
      ...courierTemplateRoutes(courierTemplateHandlers(deps)),
      ...recoveryRoutes(recoveryHandlers(deps)),
      ...opsRoutes(opsHandlers(deps, options)),
      ...sessionRoutes(sessionHandlers(deps)),
      ...ownSessionRoutes(deps, ownSessionHandlers(deps)),
      ...flowRoutes(deps, flowHandlers(deps)),
      ...logoutRoutes(deps, logoutHandlers(deps)),
      ...errorRoutes(),
      ...callbackRoutes(deps, callbackHandlers(deps)),
      ...exchangeRoutes(exchangeHandlers(deps)),
      ...keyScriptRoutes(),
      ...pageRoutes(deps),
      ...jwksRoutes(jwksHandlers(deps)),
    ],
    ...(options.pools === null ? {} : { crossOrigin: crossOriginOf(deps, options.pools) }),
    owns: (path) => OWNED.test(path),
    tellsMethods: true,
    present,
    presentPage: (error, request) => errorPage(deps, error, request),
    errorSchema: ErrorReply,
    errorStatuses: ERROR_STATUSES,
    keyHeader: 'authorization',
    sessionCookies: SESSION_COOKIES,
    keySessions: adminSessionVerifier(deps),
  };
}
