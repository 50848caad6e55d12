import type { TSchema } from 'typebox';
import type { CoreError } from '../core/errors.ts';
import type { VerifiedKey } from './ports.ts';
import type { GuardedRequest, Negotiated, Route } from './route.ts';

export type { Negotiated } from './route.ts';

/** An error in a surface's own words. */
export interface Presented {
  readonly status: number;
  /** Lower-case names. `retry-after` of RateLimited and QuotaExceeded is added by the kit where it is not given. */
  readonly headers?: Readonly<Record<string, string>>;
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
   * Whether an address that no route matches is this surface's to refuse.
   * @param path As sent, still percent-encoded, without the query.
   */
  owns(path: string): boolean;
  /**
   * Pure, and never throws. What is not a CoreError was already logged and comes as an InternalFault; no route
   * and a wrong method come as NoSuchRoute.
   */
  present(error: CoreError): Presented;
  /**
   * Reads what a caller wants of every reply (a version, a spelling of keys). Called for guarded routes once key,
   * address and rate limit have passed, before the grant is asked for and the body is read.
   * @throws CoreError The caller's wish is none that can be met.
   */
  negotiate?(request: { readonly headers: GuardedRequest['headers']; readonly key: VerifiedKey }): Negotiated;
  /** The surface's error codes that `negotiate` answers with, on every guarded route; for the reference. */
  readonly negotiationErrors?: readonly string[];
  /**
   * For errors without `negotiate`'s result: those that come before it, its own, those of open routes, and
   * addresses that no route matches. Takes whatever it is sent; never throws.
   */
  negotiateError?(headers: GuardedRequest['headers']): Negotiated;
  /** A known path with another method is refused as MethodNotAllowed; default: as NoSuchRoute. */
  readonly tellsMethods?: boolean;
  /** Every reply to a good key tells how the key stands: `x-ratelimit-limit`, `-remaining` and `-reset`. */
  readonly rateHeaders?: boolean;
  /** The body of every error, for the reference. */
  readonly errorSchema: TSchema;
  /** The HTTP status of each code that routes list in `errors`, for the reference. */
  readonly errorStatuses: Readonly<Record<string, number>>;
  /** How this dialect usually sends its key; all three are accepted everywhere. */
  readonly keyHeader: 'authorization' | 'x-api-key' | 'apikey';
}

// Names go into metrics, log lines and addresses unescaped.
const NAME = /^[a-z][A-Za-z0-9-]*$/;

/**
 * @throws TypeError Two surfaces of one name, two operations of one name in a surface, a name that is no
 *   identifier, an open route without a reason, or an error code without a status.
 */
export function checkSurfaces(surfaces: readonly Surface[]): void {
  const names = new Set<string>();
  const claim = (name: string) => {
    if (names.has(name)) throw new TypeError(`Two of one name: ${name}`);
    if (!name.split('.').every((part) => NAME.test(part))) throw new TypeError(`No name: ${name}`);
    names.add(name);
  };
  for (const { name, routes, errorStatuses, negotiationErrors = [] } of surfaces) {
    claim(name);
    for (const code of negotiationErrors)
      if (errorStatuses[code] === undefined) throw new TypeError(`${name} names the unknown error ${code}`);
    for (const { operation, guard, errors = [] } of routes) {
      claim(`${name}.${operation}`);
      if (guard.kind === 'open' && guard.because.trim() === '')
        throw new TypeError(`${name}.${operation} is open without a reason`);
      for (const code of errors)
        if (errorStatuses[code] === undefined)
          throw new TypeError(`${name}.${operation} names the unknown error ${code}`);
    }
  }
}
