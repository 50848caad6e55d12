// RFC 6265. Pure: neither reads requests nor writes replies.

/** A cookie to be set. Everything that is not said is the safe choice. */
export interface Cookie {
  /** A token of RFC 9110. `__Host-` and `__Secure-` are held to what they promise. */
  readonly name: string;
  /** ASCII without controls, blanks, `"`, `,`, `;` and `\`: encode everything else before. */
  readonly value: string;
  /** Default `/`. */
  readonly path?: string;
  /** Default: none, that is, the very host that answers and none below it. */
  readonly domain?: string;
  /** Whole seconds; 0 ends the cookie. Without it and `expiresAt` it ends with the browser. */
  readonly maxAgeSeconds?: number;
  readonly expiresAt?: Date;
  /** Default true: scripts do not see it. */
  readonly isHttpOnly?: boolean;
  /** Default true; false only where the public base is plain HTTP. */
  readonly isSecure?: boolean;
  /** Default `lax`. `none` needs `isSecure`. */
  readonly sameSite?: 'strict' | 'lax' | 'none';
}

const COOKIES_MAX = 100;
/** Browsers keep no more of one cookie, name and attributes included. */
const SIZE_BYTES_MAX = 4096;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/;
const DOMAIN = /^\.?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;

/**
 * The cookies of a request, undecoded, without the quotes around a quoted value. Whatever is no cookie is passed over:
 * the header is written by strangers. Browsers send the cookie of the longer path first, so the first of a name counts.
 *
 * @param header Of at most 100 cookies the rest is not looked at, nor is a cookie of more than 4096 characters.
 */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (header === undefined) return found;
  for (const pair of header.split(';', COOKIES_MAX)) {
    const equals = pair.indexOf('=');
    if (equals < 1 || pair.length > SIZE_BYTES_MAX) continue;
    const name = pair.slice(0, equals).trim();
    const value = unquote(pair.slice(equals + 1).trim());
    if (NAME.test(name) && VALUE.test(value) && !found.has(name)) found.set(name, value);
  }
  return found;
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/**
 * One `Set-Cookie` value.
 *
 * @throws TypeError A part that could break out of the header, attributes that contradict each other, or more than
 *   4096 characters in all. Names the cookie, never its value.
 */
export function serialiseCookie(cookie: Cookie): string {
  const { name, value, path = '/', domain, maxAgeSeconds, expiresAt, sameSite = 'lax' } = cookie;
  const { isHttpOnly = true, isSecure = true } = cookie;
  if (!NAME.test(name)) throw new TypeError('A cookie has no valid name.');
  const fail = (what: string): never => {
    throw new TypeError(`The cookie ${name} ${what}.`);
  };
  if (!VALUE.test(value)) fail('has a value that no header can hold');
  if (!PATH.test(path)) fail('has no valid path');
  if (domain !== undefined && !DOMAIN.test(domain)) fail('has no valid domain');
  if (maxAgeSeconds !== undefined && !Number.isSafeInteger(maxAgeSeconds)) fail('has no whole age');
  if (expiresAt !== undefined && Number.isNaN(expiresAt.getTime())) fail('has no valid end');
  if (sameSite === 'none' && !isSecure) fail('is for other sites and not secure');
  const isHostBound = name.startsWith('__Host-');
  if ((isHostBound || name.startsWith('__Secure-')) && !isSecure) fail('breaks its prefix');
  if (isHostBound && (domain !== undefined || path !== '/')) fail('breaks its prefix');
  const text = [
    `${name}=${value}`,
    `Path=${path}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    ...(maxAgeSeconds === undefined ? [] : [`Max-Age=${maxAgeSeconds}`]),
    ...(expiresAt === undefined ? [] : [`Expires=${expiresAt.toUTCString()}`]),
    ...(isHttpOnly ? ['HttpOnly'] : []),
    ...(isSecure ? ['Secure'] : []),
    `SameSite=${SAME_SITE[sameSite]}`,
  ].join('; ');
  return text.length > SIZE_BYTES_MAX ? fail('is too large') : text;
}

/** The cookie that ends another one: name, path and domain must be those that it was set with. */
export function endedCookie(cookie: Omit<Cookie, 'value' | 'maxAgeSeconds' | 'expiresAt'>): Cookie {
  return { ...cookie, value: '', maxAgeSeconds: 0, expiresAt: new Date(0) };
}
