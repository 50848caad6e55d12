import type { Deps } from '../../../core/deps.ts';
import { beginFlow } from '../../../core/self-service/begin-flow.ts';
import { isNative } from '../../../core/self-service/csrf.ts';
import { BrowserNotAllowed } from '../../../core/self-service/errors.ts';
import type { FlowUse } from '../../../core/self-service/flow-use.ts';
import type { FlowKind } from '../../../core/self-service/ports.ts';
import { readFlow, submitFlow } from '../../../core/self-service/submit-flow.ts';
import { redirectTo, replyWith } from '../../../http/route.ts';
import { answerSubmit } from './answer-submit.ts';
import { redirectOrThrow } from './browser-errors.ts';
import { csrfCookieOf, ensureCsrfCookie } from './csrf-cookie.ts';
import { type Places, pageOf, showFlow } from './present-flow.ts';
import {
  bodyOf,
  type FlowHttpRequest,
  flowIdOf,
  isFromNative,
  proofOf,
  startOf,
  visitOf,
  wantsJson,
} from './read-submit.ts';
import { returnToOf } from './return-place.ts';

export interface FlowOptions {
  /** Where the pages are that show flows, without a slash at the end; null: at the pool's own address. */
  readonly uiUrl: string | null;
}

/** Handlers of one kind of flow (contract iam 6.1): for native clients, browsers and AJAX clients. */
export function flowHandlers(deps: Deps, options: FlowOptions) {
  return (kind: FlowKind, use: FlowUse) => ({
    async beginNative(request: FlowHttpRequest) {
      const proof = proofOf(request, {});
      if (!isNative(proof)) throw new BrowserNotAllowed();
      return showFlow(deps, await beginFlow(deps, use, startOf(request, 'api', null)), null);
    },

    async beginBrowser(request: FlowHttpRequest) {
      const csrf = ensureCsrfCookie(deps.random, request);
      const places = placesOf(options, request);
      const cookies = [csrf.cookie];
      const isAjax = wantsJson(request);
      try {
        const flow = await beginFlow(deps, use, startOf(request, 'browser', csrf.value));
        if (isAjax) return replyWith(showFlow(deps, flow, csrf.value), { cookies });
        return redirectTo(pageOf(places, flow), { cookies });
      } catch (error) {
        if (isAjax) throw error;
        return redirectOrThrow(error, places, { kind, returnTo: await returnToOf(deps, request) });
      }
    },

    async read(request: FlowHttpRequest) {
      const csrfCookie = csrfCookieOf(request) ?? null;
      const visit = visitOf(request, csrfCookie);
      const proof = proofOf(request, {});
      const flow = await readFlow(deps, use, { ...visit, kind, id: flowIdOf(request, 'id'), proof });
      return showFlow(deps, flow, csrfCookie);
    },

    async submit(request: FlowHttpRequest) {
      const places = placesOf(options, request);
      try {
        // Whoever submits by another proof than this cookie may not have one yet, and goes on with one.
        const csrf = ensureCsrfCookie(deps.random, request);
        const body = bodyOf(request);
        const visit = { ...visitOf(request, csrf.value), isForm: request.bodyKind === 'form' };
        const proof = proofOf(request, body);
        const id = flowIdOf(request, 'flow');
        const outcome = await submitFlow(deps, use, { ...visit, kind, id, body, proof });
        const isJson = outcome.flow.type === 'api' || wantsJson(request);
        return await answerSubmit(deps, outcome, { places, csrf, isJson });
      } catch (error) {
        if (wantsJson(request) || isFromNative(request)) throw error;
        return redirectOrThrow(error, places, { kind, returnTo: null });
      }
    },
  });
}

export function placesOf(
  { uiUrl }: FlowOptions,
  { publicBase }: Pick<FlowHttpRequest, 'publicBase'>,
): Places {
  return { ui: uiUrl ?? publicBase, base: publicBase };
}
