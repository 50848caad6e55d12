import type { Static, TSchema } from 'typebox';
import type { Grant } from '../core/grants.ts';
import type { Principal, RequestContext } from '../core/ports.ts';
import type { RateStatus } from './ports.ts';

/** A valid API key, with `grant` or, when that is null, with any grants at all. */
export interface KeyGuard {
  readonly kind: 'key';
  readonly grant: Grant | null;
  /** Another grant that lets through as well. */
  readonly or?: Grant;
}

/** Nobody is asked who they are. `because` is shown in the reference, so that no route is open by accident. */
export interface OpenGuard {
  readonly kind: 'open';
  readonly because: string;
}

export type Guard = KeyGuard | OpenGuard;

export function keyGuard(grant: Grant | null, or?: Grant): KeyGuard {
  return { kind: 'key', grant, ...(or === undefined ? {} : { or }) };
}

export function openGuard(because: string): OpenGuard {
  return { kind: 'open', because };
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler sees of a request. No Fastify and no node:http object crosses this line. */
export interface OpenRequest {
  /** The `x-request-id`: the client's own where it is well formed, else a UUID. */
  readonly requestId: string;
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Query parameters, decoded, keys not taken apart (`pagination[offset]`); a repeated key gives a list. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** The JSON object that was sent; undefined where the route reads none or none was sent. */
  readonly body: unknown;
  /** The bytes that are being sent, bounded, to be read once; undefined where the route does not read a stream. */
  readonly stream: AsyncIterable<Uint8Array> | undefined;
  /** The request line as sent, percent-encoding included; `HEAD` where a GET route answers it. */
  readonly line: { readonly method: string; readonly path: string; readonly query: string };
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
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

export interface GuardedRequest extends OpenRequest {
  readonly principal: Principal;
  readonly context: RequestContext;
  /** What the surface's `negotiate` returned, for the surface to narrow; undefined where it has none. */
  readonly negotiated: Negotiated | undefined;
  /** How the key stands, this request included. Asks nobody. */
  readonly rate: () => RateStatus;
}

/** A reply with a status or headers of its own; made by `replyWith`. */
export class HandlerReply<Value> {
  readonly value: Value;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  constructor(value: Value, options: ReplyOptions) {
    this.value = value;
    this.status = options.status;
    this.headers = options.headers;
  }
}

export interface ReplyOptions {
  /** Default: the route's. With 204 nothing is sent, whatever the value is. */
  readonly status?: number;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** For a handler whose answer is more than its body: another status than the route's, or headers. */
export function replyWith<Value>(value: Value, options: ReplyOptions = {}): HandlerReply<Value> {
  return new HandlerReply(value, options);
}

/** A reply of bytes instead of JSON; made by `replyWithBytes`. Its own headers count, but for the kit's `nosniff`. */
export class BytesReply {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  constructor(bytes: AsyncIterable<Uint8Array>, options: ReplyOptions & { readonly sizeBytes: number }) {
    this.bytes = bytes;
    this.sizeBytes = options.sizeBytes;
    this.status = options.status;
    this.headers = options.headers;
  }
}

/**
 * For a route that `answers: 'bytes'`. An error before the first piece is answered like any other; a later one breaks
 * the reply off.
 *
 * @param options.sizeBytes Exactly as many as there are.
 */
export function replyWithBytes(
  bytes: AsyncIterable<Uint8Array>,
  options: ReplyOptions & { readonly sizeBytes: number },
): BytesReply {
  return new BytesReply(bytes, options);
}

type RequestOf<G extends Guard> = G extends KeyGuard ? GuardedRequest : OpenRequest;

/** One row of a surface's `routes.ts`. A row without a guard does not compile. */
export interface RouteOf<G extends Guard, Reply extends TSchema> {
  readonly method: Method;
  /** Full path with `:name` parameters, `/api/v1/identity/:identity_id`. */
  readonly path: string;
  /** camelCase, unique in the surface: OpenAPI's operationId, and the name in logs, metrics and traces. */
  readonly operation: string;
  readonly summary: string;
  readonly guard: G;
  /** Schemas of what comes in: for the reference. The handler calls `parse` itself, in its contract's order. */
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** What goes out. The reply carries the keys that this schema names and no others. */
  readonly reply: Reply;
  /** Of a success without one of its own (`replyWith`); default 200. With 204 nothing is sent. */
  readonly status?: number;
  /** Other statuses of success that a handler answers with (`replyWith`), with the same schema; for the reference. */
  readonly otherStatuses?: readonly number[];
  /** The surface's error codes that this operation answers with, beyond those of every guarded route. */
  readonly errors?: readonly string[];
  /**
   * - `json`: a JSON object must be sent, else UnreadableBody;
   * - `json-or-none`: may also be empty or absent (`body` is undefined then), whatever the content type says;
   * - `none`: a body is not looked at;
   * - `stream`: whatever is sent, handed over as `stream` while it comes in; `body` is undefined.
   */
  readonly reads: 'json' | 'json-or-none' | 'none' | 'stream';
  /** Content type of what is sent, for the reference; default JSON. */
  readonly bodyType?: string;
  /** `bytes`: the handler answers with `replyWithBytes`; `reply` is not used then. Default JSON. */
  readonly answers?: 'bytes';
  /** Default: the server's `bodyBytesMax`. */
  readonly bodyBytesMax?: number;
  handler(request: RequestOf<G>): Promise<Static<Reply> | HandlerReply<Static<Reply>> | BytesReply>;
}

export type KeyRoute = RouteOf<KeyGuard, TSchema>;
export type OpenRoute = RouteOf<OpenGuard, TSchema>;
export type Route = KeyRoute | OpenRoute;

/**
 * Checks a row against its own guard and reply schema: the handler of a `keyGuard` row sees `principal`, that
 * of an `openGuard` row does not, and each returns what `reply` describes.
 */
export function defineRoute<G extends Guard, const Reply extends TSchema>(
  route: RouteOf<G, Reply>,
): G extends KeyGuard ? KeyRoute : OpenRoute;
export function defineRoute(route: RouteOf<Guard, TSchema>): Route {
  return route as Route;
}

/** Tells the two kinds of row apart; TypeScript does not narrow a union by a nested property. */
export function isKeyRoute(route: Route): route is KeyRoute {
  return route.guard.kind === 'key';
}
