import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { CoreError, InternalFault, QuotaExceeded, RateLimited } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { type BodyStream, streamBody } from './body-stream.ts';
import type { ClientAddress, createClientAddress } from './client-address.ts';
import { readJsonBody } from './json-body.ts';
import { authenticate, requireGrant } from './key-authentication.ts';
import type { Log } from './logging.ts';
import type { ServerMetrics } from './metrics.ts';
import type { KeyVerifier, RateLimiter, RateStatus, VerifiedKey } from './ports.ts';
import { problem } from './problem.ts';
import { JSON_TYPE, type ReplyText, sendReply } from './reply.ts';
import { type ReadyBytes, sendBytes, startBytes } from './reply-bytes.ts';
import {
  BytesReply,
  HandlerReply,
  isKeyRoute,
  type Negotiated,
  type OpenRoute,
  type Route,
} from './route.ts';
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

/** Who sent a request and what was made out with them; no key on an open route. */
interface Caller extends ClientAddress {
  readonly key: VerifiedKey | undefined;
  readonly negotiated: Negotiated | undefined;
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
  const { log, tracer, limiter, clientAddress } = deps;
  const name = `${route.method} ${route.path}`;
  const serialise = compileSerialiser(route.reply, `${surface.name}.${route.operation}`);
  const writeLine = log.requestWriter({ surface: surface.name, operation: route.operation, route: name });
  const observe = deps.metrics.observer(surface.name, route.operation);
  const guard = isKeyRoute(route) ? route.guard : null;
  const usualStatus = route.status ?? 200;
  const bytesMax = route.bodyBytesMax ?? deps.bodyBytesMax;
  const isOptional = route.reads === 'json-or-none';

  const handle = async (incoming: Incoming, caller: Caller): Promise<unknown> => {
    if (route.reads !== 'stream') return run(incoming, caller, undefined);
    const stream = streamBody(incoming.raw, { bytesMax });
    return run(incoming, caller, stream).finally(() => stream.release());
  };

  const run = async (
    incoming: Incoming,
    caller: Caller,
    stream: BodyStream | undefined,
  ): Promise<unknown> => {
    const { raw, requestId, params, query } = incoming;
    const { address, fromTrustedProxy, key, negotiated } = caller;
    const { headers } = raw;
    const readsJson = route.reads === 'json' || route.reads === 'json-or-none';
    const body = readsJson ? await readJsonBody(raw, { bytesMax, isOptional }) : undefined;
    const path = pathOf(raw.url);
    const line = { method: raw.method ?? route.method, path, query: raw.url?.slice(path.length + 1) ?? '' };
    const common = {
      ...{ requestId, params, query, body, stream: stream?.bytes, line, headers },
      ...{ clientAddress: address, fromTrustedProxy },
    };
    if (!isKeyRoute(route)) return (route as OpenRoute).handler(common);
    if (key === undefined) throw new InternalFault('a guarded route without a principal');
    const origin = { address, method: line.method, path };
    const context = { principal: key, requestId, origin };
    return route.handler({ ...common, principal: key, context, negotiated, rate: () => limiter.status(key) });
  };

  const succeed = (answer: unknown, negotiated: Negotiated | undefined): ReplyText => {
    const own = answer instanceof HandlerReply ? answer : undefined;
    const code = own?.status ?? usualStatus;
    const value: unknown = own === undefined ? answer : own.value;
    const body = code === 204 ? '' : serialise(value, negotiated?.shape);
    return { status: code, contentType: JSON_TYPE, body, headers: own?.headers };
  };

  /** @returns The code of what broke the reply off, for the log line. */
  const passOn = async (incoming: Incoming, bytes: ReadyBytes): Promise<string | undefined> => {
    const { requestId, response, raw } = incoming;
    try {
      const isHead = raw.method === 'HEAD';
      await sendBytes(response, bytes, { requestId, isDraining: deps.isDraining(), isHead });
      return undefined;
    } catch (error) {
      log.fault(error, { requestId, surface: surface.name, operation: route.operation });
      return error instanceof CoreError ? error.code : 'internal_fault';
    }
  };

