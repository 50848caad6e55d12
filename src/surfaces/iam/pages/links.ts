import type { Deps } from '../../../core/deps.ts';
import type { SelfServiceConfig } from '../../../core/self-service/config.ts';
import type { Flow } from '../../../core/self-service/flow.ts';
import type { FlowKind } from '../../../core/self-service/ports.ts';
import { logoutTokenOf } from '../../../core/sessions/tokens.ts';
import { sessionTokenOf } from '../../../http/session-authentication.ts';
import { beginPlace } from '../flows/flow-errors.ts';
import type { FlowHttpRequest } from '../flows/read-submit.ts';
import { SESSION_COOKIES } from '../session-guard.ts';
import type { Link, PageSetting } from './page.ts';

/** Where the pages are that show no flow, below the pool's address. */
export const PLACES = { sessions: '/settings/sessions', signedOut: '/logged-out', error: '/error' } as const;

/** Begins a flow of that kind; null where the pool has switched it off. */
export function beginLink(
  { texts, places }: PageSetting,
  kind: FlowKind,
  {
    offered,
    returnTo = null,
  }: { readonly offered: Pick<SelfServiceConfig, 'enabled'>; readonly returnTo?: string | null },
): Link | null {
  if (kind !== 'login' && kind !== 'settings' && !offered.enabled[kind]) return null;
  const href = beginPlace(places.base, { kind, type: 'browser', returnTo });
  return { href, text: texts.links[LINKS[kind]] };
}

const LINKS = {
  login: 'signIn',
  registration: 'register',
  settings: 'settings',
  recovery: 'recover',
  verification: 'verify',
} as const satisfies Record<FlowKind, keyof PageSetting['texts']['links']>;

export function startLink({ texts, places }: PageSetting): Link {
  return { href: `${places.base}/`, text: texts.links.start };
}

export function sessionsLink({ texts, places }: PageSetting): Link {
  return { href: `${places.base}${PLACES.sessions}`, text: texts.links.sessions };
}

/** Ends the session of the browser that the page is made for; null where it has none. */
export function signOutLink(
  { secrets }: Pick<Deps, 'secrets'>,
  { texts, places }: PageSetting,
  { headers, session }: Pick<FlowHttpRequest, 'headers' | 'session'>,
): Link | null {
  const sent = sessionTokenOf(headers, SESSION_COOKIES);
  if (session === null || sent === null) return null;
  const query = new URLSearchParams({
    token: logoutTokenOf(secrets, sent.token),
    return_to: `${places.base}${PLACES.signedOut}`,
  });
  return { href: `${places.base}/self-service/logout?${query}`, text: texts.links.signOut };
}

/** Where else one may want to go than where a flow leads. */
export function linksOf(
  deps: Pick<Deps, 'secrets'>,
  setting: PageSetting,
  shown: { readonly flow: Flow; readonly request: FlowHttpRequest; readonly offered: SelfServiceConfig },
): readonly (Link | null)[] {
  const { flow, request, offered } = shown;
  const { kind, content } = flow;
  const options = { offered, returnTo: content.returnTo };
  if (request.session !== null) {
    const ways = kind === 'settings' ? [sessionsLink(setting)] : [];
    return [...ways, startLink(setting), signOutLink(deps, setting, request)];
  }
  if (kind === 'login')
    return [beginLink(setting, 'registration', options), beginLink(setting, 'recovery', options)];
  return [beginLink(setting, 'login', options)];
}
