import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

export interface ClientAddress {
  /** Dotted for IPv4 and for IPv4-mapped IPv6, RFC 5952 for other IPv6, without a zone. */
  readonly address: string;
  readonly fromTrustedProxy: boolean;
}

/**
 * Tells who is at the other end. The socket's peer, unless that is a trusted proxy: then the right-most entry
 * of X-Forwarded-For that is no trusted proxy itself. Entries further left were written by strangers. An entry
 * that is no bare IP address ends the walk: the last proxy that was understood is the answer.
 *
 * @param trustedProxies CIDR ranges or single addresses; usually none.
 * @throws TypeError One of them is neither, named in the message.
 */
export function createClientAddress(trustedProxies: readonly string[]) {
  const ranges = trustedProxies.map(parseRange);
  const isTrusted = (address: string): boolean => {
    if (ranges.length === 0) return false;
    const parsed = ipaddr.parse(address);
    return ranges.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits));
  };
  return (peer: string | undefined, forwardedFor: string | undefined): ClientAddress => {
    // A socket that is already gone has no peer; nobody reads the answer then.
    let address = normaliseAddress(peer ?? '') ?? '0.0.0.0';
    if (!isTrusted(address)) return { address, fromTrustedProxy: false };
    for (const entry of (forwardedFor ?? '').split(',').reverse()) {
      const reported = normaliseAddress(entry.trim());
      if (reported === null) break;
      address = reported;
      if (!isTrusted(reported)) break;
    }
    return { address, fromTrustedProxy: true };
  };
}

/** @returns The address in its one spelling, or null when the text is no IP address. */
export function normaliseAddress(text: string): string | null {
  const version = isIP(text);
  // Node and ipaddr.js agree on strict dotted quads only, so anything else never reaches ipaddr's lax parser.
  if (version === 4) return text;
  if (version === 0) return null;
  const zone = text.indexOf('%');
  const parsed = ipaddr.IPv6.parse(zone === -1 ? text : text.slice(0, zone));
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toRFC5952String();
}

function parseRange(text: string): Range {
  const [address = '', bits, more] = text.split('/');
  const normal = normaliseAddress(address);
  if (normal === null || more !== undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits)))
    throw new TypeError(`Not an address range: ${text}`);
  const parsed = ipaddr.parse(normal);
  const size = parsed.kind() === 'ipv4' ? 32 : 128;
  // The mapped spelling of an IPv4 range counts its 96 leading bits.
  const mapped = size === 32 && isIP(address) === 6 ? 96 : 0;
  const prefix = bits === undefined ? size : Number(bits) - mapped;
  if (prefix < 0 || prefix > size) throw new TypeError(`Not an address range: ${text}`);
  return [parsed, prefix];
}
