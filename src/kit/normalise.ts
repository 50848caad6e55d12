import { domainToASCII } from 'node:url';

// Zero-width and other format characters: two texts that look alike must not be two identifiers.
const INVISIBLE = /[\p{Cf}\u115f\u1160\u3164\uffa0]/gu;
const LOCAL_PART = /^[^\s@"(),:;<>[\\\]\p{Cc}]{1,64}$/u;
const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
// Looked for before IDNA: Node reads the text as the host of a URL, so `x.com/a` and `x.com?a` would become `x.com`.
const NOT_IN_DOMAIN = /[^A-Za-z0-9._\-\u0080-\u{10ffff}]/u;
// What IDNA leaves as it is: no letters to encode, none that are encoded, and nothing that reads as an IPv4 address.
const PLAIN_HOST = /^(?:(?!xn--)[a-z0-9_-]+\.)+(?!xn--)[a-z][a-z0-9_-]*$/;
const NUMERIC_DOMAIN = /^[0-9.]+$/;
// Nearly every address, and every one that was normalised before: all of the above holds, and nothing is left to do.
const NORMAL_ADDRESS =
  /^(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!xn--)[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ADDRESS_MAX = 254;

/** What of a text can be seen; empty for one that only looks empty. */
export function visibleOf(text: string): string {
  return text.replace(INVISIBLE, '').trim();
}

/** What of ASCII can be seen: to fold it, nothing else than lower case is left to do. */
export const VISIBLE_ASCII = /^[\x20-\x7e]*$/;

function fold(text: string): string {
  if (VISIBLE_ASCII.test(text)) return text.trim().toLowerCase();
  return text.normalize('NFKC').replace(INVISIBLE, '').trim().toLowerCase().normalize('NFKC');
}

/**
 * The normal form of an e-mail address (DESIGN 4): trimmed, NFKC, invisible characters dropped, lower case,
 * domain in ASCII (IDNA). No tricks with dots or plus signs: whether those mean the same mailbox is the
 * receiving server's business.
 *
 * @returns Null when the text is no address: no quoted local parts, no address literals, no bare IP, and no
 *   domain without a dot; at most 254 characters.
 */
export function normaliseEmail(text: string): string | null {
  if (text.length <= ADDRESS_MAX && NORMAL_ADDRESS.test(text)) return text;
  const folded = fold(text);
  const at = folded.lastIndexOf('@');
  if (at < 1 || text.trim().length > ADDRESS_MAX) return null;
  const local = folded.slice(0, at);
  const host = folded.slice(at + 1);
  if (NOT_IN_DOMAIN.test(host)) return null;
  const domain = PLAIN_HOST.test(host) ? host : domainToASCII(host);
  if (!LOCAL_PART.test(local) || local.startsWith('.') || local.endsWith('.') || local.includes('..'))
    return null;
  if (!DOMAIN.test(domain) || !domain.includes('.') || NUMERIC_DOMAIN.test(domain)) return null;
  const normal = `${local}@${domain}`;
  return normal.length <= ADDRESS_MAX ? normal : null;
}

/** The normal form of a username: trimmed, NFKC, invisible characters dropped, lower case; null when empty or over 64. */
export function normaliseUsername(text: string): string | null {
  const folded = fold(text);
  const length = [...text.trim()].length;
  return folded === '' || length > 64 || /\p{Cc}/u.test(folded) ? null : folded;
}

/**
 * Upper and lower case made one, so that a part of a text folds as it does within the whole: a sigma at the end of a word,
 * the one letter whose lower case depends on others, becomes like any other. For looking for a part of a text.
 */
export function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}

/** For names and places: NFKC, invisible characters dropped, lower case, inner white space collapsed, trimmed. */
export function normaliseLoosely(text: string): string {
  return fold(text).replaceAll(/\s+/gu, ' ').trim();
}
