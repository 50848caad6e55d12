import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../core/ports.ts';
import { answerBrokenHttp } from './broken-http.ts';
import { createClientAddress } from './client-address.ts';
import { createLog, type Log } from './logging.ts';
import { createMetrics, type ServerMetrics } from './metrics.ts';
import { pathsOf } from './mount.ts';
import { createFindPool, type FindPool } from './named-pool.ts';
import { operatorPages, type Page } from './pages.ts';
import type { KeyVerifier, PoolNamer, RateLimiter } from './ports.ts';
import { problem } from './problem.ts';
import { referencePages } from './reference-pages.ts';
import { sendReply } from './reply.ts';
import { requestIdOf } from './request-id.ts';
import type { Route } from './route.ts';
import { createRouteServer, type ServeDeps } from './serve-route.ts';
import { checkSurfaces, type Surface, takesPoolPrefix } from './surface.ts';
import type { Tracer } from './tracing.ts';
import { createRefusal } from './unrouted.ts';

export interface ServerLimits {
  /** Bytes of a request's line and headers together; DESIGN 7.1: 500 ids in a query must fit. */
  readonly headerBytesMax: number;
  /** Of a route that names no limit of its own. */
  readonly bodyBytesMax: number;
  /** For a request's head, and for the whole of it, to arrive. Handlers may take longer. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Longer than the usual 60 s of load balancers, so that they are the ones to close. */
  readonly keepAliveTimeoutMs: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  headerBytesMax: 64 * 1024,
  bodyBytesMax: 1024 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
};

export interface ServerOptions {
  readonly surfaces: readonly Surface[];
  readonly verifier: KeyVerifier;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  /** Whether dependencies answer; a rejection counts as no. Not asked any more once draining. */
  readonly readiness: () => Promise<boolean>;
  /** CIDR ranges of proxies whose X-Forwarded-For counts; default none. @throws TypeError Not a range. */
  readonly trustedProxies?: readonly string[];
  readonly limits?: Partial<ServerLimits>;
  /** Default: JSON lines of level `info` to standard output. */
  readonly log?: Log;
  readonly metrics?: ServerMetrics;
  /** When set, `GET /metrics` wants it as a bearer token; else `/metrics` is open. */
  readonly metricsToken?: string;
  /** False: there is no `/metrics`. Default true. */
  readonly offersMetrics?: boolean;
  readonly tracer?: Tracer;
  /** Needed once a surface has routes that carry no key and name a pool (`pool: 'named'`, `sessionGuard`). */
  readonly pools?: PoolNamer;
  /**
   * Where clients reach the server. Default in the OpenAPI documents and sample calls: `/`, that is, wherever they were
   * read; in the public base of a pool: where the server listens.
   */
  readonly publicUrl?: string;
}

export interface Server {
  /** @param port 0 picks a free one. @returns Where it listens. @throws Error The address is taken. */
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  /**
   * Readiness turns 503 and no connection is accepted any more, both at once; requests under way are finished
   * and every connection closes after its reply. What is left after `timeoutMs` is cut off. Calling again joins
   * the drain under way.
   * @returns Whether nothing had to be cut off.
   */
  drain(timeoutMs: number): Promise<boolean>;
  /** For tests (`inject`) and for plugins of the wiring; routes belong in a Surface. */
  readonly fastify: FastifyInstance;
}

