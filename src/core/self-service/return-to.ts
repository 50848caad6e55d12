import { ReturnToForbidden } from './errors.ts';

/** Where a browser may be sent after a flow: whole URLs only, never what could be read in two ways. */
export interface ReturnToList {
  /**
   * @param text As sent: a URL, or a path on the public base's own origin, beginning with one slash.
   * @returns The URL in its one spelling, always absolute.
   * @throws ReturnToForbidden It is not on the list, or is written so that a browser, a proxy or a server behind might
   *   take it for another one. The two look alike.
   */
  check(text: string): string;
}

interface Target {
  readonly scheme: string;
  /** With the port, unless that is the scheme's own. */
  readonly host: string;
  readonly path: string;
  readonly rest: string;
}

const LENGTH_MAX = 2048;
/** Printable ASCII without what URLs may not hold: no blanks, controls, quotes, angle or curly brackets, backslashes. */
const PLAIN = /^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/;
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const URL_PARTS = new RegExp(
  `^([a-z][a-z0-9+.-]{0,62}):\\/\\/((?:${LABEL}\\.)*${LABEL}|\\[[0-9a-f:]{2,39}\\])(?::([1-9]\\d{0,4}))?(\\/[^?#]*)?([?#].*)?$`,
  'i',
);
const PATH_PARTS = /^(\/[^?#]*)([?#].*)?$/;
const WILDCARD = /^([a-z][a-z0-9+.-]*:\/\/)\*\.([^/]+\.[^/]+)(\/.*)?$/i;
const OWN_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };
/** Whatever a list says: these run, or show, what stands in them. */
const NEVER = new Set([
  'javascript',
  'data',
  'vbscript',
  'file',
  'blob',
  'filesystem',
  'about',
  'view-source',
]);
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;
const CONTROL_ESCAPE = /%(?:[01][0-9a-f]|7f)/i;
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\\]/u;
const DOTS = /^\.{1,2}(?:;.*)?$/;

/**
 * @param entries URLs of which scheme, host and port count exactly, and the path as a beginning, segment by segment:
 *   `https://app.example.com/portal` allows `/portal` and `/portal/x`, not `/portals`. `https://*.example.com` allows
 *   any depth below the domain, not the domain itself. Schemes of apps (`com.example.app://done`) are allowed like any.
 * @param publicBase Relative addresses lead to its origin; that origin is always allowed.
 * @throws TypeError An entry, or the base, is no such URL. Names it.
 */
export function createReturnToList(entries: readonly string[], publicBase: string): ReturnToList {
  const own = rule(publicBase);
  const allowed = [{ ...own, path: '/' }, ...entries.map(rule)];
  return {
    check(text) {
      const target = targetOf(text, own);
      if (target === null || !allowed.some((one) => matches(one, target))) throw new ReturnToForbidden();
      return `${target.scheme}://${target.host}${target.path}${target.rest}`;
    },
  };
}

interface Rule extends Omit<Target, 'rest'> {
  readonly isBelow: boolean;
}

function rule(entry: string): Rule {
  const wild = WILDCARD.exec(entry);
  const url = wild === null ? entry : `${wild[1]}${wild[2]}${wild[3] ?? ''}`;
  const target = absolute(url);
  if (target === null || target.rest !== '' || (wild !== null && target.host.startsWith('['))) {
    throw new TypeError(`No address to return to: ${entry}`);
  }
  const { scheme, host, path } = target;
  return { scheme, host, path: path === '' ? '/' : path, isBelow: wild !== null };
}

function matches({ scheme, host, path, isBelow }: Rule, target: Target): boolean {
  if (scheme !== target.scheme) return false;
  if (isBelow ? !target.host.endsWith(`.${host}`) : host !== target.host) return false;
  const begin = path.endsWith('/') ? path : `${path}/`;
  return target.path === path || `${target.path === '' ? '/' : target.path}`.startsWith(begin);
}

function targetOf(text: string, own: Rule): Target | null {
  if (!text.startsWith('/')) return absolute(text);
  const [, path, rest = ''] = PATH_PARTS.exec(text) ?? [];
  if (path === undefined) return null;
  const { scheme, host } = own;
  return sound(text, { scheme, host, path, rest });
}

function absolute(text: string): Target | null {
  const [, scheme, host, port, path = '', rest = ''] = URL_PARTS.exec(text) ?? [];
  if (scheme === undefined || host === undefined) return null;
  const lower = scheme.toLowerCase();
  const shown = port === undefined || port === OWN_PORTS[lower] ? '' : `:${port}`;
  return sound(text, { scheme: lower, host: `${host.toLowerCase()}${shown}`, path, rest });
}

/** @returns Null unless everybody reads the URL as we do. */
function sound(text: string, target: Target): Target | null {
  const { scheme, host, path, rest } = target;
  if (text.length > LENGTH_MAX || !PLAIN.test(text) || NEVER.has(scheme)) return null;
  if (BROKEN_ESCAPE.test(text) || CONTROL_ESCAPE.test(text) || !isSoundPath(path)) return null;
  const whole = `${scheme}://${host}${path}${rest}`;
  // The parser of browsers: turns numbers into addresses, refuses ports and names that there are not.
  if (!URL.canParse(whole)) return null;
  const parsed = new URL(whole);
  return parsed.host === host && parsed.username === '' && parsed.password === '' ? target : null;
}

/** Decoded once, and folded as careless servers fold it, it has the same segments and no escape is left. */
function isSoundPath(path: string): boolean {
  if (path === '') return true;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).normalize('NFKC');
  } catch {
    return false;
  }
  const segments = decoded.slice(1).split('/');
  if (UNSEEN.test(decoded) || /%[0-9a-f]{2}/i.test(decoded)) return false;
  if (segments.length !== path.slice(1).split('/').length) return false;
  return segments.every((segment, index) => {
    const isLast = index === segments.length - 1;
    return (segment !== '' || isLast) && !DOTS.test(segment);
  });
}
