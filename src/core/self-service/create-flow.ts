import type { Uuid } from '../../kit/ids.ts';
import type { Deps } from '../deps.ts';
import { InternalFault } from '../errors.ts';
import type { IdentityId, PoolId, PoolVault } from '../ports.ts';
import { tryAgain } from '../records.ts';
import { csrfDigestOf } from './csrf.ts';
import { type Flow, type FlowContent, sealFlow } from './flow.ts';
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
  { clock, ids, secrets }: Needs,
  input: NewFlow,
  vault: PoolVault,
): { readonly row: FlowInsert; readonly flow: Flow } {
  const { poolId, kind, type, content, csrfCookie } = input;
  if ((type === 'browser') !== (csrfCookie !== null)) {
    throw new InternalFault('a browser flow has a cookie, and no other flow');
  }
  const id = ids.next() as FlowId;
  const { key, wrapped } = vault.createIdentityKey(id);
  const issuedAt = clock.now();
  const row = {
    ...{ poolId, id, kind, type, active: null, issuedAt },
    state: kind === 'settings' ? 'show_form' : 'choose_method',
    requestedAal: input.requestedAal ?? 'aal1',
    refresh: input.refresh ?? false,
    identityId: input.identityId ?? null,
    sessionId: input.sessionId ?? null,
    csrfDigest: csrfCookie === null ? null : csrfDigestOf(secrets, csrfCookie),
    expiresAt: new Date(issuedAt.getTime() + input.lifespanSeconds * 1000),
  } as const;
  const fresh = { replacedBy: null, submitCount: 0, revision: 1, updatedAt: issuedAt, finishedAt: null };
  return {
    row: { ...row, box: sealFlow(key, id, content), wrappedKey: wrapped },
    flow: { ...row, ...fresh, configVersion: 0, content, key, vault },
  };
}