/** The listener with all surfaces, health, metrics and reference pages. Stateless but for its connections. */
export function createServer(options: ServerOptions): Server {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { surfaces, tracer, log = createLog(), metrics = createMetrics() } = options;
  checkSurfaces(surfaces);
  let drained: Promise<boolean> | undefined;
  const isDraining = () => drained !== undefined;
  let listening: { host: string; port: number } | undefined;
  const deps: ServeDeps = {
    ...{ verifier: options.verifier, limiter: options.limiter, clock: options.clock },
    ...{ log, metrics, tracer, isDraining, bodyBytesMax: limits.bodyBytesMax },
    clientAddress: createClientAddress(options.trustedProxies ?? []),
    findPool: poolFinder(options, () => listening),
  };

  const refuseUnrouted = createRefusal({ surfaces, log, isDraining });
  const refuse = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    void refuseUnrouted({ requestId: request.id, raw: request.raw, response: reply.raw });
  };
  const fastify = Fastify({
    logger: false,
    genReqId: (raw) => requestIdOf(raw.headers['x-request-id']),
    // Ids longer than any of ours still reach their route, which refuses them in its own words.
    routerOptions: { maxParamLength: limits.headerBytesMax },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: { maxHeaderSize: limits.headerBytesMax, headersTimeout: limits.headersTimeoutMs },
    clientErrorHandler: answerBrokenHttp,
    // A path whose percent-encoding is broken is no route's.
    frameworkErrors: (_error, request, reply) => refuse(request, reply),
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    // Before Fastify looks at the body, which of an unknown route does not matter.
    if (request.is404) refuse(request, reply);
    else done();
  });
  for (const surface of surfaces) void fastify.register(async (scope) => addSurface(scope, surface, deps));
  const pages = [
    ...operatorPages({ ...options, metrics, isDraining }),
    ...referencePages(surfaces, { url: options.publicUrl ?? '/' }),
  ];
  for (const page of pages) addPage(fastify, page, deps);

  return {
    fastify,
    async listen(host, port) {
      await fastify.listen({ host, port });
      const address = fastify.server.address();
      if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP');
      listening = { host: address.address, port: address.port };
      return listening;
    },
    drain(timeoutMs) {
      drained ??= drain(fastify, timeoutMs).finally(async () => {
        await tracer?.flush();
        log.flush();
      });
      return drained;
    },
  };
}

async function drain(fastify: FastifyInstance, timeoutMs: number): Promise<boolean> {
  let inTime = true;
  const timer = setTimeout(() => {
    inTime = false;
    fastify.server.closeAllConnections();
  }, timeoutMs);
  await fastify.close();
  clearTimeout(timer);
  return inTime;
}

/** @throws TypeError Routes name pools, and there is nobody who knows them. */
function poolFinder(
  { surfaces, pools, publicUrl }: ServerOptions,
  listening: () => { host: string; port: number } | undefined,
): FindPool | undefined {
  if (!surfaces.some((one) => one.routes.some((route) => takesPoolPrefix(one, route)))) return undefined;
  if (pools === undefined) throw new TypeError('Routes name pools, and there is no PoolNamer.');
  return createFindPool({ pools, publicUrl, listening });
}

// A name that no route's own parameter has: it is taken out again before a handler sees the parameters.
const POOL_PARAMETER = 'poolOfPrefix';

/** One encapsulated plugin a surface. Fastify routes; everything after that is `createRouteServer`'s. */
function addSurface(scope: FastifyInstance, surface: Surface, deps: ServeDeps): void {
  for (const route of surface.routes) {
    const serve = createRouteServer(deps, surface, route);
    for (const url of pathsOf(route)) {
      addRoute(scope, route, url, (request, response) => {
        const params = request.params as Record<string, string>;
        void serve({ ...routed(request), response, params, appId: undefined });
      });
      if (!takesPoolPrefix(surface, route)) continue;
      addRoute(scope, route, `/p/:${POOL_PARAMETER}${url}`, (request, response) => {
        const { [POOL_PARAMETER]: appId, ...params } = request.params as Record<string, string>;
        void serve({ ...routed(request), response, params, appId });
      });
    }
  }
}

function routed({ id: requestId, raw, query }: FastifyRequest) {
  return { requestId, raw, query: query as Record<string, string | string[]> };
}

function addRoute(
  scope: FastifyInstance,
  { method }: Route,
  url: string,
  serve: (request: FastifyRequest, response: FastifyReply['raw']) => void,
): void {
  scope.route({
    ...{ method, url, exposeHeadRoute: true },
    // Served before Fastify reads the body: the contracts want the key checked first.
    onRequest: (request, reply, _done) => {
      reply.hijack();
      serve(request, reply.raw);
    },
    handler: unreachable,
  });
}

function addPage(fastify: FastifyInstance, page: Page, { log, isDraining }: ServeDeps): void {
  fastify.get(page.path, {
    onRequest: (request, reply, _done) => {
      reply.hijack();
      page
        .answer(request.raw)
        .catch((error: unknown) => {
          log.fault(error, { requestId: request.id, surface: 'server', operation: page.path });
          return problem(500, 'An internal error occurred.');
        })
        .then((answer) => sendReply(reply.raw, request.id, answer, isDraining()));
    },
    handler: unreachable,
  });
}

function unreachable(): never {
  throw new Error('The reply was hijacked in onRequest.');
}
