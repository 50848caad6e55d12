import { randomBytes } from 'node:crypto';
import type { Deps } from '../../src/core/deps.ts';
import { createFlow, type NewFlow } from '../../src/core/self-service/create-flow.ts';
import { createCsrfCookie } from '../../src/core/self-service/csrf.ts';
import type { Flow } from '../../src/core/self-service/flow.ts';
import { getFlow } from '../../src/core/self-service/get-flow.ts';
import { csrfNode, inputNode } from '../../src/core/self-service/ui/nodes.ts';
import type { Ui } from '../../src/core/self-service/ui/ui.ts';
import { openSite, type Site } from '../courier/kit.ts';

export interface FlowSite extends Site {
  begin(flow?: Partial<NewFlow>): Promise<Flow>;
  read(flow: Pick<Flow, 'id' | 'kind'>): Promise<Flow>;
  /** A flow that a test begins, without its being stored. */
  newFlow(flow?: Partial<NewFlow>): NewFlow;
}

export const LIFESPAN_SECONDS = 3600;
export const COOKIE = createCsrfCookie({ bytes: (size) => randomBytes(size) });

export const UI: Ui = {
  action: 'https://id.example.com/self-service/login',
  method: 'POST',
  nodes: [csrfNode(), inputNode('default', { name: 'identifier', type: 'text', value: 'PRIVATE-jo' })],
  messages: [],
};

/** The core on a real database, and flows in one of its pools. */
export async function openFlowSite(): Promise<FlowSite> {
  const site = await openSite();
  const { poolId } = site.own.principal;
  const deps: Deps = site.deps;
  const newFlow = (flow: Partial<NewFlow> = {}): NewFlow => ({
    ...{ poolId, kind: 'login', type: 'browser', lifespanSeconds: LIFESPAN_SECONDS, csrfCookie: COOKIE },
    content: {
      requestUrl: 'https://x/?login_hint=PRIVATE-jo',
      returnTo: null,
      ui: UI,
      data: { step: 'PRIVATE' },
    },
    ...flow,
  });
  return {
    ...site,
    newFlow,
    begin: (flow) => createFlow(deps, newFlow(flow)),
    read: ({ id, kind }) => getFlow(deps, { poolId, id, kind }),
  };
}

/** How many of these were kept, and with what the others ended. */
export async function settle<T>(tries: readonly Promise<T>[]): Promise<{ won: T[]; lost: unknown[] }> {
  const ends = await Promise.allSettled(tries);
  return {
    won: ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])),
    lost: ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])),
  };
}
