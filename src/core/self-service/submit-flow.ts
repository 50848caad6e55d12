import { NotFound } from '../errors.ts';
import { heldOffer } from './begin-flow.ts';
import { storeFlow } from './create-flow.ts';
import { type RequestProof, requireProof } from './csrf.ts';
import { FlowChanged, FlowFinished, FlowReplaced } from './errors.ts';
import type { Flow } from './flow.ts';
import type { FlowUse } from './flow-use.ts';
import { findFlow, getFlow, isExpired, requireUnexpired } from './get-flow.ts';
import type { Outcome } from './outcome.ts';
import type { FlowId, FlowKind } from './ports.ts';
import { putInPlace, renewIfExpired } from './renew-flow.ts';
import { assumeFlow } from './stateless-flow.ts';
import { expiredText, sayText, type UiText } from './ui/texts.ts';
import type { FlowDeps, FlowStart, Submission, Visit } from './visit.ts';

export interface FlowRequest extends Visit {
  readonly kind: FlowKind;
  readonly id: FlowId;
  readonly proof: RequestProof;
}

/**
 * A flow as its client may see it.
 * @throws NotFound @throws CsrfViolation @throws FlowExpired
 */
export async function readFlow(deps: FlowDeps, use: FlowUse, request: FlowRequest): Promise<Flow> {
  const flow = await getReadable(deps, use, request);
  await use.admit?.(deps, request, flow);
  const isExempt = use.isExempt?.(flow, {}) ?? false;
  requireProof(deps.secrets, { flow, request: request.proof }, { isRead: true, isExempt });
  requireUnexpired(deps, flow);
  return flow;
}

/** @throws NotFound */
async function getReadable(deps: FlowDeps, use: FlowUse, request: FlowRequest): Promise<Flow> {
  const stored = await findFlow(deps, request);
  if (stored !== null) return stored;
  const assumed = await assumeFlow(deps, use, request, 'now');
  if (assumed === null) throw new NotFound();
  return assumed;
}

type FlowSubmit = FlowRequest & Pick<Submission, 'body' | 'isForm'>;

/**
 * Submits a flow. One that has expired, or was used up, gets another one in its place, which the error names.
 *
 * @throws NotFound @throws CsrfViolation @throws BrowserNotAllowed @throws FlowExpired @throws FlowReplaced
 */
export async function submitFlow(deps: FlowDeps, use: FlowUse, request: FlowSubmit): Promise<Outcome> {
  return (await submitBlindly(deps, use, request)) ?? submitStored(deps, use, request);
}

/**
 * As if nothing had been stored of the flow. Something may have been: then using it up fails, before anything is bought.
 * @returns Null where it takes the flow as it is stored: it is not such a one, it was used up, or it expired meanwhile.
 */
async function submitBlindly(deps: FlowDeps, use: FlowUse, request: FlowSubmit): Promise<Outcome | null> {
  const { kind: _, id: __, proof, ...visit } = request;
  if (!use.stateless?.isBlind(heldOffer(deps, request.poolId), request.body)) return null;
  const flow = await assumeFlow(deps, use, request, 'held');
  if (flow === null || isExpired(deps, flow)) return null;
  await use.admit?.(deps, visit, flow);
  requireProof(deps.secrets, { flow, request: proof });
  try {
    return await use.submit(deps, { ...visit, flow });
  } catch (error) {
    if (isOver(error)) return null;
    throw error;
  }
}

function isOver(error: unknown): boolean {
  return error instanceof FlowFinished || error instanceof FlowReplaced || error instanceof FlowChanged;
}

async function submitStored(deps: FlowDeps, use: FlowUse, request: FlowSubmit): Promise<Outcome> {
  const { kind: _, id: __, proof, ...visit } = request;
  const flow = await getStored(deps, use, request);
  await use.admit?.(deps, visit, flow);
  const isExempt = use.isExempt?.(flow, request.body) ?? false;
  requireProof(deps.secrets, { flow, request: proof }, { isExempt });
  await renewIfOver(deps, use, flow, visit);
  return use.submit(deps, { ...visit, flow });
}

/** Stores it where it was not so far. @throws NotFound */
async function getStored(deps: FlowDeps, use: FlowUse, request: FlowRequest): Promise<Flow> {
  const stored = await findFlow(deps, request);
  if (stored !== null) return stored;
  const assumed = await assumeFlow(deps, use, request, 'now');
  if (assumed !== null) await storeFlow(deps, assumed);
  return getFlow(deps, request);
}

/** @throws FlowExpired @throws FlowReplaced */
export async function renewIfOver(deps: FlowDeps, use: FlowUse, flow: Flow, visit: Visit): Promise<void> {
  const hasExpired = isExpired(deps, flow);
  if (!hasExpired && flow.finishedAt === null) return;
  const notice = hasExpired
    ? expiredText(flow.kind, { expiredAt: flow.expiresAt, now: deps.clock.now() })
    : sayText(DONE_ALREADY[flow.kind]);
  const fresh = await use.prepare(deps, startedAnew(flow, visit, notice));
  await renewIfExpired(deps, flow, () => fresh);
  throw new FlowReplaced(await putInPlace(deps, flow, () => fresh));
}

const DONE_ALREADY = {
  login: 4010007,
  registration: 4040002,
  settings: 4010007,
  recovery: 4060001,
  verification: 4070002,
} as const;

/** The start of a flow that goes on where another one ended. */
export function startedAnew(flow: Flow, visit: Visit, notice: UiText): FlowStart {
  const { type, content, refresh, requestedAal } = flow;
  const { requestUrl, returnTo } = content;
  const wishes = { aal: requestedAal, ...(refresh ? { refresh: 'true' } : {}) };
  return { ...visit, type, requestUrl, returnTo, wishes, notice };
}
