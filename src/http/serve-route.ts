import { CoreError } from '../core/errors.ts';
import { type AdmitDeps, createAdmission, type Known } from './admit.ts';
import { answerKinds, createAnswerer } from './answer.ts';
import { createHandlerCaller, type Incoming, lineOf } from './call-handler.ts';
import { crossOriginHeaders, joinHeaders } from './cross-origin.ts';
import type { Log } from './logging.ts';
import type { ServerMetrics } from './metrics.ts';
import type { RateStatus } from './ports.ts';
import { presentError, toCoreError } from './present-error.ts';
import { problem } from './problem.ts';
import { BytesReply } from './replies.ts';
import { type ReplyText, sendReply } from './reply.ts';
import { type ReadyBytes, sendBytes, startBytes } from './reply-bytes.ts';
import type { Route } from './route.ts';
import type { Surface } from './surface.ts';
import type { Tracer } from './tracing.ts';

export interface ServeDeps extends AdmitDeps {
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly tracer: Tracer | undefined;
  readonly bodyBytesMax: number;
  readonly isDraining: () => boolean;
}

/**
 * Everything that happens to a request of one route, in one function: guard, rate limit, negotiation, grant, body,
 * handler, reply, log line. In the contract's order of checks, so that nobody learns about a body's syntax without
 * a key. The function that comes back never rejects and always answers, unless the client is gone.
 */
export function createRouteServer(
  deps: ServeDeps,
  surface: Surface,
  route: Route,
): (incoming: Incoming) => Promise<void> {
  const { log, tracer, limiter } = deps;
  const name = `${route.method} ${route.path}`;
  const answerOf = createAnswerer(route, `${surface.name}.${route.operation}`);
  const admit = createAdmission(deps, surface, route);
  const call = createHandlerCaller(route, { limiter, bytesMax: route.bodyBytesMax ?? deps.bodyBytesMax });
  const writeLine = log.requestWriter({ surface: surface.name, operation: route.operation, route: name });
  const observe = deps.metrics.observer(surface.name, route.operation);
  const kinds = answerKinds(route);
  const mayShowPage = kinds.has('page') || kinds.has('redirect');
  const whereOf = (requestId: string) => ({ requestId, surface: surface.name, operation: route.operation });

  /** @returns The code of what broke the reply off, for the log line. */
  const passOn = async (incoming: Incoming, bytes: ReadyBytes): Promise<string | undefined> => {
    const { requestId, response, raw } = incoming;
    try {
      const isHead = raw.method === 'HEAD';
      await sendBytes(response, bytes, { requestId, isDraining: deps.isDraining(), isHead });
      return undefined;
    } catch (error) {
      log.fault(error, whereOf(requestId));
      return error instanceof CoreError ? error.code : 'internal_fault';
    }
  };

  /** A header that Node refuses is a fault of ours, found only when it is written. @returns The status sent. */
  const send = ({ requestId, response }: Incoming, reply: ReplyText): number => {
    try {
      sendReply(response, requestId, reply, deps.isDraining());
      return reply.status;
    } catch (fault) {
      log.fault(fault, whereOf(requestId));
      sendReply(response, requestId, problem(500, 'An internal error occurred.'), deps.isDraining());
      return 500;
    }
  };

  return async (incoming) => {
    const started = performance.now();
    const { requestId, raw } = incoming;
    const { headers } = raw;
    const span = tracer?.startSpan(name, headers.traceparent as string | undefined);
    const known: Known = { key: undefined, negotiated: undefined, pool: undefined };
    let code: string | undefined;
    let reply: ReplyText | ReadyBytes;
    try {
      const caller = await admit(incoming, known);
      const answer = answerOf(await call(incoming, caller), known.negotiated);
      reply = answer instanceof BytesReply ? await startBytes(answer) : answer;
    } catch (error) {
      const where = whereOf(requestId);
      const { negotiated, pool } = known;
      const request = { requestId, line: lineOf(raw), headers, pool };
      const shown = toCoreError(error, log, where);
      code = shown.code;
      reply = presentError(surface, shown, { log, where, request, negotiated, mayShowPage });
    }
    if (surface.rateHeaders === true && known.key !== undefined)
      reply = { ...reply, headers: { ...reply.headers, ...rateHeadersOf(limiter.status(known.key)) } };
    if (surface.crossOrigin !== undefined) {
      const onFault = (error: unknown) => log.fault(error, whereOf(requestId));
      const request = { headers, path: lineOf(raw).path, onFault };
      const added = await crossOriginHeaders(surface.crossOrigin, request);
      reply = { ...reply, headers: joinHeaders(reply.headers, added) };
    }
    let { status } = reply;
    if ('first' in reply) code = await passOn(incoming, reply);
    else status = send(incoming, reply);
    const ms = performance.now() - started;
    observe(status, ms / 1000);
    span?.end({
      status,
      attributes: { 'http.request.method': route.method, 'http.route': route.path },
    });
    const { key, pool } = known;
    writeLine?.({
      ...{ requestId, status, ms },
      ...{ keyId: key?.keyId, poolId: key?.poolId ?? pool?.poolId, code, traceId: span?.traceId },
    });
  };
}

function rateHeadersOf({ limit, remaining, resetAtSeconds }: RateStatus): Record<string, string> {
  return {
    'x-ratelimit-limit': `${limit}`,
    'x-ratelimit-remaining': `${remaining}`,
    'x-ratelimit-reset': `${resetAtSeconds}`,
  };
}
