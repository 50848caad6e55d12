import type { Deps } from '../deps.ts';
import type { ActingContext, PoolId } from '../ports.ts';
import type { LoginOrigin } from '../sessions/device.ts';
import type { SessionOfIdentity } from '../sessions/view.ts';
import type { Flow } from './flow.ts';
import type { FlowType } from './ports.ts';
import type { UiText } from './ui/texts.ts';

/** Who is signed in already, with the token that says so. */
export interface Visitor extends SessionOfIdentity {
  readonly token: string;
}

/** What flows know of a request, whichever client it came from. */
export interface Visit {
  readonly poolId: PoolId;
  readonly context: ActingContext;
  /** Where the pool is reached from outside, without a slash at the end: flows are submitted below it. */
  readonly base: string;
  readonly origin: LoginOrigin;
  /** The client's network address: what is counted when it fails. */
  readonly address: string;
  /** As `preferredLanguages` gives them. */
  readonly languages: readonly string[];
  /** Null: nobody is signed in. */
  readonly visitor: Visitor | null;
  /** The CSRF cookie that the browser has, or is given with the answer; null for native clients. */
  readonly csrfCookie: string | null;
}

/** A request for a new flow. */
export interface FlowStart extends Visit {
  readonly type: FlowType;
  readonly requestUrl: string;
  /** As sent. */
  readonly returnTo: string | null;
  /** Other parameters of the address: `refresh`, `aal`, `via`. */
  readonly wishes: { readonly [name: string]: string | undefined };
  /** `held`: by the pool's settings as they are in memory; default as they are by now. */
  readonly settings?: 'held';
  /** Shown on top: that the flow before this one expired, or was used up. */
  readonly notice?: UiText;
}

/** A submitted form. The request has been found to be the flow's own (`requireProof`). */
export interface Submission extends Visit {
  readonly flow: Flow;
  /** As sent: nothing in it has been looked at. */
  readonly body: { readonly [name: string]: unknown };
  /** It came as a form, in which numbers and checkboxes are texts and what was left blank is an empty one. */
  readonly isForm: boolean;
}

/** What flows of every kind are given. */
export type FlowDeps = Pick<
  Deps,
  | ('clock' | 'ids' | 'random' | 'secrets' | 'vault' | 'configs' | 'records' | 'places' | 'phones')
  | ('passwords' | 'breached' | 'counterCodes' | 'webAuthn' | 'identities' | 'sessions' | 'organisation')
  | ('flows' | 'codes' | 'lockouts' | 'logins' | 'selfService' | 'qrCodes')
  | ('openId' | 'oidcSettings' | 'departures' | 'exchanges')
>;

/** A text of the body; undefined for anything else, and for an empty one. */
export function textOf({ body }: Pick<Submission, 'body'>, name: string): string | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
