import type { Static, TSchema } from 'typebox';
import type { Guard, KeyGuard, OpenGuard, SessionGuard } from './guards.ts';
import type { BytesReply, HandlerReply, OtherAnswer, PageReply, RedirectReply } from './replies.ts';
import type { RequestOf } from './requests.ts';

export type { Guard, KeyGuard, OpenGuard, SessionGuard } from './guards.ts';
export { keyGuard, openGuard, sandboxGuard, sessionGuard } from './guards.ts';
export type { ReplyOptions } from './replies.ts';
export {
  BytesReply,
  HandlerReply,
  redirectTo,
  replyWith,
  replyWithBytes,
  replyWithPage,
} from './replies.ts';
export type {
  ErrorRequest,
  GuardedRequest,
  Negotiated,
  OpenRequest,
  PoolContext,
  PoolRequest,
  SessionRequest,
} from './requests.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * How a route takes its body. A body of another content type is UnsupportedMediaType, after the guard was asked.
 *
 * - `json`: a JSON object must be sent, else UnreadableBody;
 * - `json-or-none`: may also be empty or absent (`body` is undefined then), whatever the content type says;
 * - `json-any`: any JSON value must be sent;
 * - `form-or-json`: a JSON object, or a form (`application/x-www-form-urlencoded`) unfolded as `parseForm` says; a form
 *   may be empty. `bodyKind` tells which;
 * - `none`: a body is not looked at;
 * - `stream`: whatever is sent, handed over as `stream` while it comes in; `body` is undefined.
 */
export type Reads = 'json' | 'json-or-none' | 'json-any' | 'form-or-json' | 'none' | 'stream';

type AnyReply<Value> = Value | HandlerReply<Value> | BytesReply | RedirectReply | PageReply;

/** One row of a surface's `routes.ts`. A row without a guard does not compile. */
export interface RouteOf<
  G extends Guard,
  Reply extends TSchema,
  Pool extends 'named' | undefined = 'named' | undefined,
> {
  readonly method: Method;
  /** Full path with `:name` parameters, `/api/v1/identity/:identity_id`. */
  readonly path: string;
  /** Other full paths of the same operation, with the same parameters (`mount`). Logs and the reference name `path`. */
  readonly aliases?: readonly string[];
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
  readonly reads: Reads;
  /** Content type of what is sent, for the reference; default JSON. */
  readonly bodyType?: string;
  /**
   * What the handler answers with instead of JSON (`'bytes'`; `reply` is not used then), or besides JSON
   * (`['redirect', 'page']`). Default: JSON alone. Anything else that it answers with is an InternalFault.
   */
  readonly answers?: OtherAnswer | readonly OtherAnswer[];
  /**
   * `named`: for a route without a key that belongs to a pool all the same. Its paths answer also below `/p/{app_id}`,
   * and the pool is that of the prefix, else that of the host name, else the default; an unknown one is NotFound.
   * Session routes have it without saying so.
   */
  readonly pool?: Pool;
  /** Default: the server's `bodyBytesMax`. */
  readonly bodyBytesMax?: number;
  handler(request: RequestOf<G, Pool>): Promise<AnyReply<Static<Reply>>>;
}

export type KeyRoute = RouteOf<KeyGuard, TSchema>;
export type OpenRoute = RouteOf<OpenGuard, TSchema>;
export type SessionRoute = RouteOf<SessionGuard, TSchema>;
export type Route = KeyRoute | OpenRoute | SessionRoute;

/**
 * Checks a row against its own guard and reply schema: the handler of a `keyGuard` row sees `principal`, that of a
 * `sessionGuard` row `session`, that of an `openGuard` row neither, and each returns what `reply` describes.
 */
export function defineRoute<
  G extends Guard,
  const Reply extends TSchema,
  Pool extends 'named' | undefined = undefined,
>(
  route: RouteOf<G, Reply, Pool>,
): G extends KeyGuard ? KeyRoute : G extends SessionGuard ? SessionRoute : OpenRoute;
export function defineRoute(route: RouteOf<Guard, TSchema>): Route {
  return route as Route;
}

/** Tells the kinds of row apart; TypeScript does not narrow a union by a nested property. */
export function isKeyRoute(route: Route): route is KeyRoute {
  return route.guard.kind === 'key';
}

export function isSessionRoute(route: Route): route is SessionRoute {
  return route.guard.kind === 'session';
}

/** Whether its requests say which pool they belong to by where they are sent. */
export function hasNamedPool(route: Route): boolean {
  return route.pool === 'named' || isSessionRoute(route);
}
