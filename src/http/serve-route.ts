import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { CoreError, InternalFault, RateLimited } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { createClientAddress } from './client-address.ts';
import { readJsonBody } from './json-body.ts';
import { authenticate } from './key-authentication.ts';
import type { Log } from './logging.ts';
import type { ServerMetrics } from './metrics.ts';
import type { KeyVerifier, RateLimiter, VerifiedKey } from './ports.ts';
import { problem } from './problem.ts';
import { JSON_TYPE, type ReplyText, sendReply } from './reply.ts';
import { isKeyRoute, type OpenRoute, type Route } from './route.ts';
import { compileSerialiser } from './serialise.ts';
import type { Surface } from './surface.ts';
import type { Tracer } from './tracing.ts';

export interface ServeDeps {
  readonly verifier: KeyVerifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly tracer: Tracer | undefined;
  readonly clientAddress: ReturnType<typeof createClientAddress>;
  readonly bodyBytesMax: number;
  readonly isDraining: () => boolean;
}

/** What the router found out about a request. */
export interface Incoming {
  readonly requestId: string;
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | string[]>>;
}

/**
 * Everything that happens to a request of one route, in one function: guard, rate limit, body, handler, reply,
 * log line. In the contract's order of checks, so that nobody learns about a body's syntax without a key.
 * The function that comes back never rejects and always answers, unless the client is gone.
 */
export function createRouteServer(
  deps: ServeDeps,
  surface: Surface,
  route: Route,
): (incoming: Incoming) => Promise<void> {
  const { log, tracer, clientAddress } = deps;
  const name = `${route.method} ${route.path}`;
  const serialise = compileSerialiser(route.reply, `${surface.name}.${route.operation}`);
  const writeLine = log.requestWriter({ surface: surface.name, operation: route.operation, route: name });
  const observe = deps.metrics.observer(surface.name, route.operation);
  const status = route.status ?? 200;
  const bytesMax = route.bodyBytesMax ?? deps.bodyBytesMax;
  const isOptional = route.reads === 'json-or-none';

  const run = async (incoming: Incoming, onKey: (key: VerifiedKey) => void): Promise<unknown> => {
    const { raw, requestId } = incoming;
    const headers: IncomingHttpHeaders = raw.headers;
    const { address, fromTrustedProxy } = clientAddress(
      raw.socket.remoteAddress,
      headers['x-forwarded-for'] as string | undefined,
    );
    const principal = isKeyRoute(route)
      ? await authenticate(deps, route.guard, { headers, address, onKey })
      : undefined;
    const body = route.reads === 'none' ? undefined : await readJsonBody(raw, { bytesMax, isOptional });
    const { params, query } = incoming;
    const common = { requestId, params, query, body, headers, clientAddress: address, fromTrustedProxy };
    if (!isKeyRoute(route)) return (route as OpenRoute).handler(common);
    if (principal === undefined) throw new InternalFault('a guarded route without a principal');
    return route.handler({ ...common, principal, context: { principal, requestId } });
  };

  return async (incoming) => {
    const started = performance.now();
    const { requestId } = incoming;
    const span = tracer?.startSpan(name, incoming.raw.headers.traceparent as string | undefined);
    let key: VerifiedKey | undefined;
    let code: string | undefined;
    let reply: ReplyText;
    try {
      const value = await run(incoming, (verified) => {
        key = verified;
      });
      reply = { status, contentType: JSON_TYPE, body: status === 204 ? '' : serialise(value) };
    } catch (error) {
      const where = { requestId, surface: surface.name, operation: route.operation };
      const known = toCoreError(error, log, where);
      code = known.code;
      reply = presentError(surface, known, log, where);
    }
    sendReply(incoming.response, requestId, reply, deps.isDraining());
    const ms = performance.now() - started;
    observe(reply.status, ms / 1000);
    span?.end({
      status: reply.status,
      attributes: { 'http.request.method': route.method, 'http.route': route.path },
    });
    writeLine?.({
      ...{ requestId, status: reply.status, ms },
      ...{ keyId: key?.keyId, poolId: key?.poolId, code, traceId: span?.traceId },
    });
  };
}

type Where = { requestId: string; surface: string; operation: string };

/** Logs what an operator must see: faults of ours, dependencies that do not answer, and everything unknown. */
function toCoreError(error: unknown, log: Log, where: Where): CoreError {
  if (!(error instanceof CoreError)) {
    log.fault(error, where);
    return new InternalFault('not a CoreError', error);
  }
  if (error.kind === 'internal' || error.kind === 'unavailable') log.fault(error, where);
  return error;
}

/** The surface's own words for an error. A surface that fails at it is answered for in RFC 9457's. */
export function presentError(surface: Surface, error: CoreError, log: Log, where: Where): ReplyText {
  try {
    const { status, headers, body, contentType = JSON_TYPE } = surface.present(error);
    const retry =
      error instanceof RateLimited && headers?.['retry-after'] === undefined
        ? { 'retry-after': `${error.retryAfterSeconds}` }
        : undefined;
    return {
      status,
      contentType,
      body: JSON.stringify(body),
      headers: retry === undefined ? headers : { ...headers, ...retry },
    };
  } catch (fault) {
    log.fault(fault, where);
    return problem(500, 'An internal error occurred.');
  }
}
