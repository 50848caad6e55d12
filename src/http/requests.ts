import type { PoolId, Principal, RequestContext, RequestOrigin } from '../core/ports.ts';
import type { Guard, KeyGuard, SessionGuard } from './guards.ts';
import type { RateStatus, VerifiedSession } from './ports.ts';

// What handlers see of a request. No Fastify and no node:http object crosses this line.

export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Of any request. */
export interface OpenRequest {
  /** The `x-request-id`: the client's own where it is well formed, else a UUID. */
  readonly requestId: string;
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters, decoded, keys not taken apart (`pagination[offset]`); a repeated key gives a list. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** What was sent, as the route's `reads` says; undefined where it reads nothing or nothing was sent. */
  readonly body: unknown;
  /** How `body` was written; undefined where there is none. */
  readonly bodyKind: 'json' | 'form' | undefined;
  /** The bytes that are being sent, bounded, to be read once; undefined where the route does not read a stream. */
  readonly stream: AsyncIterable<Uint8Array> | undefined;
  /** The request line as sent, percent-encoding included; `HEAD` where a GET route answers it. */
  readonly line: { readonly method: string; readonly path: string; readonly query: string };
  /** Lower-case names. */
  readonly headers: RequestHeaders;
  /** The cookies as `parseCookies` reads them, read when asked for. */
  readonly cookies: () => ReadonlyMap<string, string>;
  /** RFC 5952 for IPv6, dotted for IPv4 and IPv4-mapped; behind trusted proxies the address that they report. */
  readonly clientAddress: string;
  /** The TCP peer is one of the trusted proxies. */
  readonly fromTrustedProxy: boolean;
}

/** What a surface made out with its caller about the reply (`Surface.negotiate`). A surface may return more. */
export interface Negotiated {
  /**
   * Has the last word about a reply's body, after the reply schema picked its keys; gives a new value and leaves
   * the one it is given alone. A key whose value is undefined counts as not there. Never throws.
   */
  readonly shape: (body: unknown) => unknown;
}

/** Of a `keyGuard` route. */
export interface GuardedRequest extends OpenRequest {
  readonly principal: Principal;
  readonly context: RequestContext;
  /** What the surface's `negotiate` returned, for the surface to narrow; undefined where it has none. */
  readonly negotiated: Negotiated | undefined;
  /** How the key stands, this request included. Asks nobody. */
  readonly rate: () => RateStatus;
}

/** What a use case knows of a request that carries no key. */
export interface PoolContext {
  readonly poolId: PoolId;
  readonly requestId: string;
  readonly origin: RequestOrigin;
}

/** Of a route that carries no key and has a pool all the same (`pool: 'named'`). */
export interface PoolRequest extends OpenRequest {
  readonly poolId: PoolId;
  /**
   * Where this pool is reached from outside, without a slash at its end: the configured public URL (or the listening
   * address), with the pool's own host name, or with `/p/{app_id}`, where the client used one of these. Fit for links
   * in messages: what else stood in Host and X-Forwarded-Host has no part in it.
   */
  readonly publicBase: string;
  readonly context: PoolContext;
}

/** Where a session's token was found. Only a cookie is sent by browsers unasked: those requests need proof of intent. */
export type TokenSource = 'header' | 'cookie' | 'bearer';

/** Of a `sessionGuard` route. */
export interface SessionRequest<Session extends VerifiedSession | null = VerifiedSession | null>
  extends PoolRequest {
  readonly session: Session;
  /** Of the token that counted, good or not; null where there was none. */
  readonly tokenSource: TokenSource | null;
}

/** What the handler of a route sees. */
export type RequestOf<G extends Guard, Pool extends 'named' | undefined> = G extends KeyGuard
  ? GuardedRequest
  : G extends SessionGuard<infer Session, infer IsOptional>
    ? SessionRequest<
        false extends IsOptional ? (true extends IsOptional ? Session | null : Session) : Session | null
      >
    : Pool extends 'named'
      ? PoolRequest
      : OpenRequest;

/** What a surface may look at to say what went wrong. */
export interface ErrorRequest {
  readonly requestId: string;
  readonly line: OpenRequest['line'];
  readonly headers: RequestHeaders;
  /** Undefined where no route was reached, where it names no pool, and where there is no such pool. */
  readonly pool: Pick<PoolRequest, 'poolId' | 'publicBase'> | undefined;
}
