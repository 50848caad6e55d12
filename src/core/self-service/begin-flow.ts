import type { PoolConfig } from '../pools/ports.ts';
import { type SelfServiceConfig, selfServiceOf } from './config.ts';
import { createFlow, type NewFlow } from './create-flow.ts';
import type { Flow } from './flow.ts';
import type { FlowUse } from './flow-use.ts';
import type { FlowKind } from './ports.ts';
import { createReturnToList } from './return-to.ts';
import { csrfNode } from './ui/nodes.ts';
import { inOrder } from './ui/order.ts';
import type { UiText } from './ui/texts.ts';
import type { UiNode } from './ui/ui.ts';
import type { FlowDeps, FlowStart, Visit } from './visit.ts';

/** What a pool offers, with the configuration that says so. */
export interface Offer {
  readonly config: PoolConfig;
  readonly offered: SelfServiceConfig;
}

export async function offerOf(
  deps: Pick<FlowDeps, 'configs' | 'selfService'>,
  { poolId }: Pick<Visit, 'poolId'>,
): Promise<Offer> {
  const config = await deps.configs.any(poolId);
  return { config, offered: selfServiceOf(deps, config) };
}

/**
 * Begins a flow for somebody who asked for one.
 * @throws ReturnToForbidden @throws FlowDisabled @throws InvalidInput And what the kind says.
 */
export async function beginFlow(deps: FlowDeps, use: FlowUse, start: FlowStart): Promise<Flow> {
  return createFlow(deps, await use.prepare(deps, start));
}

/**
 * A new flow of a kind as it is stored: what all kinds have in common.
 *
 * @param form.nodes In any order, without the CSRF node.
 * @param form.messages On top, after the notice of the start.
 * @throws ReturnToForbidden
 */
export function newFlowOf(
  start: FlowStart,
  offered: SelfServiceConfig,
  form: { readonly kind: FlowKind; readonly nodes: readonly UiNode[]; readonly messages?: readonly UiText[] },
): NewFlow {
  const { poolId, type, base, requestUrl, csrfCookie, notice } = start;
  const { kind, nodes, messages = [] } = form;
  const returnTo =
    start.returnTo === null ? null : createReturnToList(offered.returnTo, base).check(start.returnTo);
  return {
    ...{ poolId, kind, type, lifespanSeconds: offered.flowSeconds[kind] },
    csrfCookie: type === 'browser' ? csrfCookie : null,
    content: {
      ...{ requestUrl, returnTo, data: {} },
      ui: {
        ...{ action: `${base}/self-service/${kind}`, method: 'POST' },
        nodes: inOrder(kind, [csrfNode(), ...nodes]),
        messages: [...(notice === undefined ? [] : [notice]), ...messages],
      },
    },
  };
}
