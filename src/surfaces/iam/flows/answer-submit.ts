import type { Deps } from '../../../core/deps.ts';
import type { IamRecord } from '../../../core/iam/record.ts';
import type { OpenedIdentity } from '../../../core/identities/view.ts';
import type { Flow } from '../../../core/self-service/flow.ts';
import type {
  Away,
  ContinueWith,
  Elsewhere,
  Outcome,
  Registered,
  SignedIn,
  SignedInSession,
  Stayed,
} from '../../../core/self-service/outcome.ts';
import type { Cookie } from '../../../http/cookies.ts';
import { redirectTo, replyWith } from '../../../http/route.ts';
import { SESSION_COOKIES } from '../session-guard.ts';
import { type ShownIdentity, showIdentity } from '../show.ts';
import { showOwnIdentity, showSession } from '../show-session.ts';
import { cookieScope } from './csrf-cookie.ts';
import { BrowserLocationChange } from './flow-errors.ts';
import { type Places, pageOf, returnPlace, showFlow, showNext } from './present-flow.ts';

type Needs = Pick<
  Deps,
  'configs' | 'selfService' | 'addresses' | 'secrets' | 'random' | 'clock' | 'vault' | 'configs'
>;

interface Asked {
  readonly places: Places;
  /** The browser's, or a new one for it. */
  readonly csrf: { readonly value: string; readonly cookie: Cookie };
  /** Else the browser is redirected. */
  readonly isJson: boolean;
  /** Whoever is signed in, as they came. */
  readonly identity: OpenedIdentity | null;
}

/** What a submit ended in, for the client that asked (contract iam 6.4). */
export function answerSubmit(deps: Needs, outcome: Outcome, asked: Asked) {
  const { signedIn, flow } = outcome;
  const session = signedIn === null ? [] : [sessionCookie(deps, signedIn, asked.places.base)];
  const cookies = flow.type === 'api' ? [] : [asked.csrf.cookie, ...session];
  if (outcome.kind === 'stayed') return answerStayed(deps, outcome, asked, cookies);
  if (outcome.kind === 'elsewhere') return answerElsewhere(outcome, asked, cookies);
  if (outcome.kind === 'away') return answerAway(outcome, asked, cookies);
  if (outcome.kind === 'registered') return answerRegistered(deps, outcome, asked, cookies);
  return answerSignedIn(deps, outcome, asked, cookies);
}

async function answerStayed(deps: Needs, outcome: Stayed, asked: Asked, cookies: readonly Cookie[]) {
  const { places, csrf, isJson } = asked;
  const { flow } = outcome;
  const goesBack = isSavedWithReturn(flow);
  if (!isJson && goesBack) return redirectTo(returnPlace(places, flow), { cookies });
  if (!isJson) return redirectTo(pageOf(places, settingsIn(outcome.continueWith) ?? flow), { cookies });
  const continueWith = goesBack
    ? [...outcome.continueWith, { next: 'return' } as const]
    : outcome.continueWith;
  const shown = {
    ...showFlow(deps, flow, csrf.value),
    ...(flow.kind === 'settings' ? await ownIdentityOf(deps, outcome, asked) : {}),
    ...(continueWith.length === 0 ? {} : { continue_with: showNext(places, flow, continueWith) }),
  };
  return replyWith(shown, { status: outcome.as === 'accepted' ? 200 : 400, cookies });
}

/** Settings stay where they are, unless a browser said where it goes when they are saved. */
function isSavedWithReturn({ kind, type, state, content }: Flow): boolean {
  return kind === 'settings' && type === 'browser' && state === 'success' && content.returnTo !== null;
}

/** Of settings: as they are by now. */
async function ownIdentityOf(
  deps: Needs,
  outcome: Stayed,
  { identity: visitor }: Asked,
): Promise<{ identity?: ShownIdentity }> {
  if (outcome.identity !== undefined) return { identity: await ownIdentity(deps, outcome.identity) };
  return visitor === null ? {} : { identity: await showOwnIdentity(deps, visitor) };
}

/** Where somebody goes who got back in. */
function settingsIn(list: readonly ContinueWith[]): Flow | null {
  for (const one of list) if (one.next === 'settings') return one.flow;
  return null;
}

async function answerElsewhere({ to }: Elsewhere, { places, isJson }: Asked, cookies: readonly Cookie[]) {
  if (isJson) throw new BrowserLocationChange(pageOf(places, to), cookies);
  return redirectTo(pageOf(places, to), { cookies });
}

async function answerAway({ url }: Away, { isJson }: Asked, cookies: readonly Cookie[]) {
  if (isJson) throw new BrowserLocationChange(url, cookies);
  return redirectTo(url, { cookies });
}

async function answerSignedIn(deps: Needs, outcome: SignedIn, asked: Asked, cookies: readonly Cookie[]) {
  const { flow, signedIn, needsSecondFactor, continueWith } = outcome;
  const { places, isJson } = asked;
  const isNative = flow.type === 'api';
  if (needsSecondFactor && !isNative) {
    const place = secondFactorPlace(places, flow);
    if (isJson) throw new BrowserLocationChange(place, cookies);
    return redirectTo(place, { cookies });
  }
  if (!isJson) return redirectTo(returnPlace(places, flow), { cookies });
  const identity = needsSecondFactor ? null : await ownIdentity(deps, signedIn.identity);
  const next = isNative ? continueWith : [...continueWith, { next: 'return' } as const];
  const body = {
    ...(isNative ? { session_token: signedIn.token } : {}),
    session: showSession(signedIn.session, { identity, withDevices: true }),
    ...(next.length === 0 ? {} : { continue_with: showNext(places, flow, next) }),
  };
  return replyWith(body, { cookies });
}

async function answerRegistered(deps: Needs, outcome: Registered, asked: Asked, cookies: readonly Cookie[]) {
  const { flow, signedIn, continueWith } = outcome;
  const { places, isJson } = asked;
  if (!isJson) {
    const { leadsTo } = outcome;
    const place = leadsTo === undefined ? returnPlace(places, flow) : pageOf(places, leadsTo);
    return redirectTo(place, { cookies });
  }
  const isNative = flow.type === 'api';
  const identity = await ownIdentity(deps, outcome.identity);
  const next = isNative ? continueWith : [...continueWith, { next: 'return' } as const];
  const body = {
    identity,
    ...(signedIn === null
      ? {}
      : {
          ...(isNative ? { session_token: signedIn.token } : {}),
          session: showSession(signedIn.session, { identity, withDevices: true }),
        }),
    ...(next.length === 0 ? {} : { continue_with: showNext(places, flow, next) }),
  };
  return replyWith(body, { cookies });
}

function ownIdentity(deps: Needs, record: IamRecord): Promise<ShownIdentity> {
  return showIdentity(deps, record, { included: null, forAdmin: false });
}

function secondFactorPlace({ base }: Places, { content }: Flow): string {
  const back = content.returnTo === null ? '' : `&return_to=${encodeURIComponent(content.returnTo)}`;
  return `${base}/self-service/login/browser?aal=aal2${back}`;
}

/** Ends with the session. */
export function sessionCookie(
  deps: Pick<Deps, 'clock' | 'configs' | 'selfService'>,
  { session, token }: SignedInSession,
  base: string,
): Cookie {
  const scope = cookieScope(deps, { poolId: session.poolId, publicBase: base });
  const maxAgeSeconds = Math.floor((session.expiresAt.getTime() - deps.clock.now().getTime()) / 1000);
  return { name: SESSION_COOKIES[0], value: token, maxAgeSeconds, ...scope };
}
