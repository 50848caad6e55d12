import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHeaders } from './requests.ts';

/** Which pages of other sites may call a surface from a browser, and what these may see (Fetch standard, CORS). */
export interface CrossOrigin {
  /**
   * Whether a site may call. Asked for every request with an Origin header, preflights included, which have no body.
   * A rejection counts as no.
   * @param origin Well formed and as sent, `https://app.example.com`; never `null`.
   */
  allows(
    origin: string,
    request: { readonly path: string; readonly headers: RequestHeaders },
  ): Promise<boolean> | boolean;
  /** Cookies may come along. */
  readonly credentials: boolean;
  /** Lower-case names of request headers beyond those that need no leave. */
  readonly headers: readonly string[];
  /** Lower-case names of reply headers that a page's scripts may read. */
  readonly exposeHeaders?: readonly string[];
  /** How long a browser may remember a preflight; default 600. */
  readonly maxAgeSeconds?: number;
}

type Headers = Record<string, string>;

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(?:[A-Za-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const WILDCARD = /^(https?:\/\/)\*\.([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?)$/;

/**
 * A test of origins against a list of exact ones (`https://app.example.com`) and of those below a domain
 * (`https://*.example.com`: any depth, not the domain itself).
 *
 * @throws TypeError An entry is neither: a bare `*` among others, since credentials come along.
 */
export function createOriginList(entries: readonly string[]): (origin: string) => boolean {
  const exact = new Set<string>();
  const below: { scheme: string; suffix: string }[] = [];
  for (const entry of entries) {
    const [, scheme, domain] = WILDCARD.exec(entry) ?? [];
    if (scheme !== undefined) below.push({ scheme, suffix: `.${domain}` });
    else if (ORIGIN.test(entry)) exact.add(entry);
    else throw new TypeError(`No origin: ${entry}`);
  }
  return (origin) => {
    if (exact.has(origin)) return true;
    return below.some(
      ({ scheme, suffix }) =>
        origin.startsWith(scheme) && origin.endsWith(suffix) && origin.length > scheme.length + suffix.length,
    );
  };
}

/**
 * What every reply of a surface says about other sites: that it depends on the origin, and, to one that is allowed, so.
 *
 * @param request.onFault Told what `allows` threw.
 */
export async function crossOriginHeaders(
  crossOrigin: CrossOrigin,
  request: { headers: IncomingHttpHeaders; path: string; onFault: (error: unknown) => void },
): Promise<Headers> {
  const origin = await allowedOrigin(crossOrigin, request);
  if (origin === undefined) return { vary: 'Origin' };
  const { credentials, exposeHeaders = [] } = crossOrigin;
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(exposeHeaders.length === 0 ? {} : { 'access-control-expose-headers': exposeHeaders.join(', ') }),
  };
}

async function allowedOrigin(
  crossOrigin: CrossOrigin,
  {
    headers,
    path,
    onFault,
  }: { headers: IncomingHttpHeaders; path: string; onFault: (error: unknown) => void },
): Promise<string | undefined> {
  const { origin } = headers;
  // `null` is what sandboxed pages and local files send: anybody can.
  if (origin === undefined || !ORIGIN.test(origin)) return undefined;
  try {
    return (await crossOrigin.allows(origin, { path, headers })) ? origin : undefined;
  } catch (error) {
    onFault(error);
    return undefined;
  }
}

/** Whether a request asks for leave to send another one. */
export function isPreflight(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** The leave, in addition to `crossOriginHeaders`; a site that is not allowed learns nothing of it. */
export function preflightHeaders(
  { headers, maxAgeSeconds = 600 }: CrossOrigin,
  options: { common: Headers; methods: readonly string[] },
): Headers {
  const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
  if (options.common['access-control-allow-origin'] === undefined) return { ...options.common, vary };
  return {
    ...options.common,
    vary,
    'access-control-allow-methods': options.methods.join(', '),
    ...(headers.length === 0 ? {} : { 'access-control-allow-headers': headers.join(', ') }),
    'access-control-max-age': `${maxAgeSeconds}`,
  };
}

/** A reply's own headers and those that the kit adds to every one; both may name what the reply varies by. */
export function joinHeaders(own: Readonly<Headers> | undefined, added: Readonly<Headers>): Readonly<Headers> {
  const vary = [added.vary, own?.vary].filter((text) => text !== undefined).join(', ');
  return { ...own, ...added, ...(vary === '' ? {} : { vary }) };
}
