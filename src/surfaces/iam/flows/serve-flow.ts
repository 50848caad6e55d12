import type { Deps } from '../../../core/deps.ts';
import { beginFlow, uiUrlOf } from '../../../core/self-service/begin-flow.ts';
import { isNative } from '../../../core/self-service/csrf.ts';
import { BrowserNotAllowed } from '../../../core/self-service/errors.ts';
import type { Flow } from '../../../core/self-service/flow.ts';
import type { FlowUse } from '../../../core/self-service/flow-use.ts';
import { followLink } from '../../../core/self-service/follow-link.ts';
import type { FlowKind } from '../../../core/self-service/ports.ts';
import { readFlow, submitFlow } from '../../../core/self-service/submit-flow.ts';
import { redirectTo, replyWith } from '../../../http/route.ts';
import { showOwnIdentity } from '../show-session.ts';
import { answerSubmit } from './answer-submit.ts';
import { redirectOrThrow } from './browser-errors.ts';
import { csrfCookieOf, ensureCsrfCookie } from './csrf-cookie.ts';
import { errorFor } from './error-for.ts';
import { type Places, pageOf, type ShownFlow, showFlow } from './present-flow.ts';
import {
  bodyOf,
  type FlowHttpRequest,
  flowIdOf,
  isFromNative,
  proofOf,
  queryOf,
  startOf,
  visitOf,
  wantsJson,
} from './read-submit.ts';
import { returnToOf } from './return-place.ts';

/** Handlers of one kind of flow (contract iam 6.1): for native clients, browsers and AJAX clients. */
export function flowHandlers(deps: Deps) {
  return (kind: FlowKind, use: FlowUse) => ({
    async beginNative(request: FlowHttpRequest) {
      const proof = proofOf(request, {});
      if (!isNative(proof)) throw new BrowserNotAllowed();
      return showTo(deps, request, await beginFlow(deps, use, startOf(request, 'api', null)), null);
    },

    async beginBrowser(request: FlowHttpRequest) {
      const csrf = ensureCsrfCookie(deps, request);
      const isAjax = wantsJson(request);
      try {
        const flow = await beginFlow(deps, use, startOf(request, 'browser', csrf.value));
        const cookies = [csrf.cookie];
        if (isAjax) return replyWith(await showTo(deps, request, flow, csrf.value), { cookies });
        return redirectTo(pageOf(placesOf(deps, request), flow), { cookies });
      } catch (error) {
        if (isAjax) throw error;
        const returnTo = await returnToOf(deps, request);
        return redirectOrThrow(error, placesOf(deps, request), { kind, returnTo });
      }
    },

    async read(request: FlowHttpRequest) {
      const csrfCookie = csrfCookieOf(request) ?? null;
      const visit = visitOf(request, csrfCookie);
      const proof = proofOf(request, {});
      const flow = await readFlow(deps, use, { ...visit, kind, id: flowIdOf(request, 'id'), proof });
      return showTo(deps, request, flow, csrfCookie);
    },

    async submit(request: FlowHttpRequest) {
      try {
        // Whoever submits by another proof than this cookie may not have one yet, and goes on with one.
        const csrf = ensureCsrfCookie(deps, request);
        const body = bodyOf(request);
        const visit = { ...visitOf(request, csrf.value), isForm: request.bodyKind === 'form' };
        const proof = proofOf(request, body);
        const id = flowIdOf(request, 'flow');
        const token = use.follow === undefined ? undefined : queryOf(request, 'token');
        const outcome =
          token === undefined
            ? await submitFlow(deps, use, { ...visit, kind, id, body, proof })
            : await followLink(deps, use, { ...visit, kind, id, token, isBrowser: false });
        const isJson = outcome.flow.type === 'api' || wantsJson(request);
        return await answerSubmit(deps, outcome, {
          places: placesOf(deps, request),
          csrf,
          isJson,
          identity: request.session?.found.identity ?? null,
        });
      } catch (error) {
        if (wantsJson(request) || isFromNative(request)) throw errorFor(error, placesOf(deps, request));
        return redirectOrThrow(error, placesOf(deps, request), { kind, returnTo: null });
      }
    },
  });
}

/** With the identity, where the flow is about somebody's own (contract iam 6.1). */
async function showTo(
  deps: Deps,
  { session }: Pick<FlowHttpRequest, 'session'>,
  flow: Flow,
  csrfCookie: string | null,
): Promise<ShownFlow> {
  const shown = showFlow(deps, flow, csrfCookie);
  if (flow.kind !== 'settings' || session === null) return shown;
  return { ...shown, identity: await showOwnIdentity(deps, session.found.identity) };
}

export function placesOf(
  deps: Pick<Deps, 'configs' | 'selfService'>,
  { poolId, publicBase }: Pick<FlowHttpRequest, 'poolId' | 'publicBase'>,
): Places {
  return { ui: uiUrlOf(deps, poolId) ?? publicBase, base: publicBase };
}
