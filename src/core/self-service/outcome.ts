import type { IamRecord } from '../iam/record.ts';
import type { SessionView } from '../sessions/view.ts';
import type { Flow } from './flow.ts';

/** What a client may do next, for those that do not want to be redirected; contract iam 6.4, `continue_with`. */
export type ContinueWith =
  | { readonly next: 'session_token'; readonly token: string }
  /** A flow that was begun for the person. */
  | { readonly next: 'verification'; readonly flow: Flow; readonly address: string }
  | { readonly next: 'settings' | 'recovery'; readonly flow: Flow }
  /** For browsers: wherever they were to return to. */
  | { readonly next: 'return' }
  /** For browsers in a native client's flow: back to it, with the code that it gets its session by. */
  | { readonly next: 'exchange'; readonly code: string };

/** A session that somebody has after a submit. */
export interface SignedInSession {
  readonly session: SessionView;
  readonly identity: IamRecord;
  /** Of a session that was there already: as it was sent. */
  readonly token: string;
}

/** The flow is shown again. */
export interface Stayed {
  readonly kind: 'stayed';
  readonly flow: Flow;
  /** `refused`: something is wrong, or still missing (400). `accepted`: it went on, or is done (200). */
  readonly as: 'refused' | 'accepted';
  /** One that began with this submit, as a recovery does. */
  readonly signedIn: SignedInSession | null;
  /** Of settings: the person as they are after it; default as they came. */
  readonly identity?: IamRecord;
  readonly continueWith: readonly ContinueWith[];
}

export interface SignedIn {
  readonly kind: 'signed_in';
  readonly flow: Flow;
  readonly signedIn: SignedInSession;
  /** A second factor is set up and wanted: until it was shown, nothing of the identity is. */
  readonly needsSecondFactor: boolean;
  readonly continueWith: readonly ContinueWith[];
}

export interface Registered {
  readonly kind: 'registered';
  readonly flow: Flow;
  readonly identity: IamRecord;
  /** Null where signing up does not sign in. */
  readonly signedIn: SignedInSession | null;
  /** Where a browser goes next; default: where it wanted to return to. */
  readonly leadsTo?: Flow;
  readonly continueWith: readonly ContinueWith[];
}

/** The person has to go to another flow of their own: a browser navigates, an AJAX client is told where to. */
export interface Elsewhere {
  readonly kind: 'elsewhere';
  readonly flow: Flow;
  readonly to: Flow;
  readonly signedIn: SignedInSession | null;
}

/** The person has to go to a provider outside, and comes back to the flow. */
export interface Away {
  readonly kind: 'away';
  readonly flow: Flow;
  readonly url: string;
  readonly signedIn: null;
}

/** What a submit may end in. What stops it altogether, an expired flow among others, is thrown. */
export type Outcome = Stayed | SignedIn | Registered | Elsewhere | Away;

export function refused(flow: Flow): Stayed {
  return { kind: 'stayed', flow, as: 'refused', signedIn: null, continueWith: [] };
}

export function accepted(
  flow: Flow,
  more: Partial<Pick<Stayed, 'signedIn' | 'identity' | 'continueWith'>> = {},
): Stayed {
  return { kind: 'stayed', flow, as: 'accepted', signedIn: null, continueWith: [], ...more };
}
