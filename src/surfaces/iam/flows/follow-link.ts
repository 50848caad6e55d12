import type { Deps } from '../../../core/deps.ts';
import type { FlowUse } from '../../../core/self-service/flow-use.ts';
import { followLink } from '../../../core/self-service/follow-link.ts';
import type { Outcome } from '../../../core/self-service/outcome.ts';
import type { FlowKind } from '../../../core/self-service/ports.ts';
import { redirectTo } from '../../../http/route.ts';
import { answerSubmit } from './answer-submit.ts';
import { redirectOrThrow } from './browser-errors.ts';
import { ensureCsrfCookie } from './csrf-cookie.ts';
import { returnPlace } from './present-flow.ts';
import { type FlowHttpRequest, flowIdOf, queryOf, visitOf, wantsJson } from './read-submit.ts';
import { placesOf } from './serve-flow.ts';

/** Handler of links that were sent: they are opened in a browser, whoever had asked for them. */
export function linkHandler(deps: Deps, kind: FlowKind, use: FlowUse) {
  return async function follow(request: FlowHttpRequest) {
    // Those who look at mail before its reader does often ask for no more than this.
    if (request.line.method === 'HEAD') return redirectTo(`${placesOf(deps, request).ui}/${kind}`);
    const csrf = ensureCsrfCookie(deps, request);
    const isJson = wantsJson(request);
    try {
      const visit = visitOf(request, csrf.value);
      const token = queryOf(request, 'token') ?? '';
      const id = flowIdOf(request, 'flow');
      const outcome = await followLink(deps, use, { ...visit, kind, id, token, isBrowser: true });
      const places = placesOf(deps, request);
      if (isDoneElsewhere(outcome) && !isJson)
        return redirectTo(returnPlace(places, outcome.flow), { cookies: [csrf.cookie] });
      return await answerSubmit(deps, outcome, { places, csrf, isJson, identity: null });
    } catch (error) {
      if (isJson) throw error;
      const { location } = redirectOrThrow(error, placesOf(deps, request), { kind, returnTo: null });
      return redirectTo(location, { cookies: [csrf.cookie] });
    }
  };
}

/** It was a native client's flow, and is done: no page shows it. */
function isDoneElsewhere(outcome: Outcome): boolean {
  return outcome.kind === 'stayed' && outcome.signedIn === null && outcome.flow.csrfDigest === null;
}
