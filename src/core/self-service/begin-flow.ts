import { CoreError, Unavailable } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { PoolId } from '../ports.ts';
import { type SelfServiceConfig, selfServiceOf } from './config.ts';
import { createFlow, createFlowAt, type NewFlow } from './create-flow.ts';
import type { Flow } from './flow.ts';
import type { FlowUse } from './flow-use.ts';
import type { FlowKind } from './ports.ts';
import { createReturnToList } from './return-to.ts';
import { beginStateless } from './stateless-flow.ts';
import { openExchange } from './token-exchange.ts';
import { csrfNode } from './ui/nodes.ts';
import { inOrder } from './ui/order.ts';
import type { UiText } from './ui/texts.ts';
import type { UiNode } from './ui/ui.ts';
import type { FlowDeps, FlowStart } from './visit.ts';

/** What a pool offers, with the configuration that says so. */
export interface Offer {
  readonly config: PoolConfig;
  readonly offered: SelfServiceConfig;
}

/**
 * @param visit.flow Where there is one: the settings are then as of the moment when it was read, or later, which costs
 *   no look into the database. Else as they are by now.
 */
export async function offerOf(
  deps: Pick<FlowDeps, 'configs' | 'selfService'>,
  {
    poolId,
    flow,
    settings,
  }: Pick<FlowStart, 'poolId' | 'settings'> & { readonly flow?: Pick<Flow, 'configVersion'> },
): Promise<Offer> {
  const { configs } = deps;
  const config = await (flow !== undefined
    ? configs.at(poolId, flow.configVersion)
    : settings === 'held'
      ? configs.any(poolId)
      : configs.current(poolId));
  return { config, offered: selfServiceOf(deps, config) };
}

/** What is in memory of a pool's settings: reading or beginning a flow brings that up to date. */
export function heldOffer(
  deps: Pick<FlowDeps, 'configs' | 'selfService'>,
  poolId: PoolId,
): SelfServiceConfig {
  const config = deps.configs.held(poolId, 0);
  return config === null ? deps.selfService : selfServiceOf(deps, config);
}

/**
 * Where a pool's pages are, without a slash at the end, by what is in memory. Null: at the pool's own address.
 */
export function uiUrlOf(deps: Pick<FlowDeps, 'configs' | 'selfService'>, poolId: PoolId): string | null {
  return heldOffer(deps, poolId).uiUrl;
}

/**
 * Begins a flow for somebody who asked for one.
 * @throws ReturnToForbidden @throws FlowDisabled @throws InvalidInput And what the kind says.
 */
export async function beginFlow(deps: FlowDeps, use: FlowUse, start: FlowStart): Promise<Flow> {
  const unstored = await beginStateless(deps, use, start);
  if (unstored !== null) return unstored;
  const flow =
    (await beginAsHeld(deps, use, start)) ?? (await createFlow(deps, await use.prepare(deps, start)));
  if (!waitsForBrowser(start, flow)) return flow;
  return { ...flow, exchangeCode: await openExchange(deps, flow) };
}

/**
 * By the settings in memory, if the database then says that they are those of now: which nearly always they are, and then
 * nobody has to read them first. Nobody is refused by what is in memory.
 */
async function beginAsHeld(deps: FlowDeps, use: FlowUse, start: FlowStart): Promise<Flow | null> {
  const held = deps.configs.held(start.poolId, 0);
  if (held === null) return null;
  try {
    const next = await use.prepare(deps, { ...start, settings: 'held' });
    return await createFlowAt(deps, next, held.version);
  } catch (error) {
    if (error instanceof CoreError && !(error instanceof Unavailable)) return null;
    throw error;
  }
}

/** Whether a native client leaves the rest to a browser, and fetches its session afterwards (contract iam 6.1). */
function waitsForBrowser({ wishes }: FlowStart, { type, kind }: Flow): boolean {
  const isWished = wishes.return_session_token_exchange_code === 'true';
  return isWished && type === 'api' && (kind === 'login' || kind === 'registration');
}

/**
 * A new flow of a kind as it is stored: what all kinds have in common.
 *
 * @param form.nodes In any order, without the CSRF node.
 * @param form.messages On top, after the notice of the start. @param form.data What methods keep.
 * @throws ReturnToForbidden
 */
export function newFlowOf(
  start: FlowStart,
  offered: SelfServiceConfig,
  form: {
    readonly kind: FlowKind;
    readonly nodes: readonly UiNode[];
    readonly messages?: readonly UiText[];
    readonly data?: Flow['content']['data'];
  },
): NewFlow {
  const { poolId, type, base, requestUrl, csrfCookie, notice } = start;
  const { kind, nodes, messages = [], data = {} } = form;
  const returnTo =
    start.returnTo === null ? null : createReturnToList(offered.returnTo, base).check(start.returnTo);
  return {
    ...{ poolId, kind, type, lifespanSeconds: offered.flowSeconds[kind] },
    csrfCookie: type === 'browser' ? csrfCookie : null,
    content: {
      ...{ requestUrl, returnTo, data },
      ui: {
        ...{ action: `${base}/self-service/${kind}`, method: 'POST' },
        nodes: inOrder(kind, [csrfNode(), ...nodes]),
        messages: [...(notice === undefined ? [] : [notice]), ...messages],
      },
    },
  };
}
