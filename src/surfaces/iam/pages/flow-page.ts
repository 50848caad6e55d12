import type { Deps } from '../../../core/deps.ts';
import { CoreError, NotFound } from '../../../core/errors.ts';
import { offerOf } from '../../../core/self-service/begin-flow.ts';
import type { SelfServiceConfig } from '../../../core/self-service/config.ts';
import { FlowExpired } from '../../../core/self-service/errors.ts';
import type { Flow } from '../../../core/self-service/flow.ts';
import type { FlowUse } from '../../../core/self-service/flow-use.ts';
import type { FlowKind } from '../../../core/self-service/ports.ts';
import { readFlow } from '../../../core/self-service/submit-flow.ts';
import type { Ui } from '../../../core/self-service/ui/ui.ts';
import { html } from '../../../http/html.ts';
import { redirectTo } from '../../../http/replies.ts';
import { csrfCookieOf } from '../flows/csrf-cookie.ts';
import { beginPlace, signInPlace } from '../flows/flow-errors.ts';
import { showFlow } from '../flows/present-flow.ts';
import { type FlowHttpRequest, flowIdOf, proofOf, queryOf, visitOf } from '../flows/read-submit.ts';
import { drawFlow, scriptOf, titleOf } from './draw-flow.ts';
import { answerErrorPage } from './error-page.ts';
import { formSourcesOf } from './form-sources.ts';
import { linksOf } from './links.ts';
import { answerPage, drawLinks, type PageSetting } from './page.ts';
import { settingOf } from './setting.ts';

/** Parameters of an address without a flow that say how one is to begin. */
const WISHES = ['return_to', 'refresh', 'aal', 'via'] as const;

/** Handlers of the pages that show flows, at the addresses that `pageOf` gives. */
export function flowPageHandlers(deps: Deps) {
  return (kind: FlowKind, use: FlowUse) =>
    async function flowPage(request: FlowHttpRequest) {
      const setting = settingOf(deps, request);
      if (queryOf(request, 'flow') === undefined) return redirectTo(beginning(kind, request));
      try {
        const flow = await read(deps, use, { kind, request });
        const { offered } = await offerOf(deps, { poolId: request.poolId, flow });
        return answerFlow(deps, setting, { flow, request, offered });
      } catch (error) {
        return answerInstead(setting, error, { kind, request });
      }
    };
}

/** Where one goes on, or begins anew; else a page that says what is wrong. @throws Whatever is our own fault. */
function answerInstead(setting: PageSetting, error: unknown, { kind, request }: Asked) {
  const { publicBase } = request;
  if (error instanceof FlowExpired)
    return redirectTo(beginPlace(publicBase, { ...error.flow, type: 'browser' }));
  const here = `${publicBase}/${kind}?flow=${encodeURIComponent(queryOf(request, 'flow') ?? '')}`;
  const signIn = signInPlace(error, publicBase, here);
  if (signIn !== null) return redirectTo(signIn);
  if (!(error instanceof CoreError) || error.kind === 'internal' || error.kind === 'unavailable') throw error;
  return answerErrorPage(setting, error, kind);
}

interface Asked {
  readonly kind: FlowKind;
  readonly request: FlowHttpRequest;
}

function beginning(kind: FlowKind, request: FlowHttpRequest): string {
  const wishes = new URLSearchParams();
  for (const name of WISHES) {
    const value = queryOf(request, name);
    if (value !== undefined) wishes.set(name, value);
  }
  const query = wishes.size === 0 ? '' : `?${wishes}`;
  return `${beginPlace(request.publicBase, { kind, type: 'browser', returnTo: null })}${query}`;
}

/** @throws NotFound Also where it is a native client's: nobody could submit it from a page. */
async function read(deps: Deps, use: FlowUse, { kind, request }: Asked): Promise<Flow> {
  const visit = visitOf(request, csrfCookieOf(request) ?? null);
  const proof = proofOf(request, {});
  const flow = await readFlow(deps, use, { ...visit, kind, id: flowIdOf(request, 'flow'), proof });
  if (flow.type !== 'browser') throw new NotFound();
  return flow;
}

function answerFlow(
  deps: Deps,
  setting: PageSetting,
  shown: { readonly flow: Flow; readonly request: FlowHttpRequest; readonly offered: SelfServiceConfig },
) {
  const { flow, request } = shown;
  const { texts, places } = setting;
  const ui = uiOf(deps, flow, csrfCookieOf(request) ?? null);
  const script = scriptOf(ui);
  return answerPage(setting, {
    title: titleOf(texts, flow),
    content: html`${drawFlow(texts, flow, ui)}${drawLinks(linksOf(deps, setting, shown))}`,
    formSources: formSourcesOf(places, flow, ui),
    ...(script === undefined ? {} : { script }),
  });
}

/** As clients are shown it, in the types that it was made of. */
function uiOf(deps: Deps, flow: Flow, csrfCookie: string | null): Ui {
  const { ui } = showFlow(deps, flow, csrfCookie);
  return { messages: [], ...ui } as unknown as Ui;
}
