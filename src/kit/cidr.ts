import ipaddr from 'ipaddr.js';

/** @returns The range in its parts, or null when the text is neither an address nor `address/length`. */
export function parseRange(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return null;
  }
}

/** Whether an address lies in one of the ranges; what cannot be read lies in none. */
export function isInRanges(address: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return ranges.some((text) => {
    const range = parseRange(text);
    return range !== null && range[0].kind() === parsed.kind() && parsed.match(range[0], range[1]);
  });
}

/**
 * The one spelling of an address: IPv4 dotted, IPv4-mapped IPv6 as IPv4, IPv6 as RFC 5952.
 * @returns Null when the text is no address.
 */
export function normaliseAddress(text: string): string | null {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return null;
  if (text.includes('%')) return null;
  const address = ipaddr.process(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
