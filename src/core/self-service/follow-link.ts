import { NotFound } from '../errors.ts';
import { beginFlow } from './begin-flow.ts';
import type { FlowUse } from './flow-use.ts';
import { getFlow, isExpired } from './get-flow.ts';
import { type Outcome, refused } from './outcome.ts';
import type { FlowId, FlowKind } from './ports.ts';
import { renewIfExpired } from './renew-flow.ts';
import { startedAnew } from './submit-flow.ts';
import { expiredText, type MessageId, sayText } from './ui/texts.ts';
import type { FlowDeps, Visit } from './visit.ts';

export interface FollowedLink extends Visit {
  readonly kind: FlowKind;
  readonly id: FlowId;
  readonly token: string;
  /** It was opened in a browser, whichever client had begun the flow. */
  readonly isBrowser: boolean;
}

const NOT_VALID: { readonly [K in FlowKind]?: MessageId } = { recovery: 4060004, verification: 4070001 };

/**
 * Follows a link that was sent. The token is the proof: the link may be opened in another browser than the one that asked
 * for it. It is used up by being opened, as the contract's own server has it; where it is not (any more) valid, a new
 * flow begins, which says so.
 *
 * @throws NotFound Unknown, of another pool or kind. @throws FlowExpired The flow in whose place another one began.
 * @throws SessionAvailable
 */
export async function followLink(deps: FlowDeps, use: FlowUse, request: FollowedLink): Promise<Outcome> {
  const { kind, id: _, token, isBrowser, ...visit } = request;
  const found = await getFlow(deps, request);
  const flow = isBrowser ? { ...found, type: 'browser' as const } : found;
  if (flow.finishedAt === null && isExpired(deps, flow)) {
    const notice = expiredText(kind, { expiredAt: flow.expiresAt, now: deps.clock.now() });
    const fresh = await use.prepare(deps, startedAnew(flow, visit, notice));
    await renewIfExpired(deps, flow, () => fresh);
  }
  const outcome = await use.follow?.(deps, { ...visit, flow, body: {}, isForm: false }, token);
  const messageId = NOT_VALID[kind];
  if (outcome === undefined || messageId === undefined) throw new NotFound();
  if (outcome !== null) return outcome;
  return refused(await beginFlow(deps, use, startedAnew(flow, visit, sayText(messageId))));
}
