import type { Static } from 'typebox';
import type { Deps } from '../../../core/deps.ts';
import { createCsrfToken } from '../../../core/self-service/csrf.ts';
import type { Flow } from '../../../core/self-service/flow.ts';
import type { ContinueWith } from '../../../core/self-service/outcome.ts';
import { withCsrfToken, withScript } from '../../../core/self-service/ui/nodes.ts';
import { KEY_SCRIPT_INTEGRITY } from './key-script.ts';
import type * as wire from './wire-flows.ts';

export type ShownFlow = Static<typeof wire.Flow>;
const NONCE_BYTES = 16;

export type ShownNext = NonNullable<ShownFlow['continue_with']>;

/** Where browsers find pages. */
export interface Places {
  /** Of the pages that show flows, without a slash at the end. */
  readonly ui: string;
  /** Where flows are begun and submitted. */
  readonly base: string;
}

export function pageOf({ ui }: Places, { kind, id }: Pick<Flow, 'kind' | 'id'>): string {
  return `${ui}/${kind}?flow=${id}`;
}

/** Where a browser goes that has nothing more to do. */
export function returnPlace({ ui }: Places, { content }: Pick<Flow, 'content'>): string {
  return content.returnTo ?? `${ui}/`;
}

/** Where a browser takes the answer to that belongs to a native client. */
export function nativePlace(
  places: Places,
  flow: Pick<Flow, 'content'>,
  parameters: { readonly [name: string]: string },
): string {
  const url = new URL(returnPlace(places, flow));
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * A flow as contract iam 6.1 spells it.
 * @param csrfCookie Of the browser that it is shown to; null for native clients, and for whoever has lost it.
 */
export function showFlow(
  { secrets, random }: Pick<Deps, 'secrets' | 'random'>,
  flow: Flow,
  csrfCookie: string | null,
): ShownFlow {
  const { id, type, kind, state, active, content } = flow;
  const { ui, returnTo, requestUrl } = content;
  const token =
    type === 'api' || csrfCookie === null
      ? ''
      : createCsrfToken({ secrets, random }, { id, cookie: csrfCookie });
  const newScript = () => ({
    integrity: KEY_SCRIPT_INTEGRITY,
    nonce: random.bytes(NONCE_BYTES).toString('base64url'),
  });
  return {
    ...{ id, type, state, request_url: requestUrl },
    issued_at: flow.issuedAt.toISOString(),
    expires_at: flow.expiresAt.toISOString(),
    ...(returnTo === null ? {} : { return_to: returnTo }),
    ...(active === null ? {} : { active }),
    ui: {
      ...{ action: `${ui.action}?flow=${id}`, method: ui.method },
      nodes: withScript(withCsrfToken(ui.nodes, token), newScript) as unknown as ShownFlow['ui']['nodes'],
      ...(ui.messages.length === 0 ? {} : { messages: ui.messages as ShownFlow['ui']['messages'] & {} }),
    },
    ...(kind === 'login' ? loginFields(flow) : {}),
    ...(flow.exchangeCode === undefined ? {} : { session_token_exchange_code: flow.exchangeCode }),
  };
}

function loginFields({ issuedAt, updatedAt, refresh, requestedAal }: Flow) {
  return {
    created_at: issuedAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    ...{ refresh, requested_aal: requestedAal },
  };
}

/** Contract iam 6.4, `continue_with`. Addresses are for browsers only. */
export function showNext(places: Places, flow: Flow, list: readonly ContinueWith[]): ShownNext {
  return list.map((one) => {
    if (one.next === 'session_token')
      return { action: 'set_ory_session_token', ory_session_token: one.token };
    if (one.next === 'return')
      return { action: 'redirect_browser_to', redirect_browser_to: returnPlace(places, flow) };
    if (one.next === 'exchange')
      return {
        action: 'redirect_browser_to',
        redirect_browser_to: nativePlace(places, flow, { code: one.code }),
      };
    const url = one.flow.type === 'browser' ? { url: pageOf(places, one.flow) } : {};
    const address = one.next === 'verification' ? { verifiable_address: one.address } : {};
    return { action: `show_${one.next}_ui`, flow: { id: one.flow.id, ...address, ...url } };
  });
}
