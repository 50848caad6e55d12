/** Second-level names below which countries sell names: `example.co.uk` is one site, `co.uk` is none. */
const SHARED = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'gob',
  'gov',
  'go',
  'mil',
  'ne',
  'net',
  'nom',
  'or',
  'org',
]);

/**
 * Whether browsers count two addresses as one site, so that cookies of one are sent with what pages of the other ask
 * for. Without the list of public suffixes: where names are sold below another one (`github.io`), two sites are taken for
 * one, which keeps cookies as they are where nothing is known.
 *
 * @param one, other Absolute URLs. @see RFC 6265bis section 5.2.
 */
export function isSameSite(one: string, other: string): boolean {
  const [left, right] = [new URL(one), new URL(other)];
  return left.protocol === right.protocol && siteOf(left.hostname) === siteOf(right.hostname);
}

function siteOf(host: string): string {
  // Addresses have no parents.
  if (host.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(host)) return host;
  const labels = host.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  const size = top.length === 2 && SHARED.has(second) ? 3 : 2;
  return labels.slice(-size).join('.');
}
