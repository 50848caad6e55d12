import type { Arrival } from './arrival.ts';
import type { SelfServiceConfig } from './config.ts';
import type { NewFlow } from './create-flow.ts';
import type { Flow } from './flow.ts';
import type { Outcome } from './outcome.ts';
import type { FlowKind } from './ports.ts';
import type { FlowDeps, FlowStart, Submission, Visit } from './visit.ts';

/** What makes a kind of flow what it is; all else is the same for every kind. */
export interface FlowUse {
  /**
   * What a new flow is like, for this visitor.
   * @throws FlowDisabled @throws ReturnToForbidden And whatever keeps this visitor from having one.
   */
  prepare(deps: FlowDeps, start: FlowStart): Promise<NewFlow>;
  /** One step of a flow that has neither expired nor been used up. */
  submit(deps: FlowDeps, submission: Submission): Promise<Outcome>;
  /** As `submit`, where somebody came back from a provider; default: nobody is sent to one. */
  arrive?(deps: FlowDeps, submission: Submission, arrival: Arrival): Promise<Outcome>;
  /**
   * Keeps out who may neither read nor submit it, before the request's proof is asked for; default nobody.
   * @throws SessionInactive @throws FlowOfAnother And what the kind says.
   */
  admit?(deps: FlowDeps, visit: Visit, flow: Flow): Promise<void>;
  /**
   * One step by a link that was sent; only of kinds that send such.
   * @param token As it came. @returns Null where it is not (any more) valid.
   */
  follow?(deps: FlowDeps, submission: Submission, token: string): Promise<Outcome | null>;
  /**
   * Whether a submit is its own proof, so that no CSRF token is asked for; default never. With an empty body: whether
   * whoever knows the flow's id may read it.
   */
  isExempt?(flow: Flow, body: Submission['body']): boolean;
  /** Which of its flows need not be stored from the beginning; default none. See `stateless-flow.ts`. */
  readonly stateless?: Stateless;
}

/** Flows that follow from their id, the pool's settings and where they are. */
export interface Stateless {
  readonly kind: FlowKind;
  /** Whether a start is of such a one. */
  isSuch(start: FlowStart): boolean;
  /** The start that every such flow has. */
  start(visit: Visit): FlowStart;
  /**
   * Whether a submit needs not be told first what may have been stored of its flow: it finds out when it uses the flow
   * up, and judges by the pool's settings as of then.
   */
  isBlind(offered: SelfServiceConfig, body: Submission['body']): boolean;
}

/** The kinds that there are. */
export type FlowUses = { readonly [K in FlowKind]?: FlowUse };
