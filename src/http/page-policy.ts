/** What a page may do beyond its own text and forms that post back to this server. */
export interface PagePolicy {
  /** Lets inline and linked scripts and styles with this nonce through: base64, at least 128 bits, new for each reply. */
  readonly nonce?: string;
  /**
   * Sources by directive, in place of the default's: `{ 'img-src': ['data:'] }`. A form whose answer redirects to
   * another site needs that site in `form-action`, since browsers follow the directive through redirects.
   */
  readonly directives?: Readonly<Record<string, readonly string[]>>;
}

const DEFAULT: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};
const NONCE = /^[A-Za-z0-9+/_-]{22,128}={0,2}$/;
const DIRECTIVE = /^[a-z]+(?:-[a-z]+)*$/;
const SOURCE = /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/;

/** @throws TypeError A nonce that is too short or no base64, or a source that would begin another directive. */
function policyText({ nonce, directives = {} }: PagePolicy): string {
  if (nonce !== undefined && !NONCE.test(nonce)) throw new TypeError('No nonce.');
  const named = nonce === undefined ? [] : [`'nonce-${nonce}'`];
  const own = nonce === undefined ? {} : { 'script-src': named, 'style-src': named };
  const entries = Object.entries({ ...DEFAULT, ...own, ...directives });
  for (const [directive, sources] of entries)
    if (!DIRECTIVE.test(directive) || !sources.every((source) => SOURCE.test(source)))
      throw new TypeError(`No directive: ${directive}`);
  return entries.map(([directive, sources]) => [directive, ...sources].join(' ')).join('; ');
}

/**
 * `same-origin` and nothing stricter: under `no-referrer` browsers send `Origin: null` with a page's own forms, which
 * then look like a stranger's.
 */
const FIXED = {
  'cache-control': 'no-store',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};
const STRICT = { 'content-security-policy': policyText({}), ...FIXED };

/** The headers that every page has. @throws TypeError `policy` is no policy. */
export function pageHeaders(policy?: PagePolicy): Readonly<Record<string, string>> {
  return policy === undefined ? STRICT : { ...STRICT, 'content-security-policy': policyText(policy) };
}
