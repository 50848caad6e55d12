import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import type { IdentityId, PoolId } from '../ports.ts';
import { FlowExpired, FlowFinished, FlowOfAnother, FlowReplaced } from './errors.ts';
import { type Flow, openFlow } from './flow.ts';
import type { FlowId, FlowKind, FlowStore } from './ports.ts';

/**
 * A flow, whatever its state: whether it may be read or submitted is for the functions below to say, and for
 * `requireCsrf`.
 *
 * @throws NotFound Unknown, of another pool or kind, or its identity was erased: all look alike (R9).
 */
export async function getFlow(deps: Needs, named: NamedFlow): Promise<Flow> {
  const flow = await findFlow(deps, named);
  if (flow === null) throw new NotFound();
  return flow;
}

/** As `getFlow`; null where there is none. */
export async function findFlow({ flows, vault }: Needs, named: NamedFlow): Promise<Flow | null> {
  const { poolId, id, kind } = named;
  const stored = await flows.findFlow(poolId, id);
  if (stored?.kind !== kind) return null;
  return openFlow(await vault.pool(poolId, stored.configVersion), stored);
}

type Needs = Pick<Deps, 'vault'> & { readonly flows: FlowStore };

/** A flow as a request names it. */
interface NamedFlow {
  readonly poolId: PoolId;
  readonly id: FlowId;
  readonly kind: FlowKind;
}

/** @throws FlowExpired */
export function requireUnexpired({ clock }: Pick<Deps, 'clock'>, flow: Flow): void {
  if (isExpired({ clock }, flow)) throw expiredError({ clock }, flow, null);
}

export function isExpired({ clock }: Pick<Deps, 'clock'>, { expiresAt }: Flow): boolean {
  return expiresAt <= clock.now();
}

/** @param useFlowId Null where the flow was only read: nothing took its place. */
export function expiredError(
  { clock }: Pick<Deps, 'clock'>,
  flow: Flow,
  useFlowId: FlowId | null,
): FlowExpired {
  const { kind, type, expiresAt, content } = flow;
  return new FlowExpired({
    flow: { kind, type, returnTo: content.returnTo },
    expiredAt: expiresAt,
    sinceMs: clock.now().getTime() - expiresAt.getTime(),
    useFlowId,
  });
}

/**
 * Refuses what was used up already. A method that answers with a new flow asks for `finishedAt` itself.
 * @throws FlowReplaced @throws FlowFinished
 */
export function requireUnfinished({ finishedAt, replacedBy }: Flow): void {
  if (finishedAt === null) return;
  throw replacedBy === null ? new FlowFinished() : new FlowReplaced(replacedBy);
}

/**
 * A flow that is somebody's is for nobody else.
 * @param identityId Of the session that came with the request.
 * @throws FlowOfAnother
 */
export function requireOwner({ identityId: owner }: Flow, identityId: IdentityId): void {
  if (owner !== null && owner !== identityId) throw new FlowOfAnother();
}
