import type { IncomingMessage, ServerResponse } from 'node:http';
import { InternalFault } from '../core/errors.ts';
import { type BodyStream, streamBody } from './body-stream.ts';
import type { ClientAddress } from './client-address.ts';
import { parseCookies } from './cookies.ts';
import { readFormOrJson } from './form-body.ts';
import { readJsonBody, readJsonValue } from './json-body.ts';
import type { NamedPool } from './named-pool.ts';
import type { RateLimiter, VerifiedKey } from './ports.ts';
import type { Negotiated, OpenRequest, SessionRequest } from './requests.ts';
import { isKeyRoute, isSessionRoute, type OpenRoute, type Route } from './route.ts';

/** What the router found out about a request. */
export interface Incoming {
  readonly requestId: string;
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | string[]>>;
  /** What stood after `/p/`; undefined where the path has no such prefix. */
  readonly appId: string | undefined;
}

/** Who sent a request and what was made out with them: a key, or a pool, or nothing. */
export interface Caller extends ClientAddress {
  readonly key: VerifiedKey | undefined;
  readonly negotiated: Negotiated | undefined;
  readonly pool: NamedPool | undefined;
  readonly session: Pick<SessionRequest, 'session' | 'tokenSource'> | undefined;
}

type Body = Pick<OpenRequest, 'body' | 'bodyKind'>;

const NO_BODY: Body = { body: undefined, bodyKind: undefined };

/** Reads the body as the route wants it and calls the handler with everything that it may see. */
export function createHandlerCaller(
  route: Route,
  options: { readonly limiter: RateLimiter; readonly bytesMax: number },
): (incoming: Incoming, caller: Caller) => Promise<unknown> {
  const { bytesMax } = options;
  const readsNothing = route.reads === 'none' || route.reads === 'stream';

  const run = async (
    incoming: Incoming,
    caller: Caller,
    stream: BodyStream | undefined,
  ): Promise<unknown> => {
    const { raw, requestId, params, query } = incoming;
    const { address, fromTrustedProxy, key, negotiated } = caller;
    const { headers } = raw;
    const read = readsNothing ? NO_BODY : await readBody(route, raw, bytesMax);
    const line = lineOf(raw);
    const common: OpenRequest = {
      ...{ requestId, params, query, stream: stream?.bytes, line, headers },
      ...{ body: read.body, bodyKind: read.bodyKind, clientAddress: address, fromTrustedProxy },
      cookies: () => parseCookies(headers.cookie),
    };
    const origin = { address, method: line.method, path: line.path };
    if (isKeyRoute(route)) {
      if (key === undefined) throw new InternalFault('a guarded route without a principal');
      const context = { principal: key, requestId, origin };
      const rate = () => options.limiter.status(key);
      return route.handler({ ...common, principal: key, context, negotiated, rate });
    }
    return callKeyless(route, common, caller, origin);
  };

  return async (incoming, caller) => {
    if (route.reads !== 'stream') return run(incoming, caller, undefined);
    const stream = streamBody(incoming.raw, { bytesMax });
    return run(incoming, caller, stream).finally(() => stream.release());
  };
}

function callKeyless(
  route: Exclude<Route, { guard: { kind: 'key' } }>,
  common: OpenRequest,
  { pool, session }: Caller,
  origin: { address: string; method: string; path: string },
): Promise<unknown> {
  if (pool === undefined) return (route as OpenRoute).handler(common);
  const context = { poolId: pool.poolId, requestId: common.requestId, origin };
  const named = { ...common, ...pool, context };
  if (!isSessionRoute(route)) return (route as OpenRoute).handler(named);
  if (session === undefined) throw new InternalFault('a session route without a session');
  return route.handler({ ...named, ...session });
}

async function readBody({ reads }: Route, raw: IncomingMessage, bytesMax: number): Promise<Body> {
  switch (reads) {
    case 'json':
    case 'json-or-none': {
      const body = await readJsonBody(raw, { bytesMax, isOptional: reads === 'json-or-none' });
      return body === undefined ? NO_BODY : { body, bodyKind: 'json' };
    }
    case 'json-any':
      return { body: await readJsonValue(raw, { bytesMax }), bodyKind: 'json' };
    case 'form-or-json':
      return readFormOrJson(raw, { bytesMax });
    default:
      return NO_BODY;
  }
}

/** The request line as sent. */
export function lineOf({ url = '', method = '' }: IncomingMessage): OpenRequest['line'] {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  return { method, path, query: url.slice(path.length + 1) };
}
