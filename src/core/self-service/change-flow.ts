import type { Uuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import type { IdentityId } from '../ports.ts';
import { csrfDigestOf } from './csrf.ts';
import { FlowChanged } from './errors.ts';
import { type Flow, type FlowContent, sealFlow } from './flow.ts';
import type { FlowBeginning, FlowState, FlowStore, FlowUpdate } from './ports.ts';

/** What is left out stays as it is. */
export interface FlowChange {
  readonly state?: FlowState;
  readonly active?: string;
  /** Null: it is nobody's again. */
  readonly identityId?: IdentityId | null;
  readonly sessionId?: Uuid;
  readonly content?: Partial<Pick<FlowContent, 'ui' | 'data' | 'returnTo' | 'waiting'>>;
  /** The browser's new cookie, where signing in gave it one. */
  readonly csrfCookie?: string;
}

type Needs = Pick<Deps, 'clock' | 'secrets'>;
type Stores = { readonly flows: FlowStore };

/**
 * Writes a step of a flow. Of two submits at once that read the same revision one is written.
 * @throws FlowChanged It was changed or finished meanwhile, or expired: nothing was written.
 */
export function changeFlow(stores: Stores, deps: Needs, flow: Flow, change: FlowChange): Promise<Flow> {
  return write(stores, prepare(deps, flow, { change, finishes: false }));
}

/**
 * Uses a flow up, by one statement: of any number at once one succeeds. First in the transaction that writes what the
 * flow buys, so that whoever loses has bought nothing. What methods kept is dropped; nodes and messages stay, so that
 * the outcome can be read.
 *
 * @throws FlowChanged As `changeFlow`.
 */
export function finishFlow(stores: Stores, deps: Needs, flow: Flow, change: FlowChange = {}): Promise<Flow> {
  return write(stores, prepareFinish(deps, flow, change));
}

/** What a change of a flow amounts to in the store, and the flow as it will be. */
export interface PreparedFlow {
  readonly update: FlowUpdate;
  readonly after: Flow;
}

/** As `finishFlow`; writes nothing. */
export function prepareFinish(deps: Needs, flow: Flow, change: FlowChange): PreparedFlow {
  const content = { ...change.content, data: {} };
  return prepare(deps, flow, { change: { ...change, content }, finishes: true });
}

async function write({ flows }: Stores, { update, after }: PreparedFlow): Promise<Flow> {
  if (!(await flows.updateFlow(update))) throw new FlowChanged();
  return after;
}

function prepare(
  { clock, secrets }: Needs,
  flow: Flow,
  { change, finishes }: { change: FlowChange; finishes: boolean },
): PreparedFlow {
  const { content: contentChange, csrfCookie, ...row } = change;
  const at = clock.now();
  const { waiting, ...kept } = { ...flow.content, ...contentChange };
  const content = finishes || waiting === undefined ? kept : { ...kept, waiting };
  const { unstoredKey: _, ...stored } = flow;
  const changed = {
    ...stored,
    ...row,
    csrfDigest: csrfCookie === undefined ? flow.csrfDigest : csrfDigestOf(secrets, csrfCookie),
  };
  const { poolId, id, revision, state, active, identityId, sessionId, csrfDigest } = changed;
  const box = sealFlow(flow.key, id, content);
  const columns = { poolId, id, revision, state, active, identityId, sessionId, csrfDigest, box };
  const after = { ...changed, content, revision: revision + 1, updatedAt: at };
  return {
    update: { ...columns, at, finishes, beginning: beginningOf(flow) },
    after: { ...after, finishedAt: finishes ? at : null },
  };
}

function beginningOf(flow: Flow): FlowBeginning | null {
  const { unstoredKey, kind, type, requestedAal, refresh, issuedAt, expiresAt } = flow;
  if (unstoredKey === undefined) return null;
  return { kind, type, requestedAal, refresh, issuedAt, expiresAt, wrappedKey: unstoredKey.wrapped };
}
