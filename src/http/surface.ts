import type { TSchema } from 'typebox';
import type { CoreError } from '../core/errors.ts';
import type { Cookie } from './cookies.ts';
import type { CrossOrigin } from './cross-origin.ts';
import { pathsOf } from './mount.ts';
import type { SessionVerifier, VerifiedKey } from './ports.ts';
import type { PageReply, RedirectReply } from './replies.ts';
import type { ErrorRequest, Negotiated, RequestHeaders } from './requests.ts';
import { hasNamedPool, isKeyRoute, type Route } from './route.ts';

export type { Negotiated } from './requests.ts';

/** An error in a surface's own words. */
export interface Presented {
  readonly status: number;
  /** Lower-case names. `retry-after` of RateLimited, QuotaExceeded and Busy is added where it is not given. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly Cookie[];
  readonly body: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** One API dialect as the kit serves it: a table of routes and one way to say what went wrong. */
export interface Surface {
  /** The folder's name: `pools`. Names its OpenAPI document, and is a label in logs and metrics. */
  readonly name: string;
  readonly title: string;
  /** Of the contract, for OpenAPI's `info.version`. */
  readonly version: string;
  /** A few sentences for the head of the reference page; plain text. */
  readonly description?: string;
  readonly routes: readonly Route[];
  /**
   * Whether an address that no route matches is this surface's to refuse. Pure, and never throws.
   * @param path As sent, still percent-encoded, without the query.
   */
  owns(path: string): boolean;
  /**
   * Pure, and never throws. What is not a CoreError was already logged and comes as an InternalFault; no route
   * and a wrong method come as NoSuchRoute.
   * @param request Undefined for the reference, which asks what an error looks like.
   */
  present(error: CoreError, request?: ErrorRequest): Presented;
  /**
   * The same as a page or a redirect, for a browser that came to a route whose `answers` name one of the two; null:
   * this request wants `present`. A page without a status has that of `present`. Pure, and never throws.
   */
  presentPage?(error: CoreError, request: ErrorRequest): PageReply | RedirectReply | null;
  /**
   * Reads what a caller wants of every reply (a version, a spelling of keys). Called for guarded routes once key,
   * address and rate limit have passed, before the grant is asked for and the body is read.
   * @throws CoreError The caller's wish is none that can be met.
   */
  negotiate?(request: { readonly headers: RequestHeaders; readonly key: VerifiedKey }): Negotiated;
  /** The surface's error codes that `negotiate` answers with, on every guarded route; for the reference. */
  readonly negotiationErrors?: readonly string[];
  /**
   * For errors without `negotiate`'s result: those that come before it, its own, those of open routes, and
   * addresses that no route matches. Takes whatever it is sent; never throws.
   */
  negotiateError?(headers: RequestHeaders): Negotiated;
  /** A known path with another method is refused as MethodNotAllowed, with `allow`; default: as NoSuchRoute. */
  readonly tellsMethods?: boolean;
  /** Every reply to a good key tells how the key stands: `x-ratelimit-limit`, `-remaining` and `-reset`. */
  readonly rateHeaders?: boolean;
  /** Cookies in which a session's token may be, beside the two headers; the first is the one to set. Default: none. */
  readonly sessionCookies?: readonly string[];
  /**
   * Sessions whose person may call routes for keys with them, by a key of their own (`KeyVerifier.verifyFor`). Its
   * routes for keys then answer below `/p/{app_id}` as well, since a session does not tell its pool. Default: keys alone.
   */
  readonly keySessions?: SessionVerifier;
  /** Whom browsers let call this surface from pages of other sites; default: nobody. */
  readonly crossOrigin?: CrossOrigin;
  /** The body of every error, for the reference. */
  readonly errorSchema: TSchema;
  /** The HTTP status of each code that routes list in `errors`, for the reference. */
  readonly errorStatuses: Readonly<Record<string, number>>;
  /** How this dialect usually sends its key; all three are accepted everywhere. */
  readonly keyHeader: 'authorization' | 'x-api-key' | 'apikey';
}

/** Whether a route answers below `/p/{app_id}` as well. */
export function takesPoolPrefix({ keySessions }: Pick<Surface, 'keySessions'>, route: Route): boolean {
  return hasNamedPool(route) || (isKeyRoute(route) && keySessions !== undefined);
}

// Names go into metrics, log lines and addresses unescaped.
const NAME = /^[a-z][A-Za-z0-9-]*$/;

/**
 * @throws TypeError Two surfaces of one name, two operations of one name in a surface, two routes at one address, a
 *   name that is no identifier, an open route without a reason, a route that has a key and names a pool, or an error
 *   code without a status.
 */
export function checkSurfaces(surfaces: readonly Surface[]): void {
  const names = new Set<string>();
  const addresses = new Set<string>();
  const claim = (name: string) => {
    if (names.has(name)) throw new TypeError(`Two of one name: ${name}`);
    if (!name.split('.').every((part) => NAME.test(part))) throw new TypeError(`No name: ${name}`);
    names.add(name);
  };
  for (const surface of surfaces) {
    claim(surface.name);
    checkErrorCodes(surface.name, surface, surface.negotiationErrors);
    for (const route of surface.routes) {
      const name = `${surface.name}.${route.operation}`;
      claim(name);
      checkErrorCodes(name, surface, route.errors);
      if (route.guard.kind === 'open' && route.guard.because.trim() === '')
        throw new TypeError(`${name} is open without a reason`);
      if (isKeyRoute(route) && hasNamedPool(route)) throw new TypeError(`${name} has a key and names a pool`);
      for (const address of addressesOf(route)) {
        if (addresses.has(address))
          throw new TypeError(`${name} answers where another route does: ${address}`);
        addresses.add(address);
      }
    }
  }
}

function checkErrorCodes(name: string, { errorStatuses }: Surface, codes: readonly string[] = []): void {
  for (const code of codes)
    if (errorStatuses[code] === undefined) throw new TypeError(`${name} names the unknown error ${code}`);
}

/** Two paths that differ in the names of their parameters only are one address. */
function addressesOf(route: Route): string[] {
  return pathsOf(route).map((path) => `${route.method} ${path.replaceAll(/:\w+/g, ':')}`);
}
