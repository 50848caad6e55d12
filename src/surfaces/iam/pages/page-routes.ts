import Type from 'typebox';
import type { Deps } from '../../../core/deps.ts';
import { FLOW_KINDS } from '../../../core/self-service/ports.ts';
import { html } from '../../../http/html.ts';
import { defineRoute, openGuard, type PoolRequest, type Route, sessionGuard } from '../../../http/route.ts';
import { publicly } from '../flows/flow-routes.ts';
import { KINDS } from '../flows/kinds.ts';
import { queryOf } from '../flows/read-submit.ts';
import { sessionVerifier } from '../session-guard.ts';
import { answerToldPage } from './error-page.ts';
import { flowPageHandlers } from './flow-page.ts';
import { beginLink, PLACES, startLink } from './links.ts';
import { answerPage, drawLinks } from './page.ts';
import { sessionsPageHandlers } from './sessions-page.ts';
import { settingOf } from './setting.ts';
import { startPageHandler } from './start-page.ts';

const PAGE = { reads: 'none', reply: Type.Null(), answers: ['page', 'redirect'] } as const;
const Param = Type.Optional(Type.String());
const FlowQuery = Type.Object({ flow: Param, return_to: Param, refresh: Param, aal: Param, via: Param });
const RevokeBody = Type.Object({ csrf_token: Type.String(), session: Type.String() });
const anybody = {
  guard: openGuard(
    'Browsers are sent here whether anybody is signed in or not; it shows nothing of anybody.',
  ),
  pool: 'named',
} as const;

/** The pages for people without a client of their own, where `pageOf` sends browsers. */
export function pageRoutes(deps: Deps): Route[] {
  const visit = { guard: sessionGuard(sessionVerifier(deps), { isOptional: true }) } as const;
  const flowPage = flowPageHandlers(deps);
  const sessions = sessionsPageHandlers(deps);
  return publicly([
    ...FLOW_KINDS.flatMap((kind) => {
      const use = KINDS[kind];
      if (use === undefined) return [];
      const operation = `show${kind.charAt(0).toUpperCase()}${kind.slice(1)}Page`;
      // biome-ignore format: a table, a route a row.
      return [
        defineRoute({ method: 'GET', path: `/${kind}`, operation, summary: `Show a ${kind} flow as a page`, ...visit, ...PAGE, query: FlowQuery, errors: ['bad_request', 'unauthorized', 'forbidden', 'not_found'], handler: flowPage(kind, use) }),
      ];
    }),
    // biome-ignore format: a table, a route a row.
    ...[
      defineRoute({ method: 'GET', path: '/', operation: 'showStartPage', summary: 'Show who is signed in, and where to go', ...visit, ...PAGE, handler: startPageHandler(deps) }),
      defineRoute({ method: 'GET', path: PLACES.sessions, operation: 'showSessionsPage', summary: 'Show where one is signed in', ...visit, ...PAGE, handler: sessions.show }),
      defineRoute({ method: 'POST', path: PLACES.sessions, operation: 'revokeFromPage', summary: 'Sign out elsewhere, from the page', ...visit, ...PAGE, reads: 'form-or-json', body: RevokeBody, errors: ['bad_request', 'forbidden', 'not_found'], handler: sessions.revoke }),
      defineRoute({ method: 'GET', path: PLACES.signedOut, operation: 'showSignedOutPage', summary: 'Show that one is signed out', ...anybody, ...PAGE, handler: showSignedOut }),
      defineRoute({ method: 'GET', path: PLACES.error, operation: 'showErrorPage', summary: 'Show what a browser was redirected with', ...anybody, ...PAGE, query: Type.Object({ id: Param }), errors: ['bad_request', 'unauthorized', 'forbidden', 'not_found', 'gone', 'conflict', 'too_many_requests', 'internal_server_error', 'service_unavailable'], handler: showError }),
    ],
  ]);

  async function showSignedOut(request: PoolRequest) {
    const setting = settingOf(deps, request);
    const { title, text } = setting.texts.signedOut;
    const again = beginLink(setting, 'login', { offered: deps.selfService });
    return answerPage(setting, {
      title,
      content: html`<p>${text}</p>${drawLinks([again, startLink(setting)])}`,
    });
  }

  async function showError(request: PoolRequest) {
    return answerToldPage(settingOf(deps, request), queryOf(request, 'id') ?? '');
  }
}
