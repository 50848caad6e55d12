import type { Deps } from '../../../core/deps.ts';
import { FLOW_KINDS, type FlowKind } from '../../../core/self-service/ports.ts';
import { mount } from '../../../http/mount.ts';
import { defineRoute, type Route, sessionGuard } from '../../../http/route.ts';
import { sessionVerifier } from '../session-guard.ts';
import { linkHandler } from './follow-link.ts';
import { KINDS } from './kinds.ts';
import type { flowHandlers } from './serve-flow.ts';
import * as wire from './wire-flows.ts';

/** Where what people do themselves answers (contract iam 1.1). */
export function publicly(routes: readonly Route[]): Route[] {
  return mount(routes, ['', '/auth', '/iam']);
}

const BROWSER = ['redirect'] as const;

/** The four routes of each kind of flow (contract iam 6.1). */
export function flowRoutes(deps: Deps, handlersOf: ReturnType<typeof flowHandlers>): Route[] {
  const visit = { guard: sessionGuard(sessionVerifier(deps), { isOptional: true }), reads: 'none' } as const;
  return publicly(
    FLOW_KINDS.flatMap((kind) => {
      const use = KINDS[kind];
      if (use === undefined) return [];
      const f = handlersOf(kind, use);
      const path = `/self-service/${kind}`;
      const Name = nameOf(kind);
      // biome-ignore format: a table, a route a row.
      return [
        defineRoute({ method: 'GET', path: `${path}/api`, operation: `createNative${Name}Flow`, summary: `Begin a ${kind} flow for a native client`, ...visit, query: wire.InitQuery, reply: wire.Flow, errors: ['bad_request', 'unauthorized', 'forbidden'], handler: f.beginNative }),
        defineRoute({ method: 'GET', path: `${path}/browser`, operation: `createBrowser${Name}Flow`, summary: `Begin a ${kind} flow for a browser`, ...visit, query: wire.InitQuery, reply: wire.Flow, answers: BROWSER, errors: ['bad_request', 'unauthorized', 'forbidden'], handler: f.beginBrowser }),
        defineRoute({ method: 'GET', path: `${path}/flows`, operation: `get${Name}Flow`, summary: `Get a ${kind} flow`, ...visit, query: wire.ReadQuery, reply: wire.Flow, errors: ['bad_request', 'unauthorized', 'forbidden', 'not_found', 'gone'], handler: f.read }),
        defineRoute({ method: 'POST', path, operation: `update${Name}Flow`, summary: `Submit a ${kind} flow`, ...visit, reads: 'form-or-json', query: wire.SubmitQuery, body: wire.SubmitBody, reply: wire.Submitted, otherStatuses: [400], answers: BROWSER, errors: ['bad_request', 'unauthorized', 'forbidden', 'not_found', 'conflict', 'gone', 'unprocessable', 'too_many_requests', 'service_unavailable'], handler: f.submit }),
        ...(use.follow === undefined ? [] : [defineRoute({ method: 'GET', path, operation: `follow${Name}Link`, summary: `Follow a ${kind} link`, ...visit, query: wire.FollowQuery, reply: wire.Submitted, otherStatuses: [400], answers: BROWSER, errors: ['bad_request', 'forbidden', 'not_found', 'conflict', 'gone', 'unprocessable', 'service_unavailable'], handler: linkHandler(deps, kind, use) })]),
      ];
    }),
  );
}

function nameOf(kind: FlowKind): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
}