  return async (incoming) => {
    const started = performance.now();
    const { requestId, raw } = incoming;
    const headers: IncomingHttpHeaders = raw.headers;
    const span = tracer?.startSpan(name, headers.traceparent as string | undefined);
    let key: VerifiedKey | undefined;
    let negotiated: Negotiated | undefined;
    let code: string | undefined;
    let reply: ReplyText | undefined;
    let bytes: ReadyBytes | undefined;
    try {
      const { address, fromTrustedProxy } = clientAddress(
        raw.socket.remoteAddress,
        headers['x-forwarded-for'] as string | undefined,
      );
      if (guard !== null) {
        const onKey = (good: VerifiedKey) => {
          key = good;
        };
        const verified = await authenticate(deps, { headers, address, onKey });
        if (surface.negotiate !== undefined) negotiated = surface.negotiate({ headers, key: verified });
        requireGrant(guard, verified);
      }
      const answer = await handle(incoming, { address, fromTrustedProxy, key, negotiated });
      if (answer instanceof BytesReply) bytes = await startBytes(answer);
      else reply = succeed(answer, negotiated);
    } catch (error) {
      const where = { requestId, surface: surface.name, operation: route.operation };
      const known = toCoreError(error, log, where);
      code = known.code;
      reply = presentError(surface, known, { log, where, headers, negotiated });
    }
    const rate =
      surface.rateHeaders === true && key !== undefined ? rateHeadersOf(limiter.status(key)) : undefined;
    const status = reply?.status ?? bytes?.status ?? 500;
    if (bytes !== undefined) {
      code = await passOn(
        incoming,
        rate === undefined ? bytes : { ...bytes, headers: { ...bytes.headers, ...rate } },
      );
    } else if (reply !== undefined) {
      if (rate !== undefined) reply = { ...reply, headers: { ...reply.headers, ...rate } };
      sendReply(incoming.response, requestId, reply, deps.isDraining());
    }
    const ms = performance.now() - started;
    observe(status, ms / 1000);
    span?.end({
      status,
      attributes: { 'http.request.method': route.method, 'http.route': route.path },
    });
    writeLine?.({
      ...{ requestId, status, ms },
      ...{ keyId: key?.keyId, poolId: key?.poolId, code, traceId: span?.traceId },
    });
  };
}

function pathOf(url = ''): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

function rateHeadersOf({ limit, remaining, resetAtSeconds }: RateStatus): Record<string, string> {
  return {
    'x-ratelimit-limit': `${limit}`,
    'x-ratelimit-remaining': `${remaining}`,
    'x-ratelimit-reset': `${resetAtSeconds}`,
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
export function presentError(
  surface: Surface,
  error: CoreError,
  given: {
    log: Log;
    where: Where;
    headers: IncomingHttpHeaders;
    /** Undefined where `Surface.negotiate` was not reached, threw, or is not there. */
    negotiated: Negotiated | undefined;
  },
): ReplyText {
  try {
    const { status, headers, body, contentType = JSON_TYPE } = surface.present(error);
    const negotiated = given.negotiated ?? surface.negotiateError?.(given.headers);
    const shaped = negotiated === undefined ? body : negotiated.shape(body);
    const isWait = error instanceof RateLimited || error instanceof QuotaExceeded;
    const retry =
      isWait && headers?.['retry-after'] === undefined
        ? { 'retry-after': `${error.retryAfterSeconds}` }
        : undefined;
    return {
      status,
      contentType,
      body: JSON.stringify(shaped),
      headers: retry === undefined ? headers : { ...headers, ...retry },
    };
  } catch (fault) {
    given.log.fault(fault, given.where);
    return problem(500, 'An internal error occurred.');
  }
}
