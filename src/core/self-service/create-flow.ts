import type { Uuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { IdentityId, PoolId, PoolVault } from '../ports.ts';
import { tryAgain } from '../records.ts';
import { csrfDigestOf } from './csrf.ts';
import { type Flow, type FlowContent, sealFlow } from './flow.ts';
import { LateKey } from './late-key.ts';
import type { Aal, FlowId, FlowInsert, FlowKind, FlowStore, FlowType } from './ports.ts';

export interface NewFlow {
  readonly poolId: PoolId;
  readonly kind: FlowKind;
  readonly type: FlowType;
  readonly content: FlowContent;
  readonly lifespanSeconds: number;
  /** The CSRF cookie of the browser; needed by browser flows and by no others. */
  readonly csrfCookie: string | null;
  readonly requestedAal?: Aal;
  readonly refresh?: boolean;
  readonly identityId?: IdentityId | null;
  readonly sessionId?: Uuid | null;
}

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'secrets'>;

/**
 * Begins a flow, in the first state of its kind.
 *
 * @param input.content Its `returnTo` was checked.
 * @throws Unavailable
 */
export async function createFlow(deps: Needs & { readonly flows: FlowStore }, input: NewFlow): Promise<Flow> {
  return insert(deps.flows, deps, input, await deps.vault.pool(input.poolId));
}

/** As `createFlow`, where the pool's configuration is (still) of this version. Null: it is not. */
export async function createFlowAt(
  deps: Needs & { readonly flows: FlowStore },
  input: NewFlow,
  configVersion: number,
): Promise<Flow | null> {
  const { row, flow } = prepare(deps, input, await deps.vault.pool(input.poolId));
  return (await deps.flows.insertFlow(row, configVersion)) ? flow : null;
}

/** As a part of `together`, so that it begins exactly when the rest was written. */
export async function createFlowWithin(
  tx: { readonly flows: FlowStore },
  deps: Needs,
  input: NewFlow,
): Promise<Flow> {
  const vault = deps.vault.held(input.poolId, 0);
  return vault === null
    ? tryAgain(() => deps.vault.pool(input.poolId))
    : insert(tx.flows, deps, input, vault);
}

async function insert(flows: FlowStore, deps: Needs, input: NewFlow, vault: PoolVault): Promise<Flow> {
  const { row, flow } = prepare(deps, input, vault);
  await flows.insertFlow(row);
  return flow;
}

function prepare(
  deps: Needs,
  input: NewFlow,
  vault: PoolVault,
): { readonly row: FlowInsert; readonly flow: Flow } {
  const { clock, ids } = deps;
  const begun = { id: ids.next() as FlowId, issuedAt: clock.now() };
  const draft = draftFlow(deps, input, vault, begun);
  const { unstoredKey: _, ...flow } = draft;
  return { row: insertOf(draft), flow: { ...flow, revision: 1 } };
}

/**
 * Stores a flow that so far was not.
 * @returns False where there is one of this id already: nothing was written.
 */
export async function storeFlow({ flows }: { readonly flows: FlowStore }, flow: Unstored): Promise<boolean> {
  return flows.insertFlow(insertOf(flow));
}

function insertOf(flow: Unstored): FlowInsert {
  const { poolId, id, kind, type, state, active, requestedAal, refresh, identityId, sessionId } = flow;
  return {
    ...{ poolId, id, kind, type, state, active, requestedAal, refresh, identityId, sessionId },
    ...{ csrfDigest: flow.csrfDigest, issuedAt: flow.issuedAt, expiresAt: flow.expiresAt },
    ...{ box: sealFlow(flow.key, id, flow.content), wrappedKey: flow.unstoredKey.wrapped },
  };
}

/** A flow that is not stored so far. */
export type Unstored = Flow & { readonly unstoredKey: LateKey };

/** A flow in the first state of its kind, which nobody has stored. */
export function draftFlow(
  { secrets }: Pick<Needs, 'secrets'>,
  input: NewFlow,
  vault: PoolVault,
  { id, issuedAt }: { readonly id: FlowId; readonly issuedAt: Date },
): Unstored {
  const { poolId, kind, type, content, csrfCookie } = input;
  if ((type === 'browser') !== (csrfCookie !== null)) {
    throw new InternalFault('a browser flow has a cookie, and no other flow');
  }
  const key = new LateKey(vault, id);
  return {
    ...{ poolId, id, kind, type, active: null, issuedAt },
    state: kind === 'settings' ? 'show_form' : 'choose_method',
    requestedAal: input.requestedAal ?? 'aal1',
    refresh: input.refresh ?? false,
    identityId: input.identityId ?? null,
    sessionId: input.sessionId ?? null,
    csrfDigest: csrfCookie === null ? null : csrfDigestOf(secrets, csrfCookie),
    expiresAt: new Date(issuedAt.getTime() + input.lifespanSeconds * 1000),
    ...{ replacedBy: null, submitCount: 0, revision: 0, updatedAt: issuedAt, finishedAt: null },
    ...{ configVersion: 0, content, vault, key, unstoredKey: key },
  };
}
