import type { Deps } from '../../../core/deps.ts';
import { comeBack } from '../../../core/self-service/come-back.ts';
import type { Outcome } from '../../../core/self-service/outcome.ts';
import { type PoolRequest, redirectTo } from '../../../http/route.ts';
import { answerSubmit } from './answer-submit.ts';
import { redirectOrThrow } from './browser-errors.ts';
import { ensureCsrfCookie } from './csrf-cookie.ts';
import { KINDS } from './kinds.ts';
import { nativePlace, type Places } from './present-flow.ts';
import { bodyOf, type FlowHttpRequest, proofOf, queryOf, visitOf } from './read-submit.ts';
import { placesOf } from './serve-flow.ts';

/** What a provider may give a browser to bring along (RFC 6749 section 4.1.2, RFC 9207); more is not looked at. */
const PARAMETERS = ['state', 'code', 'iss', 'error'] as const;

/** Handlers of where providers send browsers back to; only browsers come here. */
export function callbackHandlers(deps: Deps) {
  return {
    async comeBack(request: FlowHttpRequest) {
      const places = placesOf(deps, request);
      try {
        const csrf = ensureCsrfCookie(deps, request);
        const outcome = await comeBack(deps, KINDS, {
          ...visitOf(request, csrf.value),
          ...{ provider: request.params.provider ?? '', proof: proofOf(request, {}) },
          answer: answerOf((name) => queryOf(request, name)),
        });
        if (outcome.flow.type === 'api') return redirectTo(placeOf(places, outcome));
        const identity = request.session?.found.identity ?? null;
        return await answerSubmit(deps, outcome, { places, csrf, isJson: false, identity });
      } catch (error) {
        return redirectOrThrow(error, places, { kind: 'login', returnTo: null });
      }
    },

    /**
     * A form that the provider's page sends: cookies do not come with it, since it comes from another site. So the browser
     * is sent here once more, without a form.
     */
    async comeBackByForm(request: PoolRequest) {
      const body = bodyOf(request);
      const answer = answerOf((name) => {
        const value = body[name];
        return typeof value === 'string' ? value : undefined;
      });
      const provider = encodeURIComponent(request.params.provider ?? '');
      const query = new URLSearchParams(answer);
      return redirectTo(`${request.publicBase}/self-service/methods/oidc/callback/${provider}?${query}`);
    },
  };
}

function answerOf(find: (name: string) => string | undefined): Record<string, string> {
  return Object.fromEntries(
    PARAMETERS.flatMap((name) => {
      const value = find(name);
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

/** To a native client: with the code for its session, or with the flow that goes on. */
function placeOf(places: Places, outcome: Outcome): string {
  const { flow } = outcome;
  const exchange = 'continueWith' in outcome ? outcome.continueWith : [];
  for (const one of exchange)
    if (one.next === 'exchange') return nativePlace(places, flow, { code: one.code });
  return nativePlace(places, flow, { flow: outcome.kind === 'elsewhere' ? outcome.to.id : flow.id });
}
