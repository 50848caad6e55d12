import type { Deps } from '../../core/deps.ts';
import { offerOf } from '../../core/self-service/begin-flow.ts';
import { DEFAULT_SESSION_CONFIG } from '../../core/sessions/config.ts';
import { deleteSessionsOf, manageSessions, revokeSession } from '../../core/sessions/end-sessions.ts';
import { extendSession } from '../../core/sessions/extend-session.ts';
import { getSession, getSessionOfIdentity } from '../../core/sessions/find-session.ts';
import { listSessions, listSessionsOf } from '../../core/sessions/list-sessions.ts';
import { parse } from '../../http/parse.ts';
import { type GuardedRequest, replyWith } from '../../http/route.ts';
import { offsetHeaders, readOffsetWindow } from './offset-pages.ts';
import { linksTo, tokenPages } from './page-links.ts';
import {
  activeIn,
  expandedIn,
  managedIn,
  ownerIdOf,
  pageIn,
  seesIdentities,
  sessionIdOf,
} from './read-session.ts';
import { expandIdentities, showExpanded, showSession } from './show-session.ts';
import * as wire from './wire-sessions.ts';

/** Pages 0 and 1 are both the first (contract iam 1.4). */
const FIRST_PAGE = { firstPage: 1 };

/** Handlers of sessions for administrators (contract iam 4.1, 4.2). */
export function sessionHandlers(deps: Deps) {
  return {
    async listSessions(request: GuardedRequest) {
      const { poolId } = request.principal;
      const isActive = activeIn(request);
      const page = pageIn(request);
      const expanded = expandedIn(request);
      const { items, nextPageToken } = await listSessions(deps, poolId, { isActive, ...page });
      const identities = expanded.identity ? await expandIdentities(deps, poolId, items) : null;
      const link = linksTo(deps.addresses.origin(), request, tokenPages(page.pageSize, nextPageToken));
      const shown = items.map((session) =>
        showSession(session, {
          identity: identities?.get(session.identityId) ?? null,
          withDevices: expanded.devices,
        }),
      );
      return replyWith(shown, { headers: { link } });
    },

    async getSession(request: GuardedRequest) {
      const { poolId } = request.principal;
      const id = sessionIdOf(request);
      const expanded = expandedIn(request);
      const withDevices = expanded.devices;
      if (!expanded.identity)
        return showSession(await getSession(deps, poolId, id), { identity: null, withDevices });
      const { session, identity } = await getSessionOfIdentity(deps, poolId, id);
      return showSession(session, { identity: await showExpanded(deps, identity), withDevices });
    },

    async disableSession(request: GuardedRequest) {
      await revokeSession(deps, request.context, sessionIdOf(request));
      return {};
    },

    async extendSession(request: GuardedRequest) {
      const id = sessionIdOf(request);
      const { offered } = await offerOf(deps, request.principal);
      const config = { ...DEFAULT_SESSION_CONFIG, lifespanMs: offered.sessions.seconds * 1000 };
      await extendSession(deps, request.context, { id, config });
      const { session, identity } = await getSessionOfIdentity(deps, request.principal.poolId, id);
      const shown = seesIdentities(request) ? await showExpanded(deps, identity) : null;
      return showSession(session, { identity: shown, withDevices: true });
    },

    async manageSessions({ context, body }: GuardedRequest) {
      const { action, identities, sessions } = parse(wire.ManageBody, body);
      return manageSessions(deps, context, { action, which: managedIn({ identities, sessions }) });
    },

    async listIdentitySessions(request: GuardedRequest) {
      const { poolId } = request.principal;
      const window = readOffsetWindow(request, FIRST_PAGE);
      const query = { identityId: ownerIdOf(request), isActive: activeIn(request), ...window };
      const { items, total } = await listSessionsOf(deps, poolId, query);
      const identities = seesIdentities(request) ? await expandIdentities(deps, poolId, items) : null;
      const shown = items.map((session) =>
        showSession(session, { identity: identities?.get(session.identityId) ?? null, withDevices: true }),
      );
      const headers = offsetHeaders(deps.addresses.origin(), request, window, total, FIRST_PAGE);
      return replyWith(shown, { headers });
    },

    async deleteIdentitySessions(request: GuardedRequest) {
      await deleteSessionsOf(deps, request.context, ownerIdOf(request));
      return {};
    },
  };
}
