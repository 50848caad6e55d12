import type { Deps } from '../../../core/deps.ts';
import { NotFound } from '../../../core/errors.ts';
import { isAssuredFor } from '../../../core/self-service/assured.ts';
import { offerOf } from '../../../core/self-service/begin-flow.ts';
import { createCsrfToken, requireToken } from '../../../core/self-service/csrf.ts';
import { revokeOtherSessions, revokeOwnSession } from '../../../core/sessions/end-sessions.ts';
import { listOtherSessions } from '../../../core/sessions/list-sessions.ts';
import type { SessionId } from '../../../core/sessions/ports.ts';
import { redirectTo } from '../../../http/replies.ts';
import { isUuid } from '../../../kit/ids.ts';
import { ensureCsrfCookie } from '../flows/csrf-cookie.ts';
import { bodyOf, type FlowHttpRequest, proofOf } from '../flows/read-submit.ts';
import { actingFor, type IamSession } from '../session-guard.ts';
import { drawSessions } from './draw-sessions.ts';
import { PLACES, signOutLink } from './links.ts';
import { answerPage } from './page.ts';
import { settingOf } from './setting.ts';

const SHOWN_MAX = 100;
/** In the place of a session's id. */
const ALL = 'others';

/** Handlers of the page on which people see where they are signed in, and end that (contract iam 6.5). */
export function sessionsPageHandlers(deps: Deps) {
  return {
    async show(request: FlowHttpRequest) {
      const { session } = request;
      if (session === null) return redirectTo(signInFirst(request, ''));
      if (!(await isEnough(deps, session))) return redirectTo(signInFirst(request, 'aal2'));
      const setting = settingOf(deps, request);
      const csrf = ensureCsrfCookie(deps, request);
      const current = session.found.session;
      const { items, total } = await listOtherSessions(deps, current, { offset: 0, limit: SHOWN_MAX });
      const token = createCsrfToken(deps, { id: current.id, cookie: csrf.value });
      const signOut = signOutLink(deps, setting, request);
      const form = { action: placeOf(request), token, all: ALL };
      const shown = { current, others: items, hasMore: total > items.length, signOut };
      return answerPage(setting, {
        ...{ title: setting.texts.sessions.title, isWide: true, cookies: [csrf.cookie] },
        content: drawSessions(setting, shown, form),
      });
    },

    /** @throws CsrfViolation @throws NotFound @throws InvalidInput */
    async revoke(request: FlowHttpRequest) {
      const { session } = request;
      if (session === null) return redirectTo(signInFirst(request, ''));
      if (!(await isEnough(deps, session))) return redirectTo(signInFirst(request, 'aal2'));
      const current = session.found.session;
      const body = bodyOf(request);
      requireToken(deps.secrets, { id: current.id, request: proofOf(request, body) });
      const { session: which } = body;
      const context = actingFor(request.context);
      if (which === ALL) await revokeOtherSessions(deps, context, current);
      else await revokeOwnSession(deps, context, { current, id: idOf(which) });
      return redirectTo(placeOf(request));
    },
  };
}

async function isEnough(deps: Deps, { poolId, found }: IamSession): Promise<boolean> {
  return isAssuredFor(found, await offerOf(deps, { poolId }), 'whoamiAal');
}

function placeOf({ publicBase }: Pick<FlowHttpRequest, 'publicBase'>): string {
  return `${publicBase}${PLACES.sessions}`;
}

function signInFirst(request: FlowHttpRequest, aal: '' | 'aal2'): string {
  const query = new URLSearchParams({ ...(aal === '' ? {} : { aal }), return_to: placeOf(request) });
  return `${request.publicBase}/self-service/login/browser?${query}`;
}

function idOf(text: unknown): SessionId {
  if (typeof text !== 'string' || !isUuid(text)) throw new NotFound();
  return text as unknown as SessionId;
}
