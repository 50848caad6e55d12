import type { Deps } from '../../../core/deps.ts';
import { InvalidInput } from '../../../core/errors.ts';
import { logOutBrowser, logOutNative } from '../../../core/self-service/log-out.ts';
import { logoutTokenOf } from '../../../core/sessions/tokens.ts';
import { endedCookie } from '../../../http/cookies.ts';
import { parse } from '../../../http/parse.ts';
import { type PoolRequest, redirectTo, replyWith, type SessionRequest } from '../../../http/route.ts';
import { SessionRequired, sessionTokenOf } from '../../../http/session-authentication.ts';
import { actingFor, type IamSession, SESSION_COOKIES } from '../session-guard.ts';
import { cookieScope } from './csrf-cookie.ts';
import { type FlowHttpRequest, queryOf, wantsJson } from './read-submit.ts';
import { returnToOf } from './return-place.ts';
import { placesOf } from './serve-flow.ts';
import * as wire from './wire-flows.ts';

/** Handlers of signing out (contract iam 6.1). */
export function logoutHandlers(deps: Deps) {
  return {
    /** Where a browser signs out, for links on pages: only who is signed in learns it. */
    async createLogout(request: SessionRequest<IamSession>) {
      const sent = sessionTokenOf(request.headers, SESSION_COOKIES);
      if (sent === null) throw new SessionRequired();
      const logoutToken = logoutTokenOf(deps.secrets, sent.token);
      const returnTo = queryOf(request, 'return_to');
      const back = returnTo === undefined ? '' : `&return_to=${encodeURIComponent(returnTo)}`;
      return {
        logout_url: `${request.publicBase}/self-service/logout?token=${logoutToken}${back}`,
        logout_token: logoutToken,
      };
    },

    async logOut(request: FlowHttpRequest) {
      const { session } = request;
      const logoutToken = queryOf(request, 'token');
      if (logoutToken === undefined)
        throw new InvalidInput([{ path: ['token'], code: 'required', message: 'must be a logout token' }]);
      const place = (await returnToOf(deps, request)) ?? `${placesOf(deps, request).ui}/login`;
      const context = actingFor(request.context);
      await logOutBrowser(deps, context, { current: session?.found.session ?? null, logoutToken });
      const cookies = SESSION_COOKIES.map((name) => endedCookie({ name, ...cookieScope(deps, request) }));
      return wantsJson(request) ? replyWith({}, { status: 204, cookies }) : redirectTo(place, { cookies });
    },

    async logOutNative(request: PoolRequest) {
      const { session_token: token } = parse(wire.LogoutBody, request.body);
      await logOutNative(deps, actingFor(request.context), token);
      return {};
    },
  };
}
