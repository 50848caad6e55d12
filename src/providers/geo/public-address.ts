import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address in canonical text, with its number for tables that are sorted by it. */
export interface PublicAddress {
  readonly version: 4 | 6;
  readonly text: string;
  readonly bytes: readonly number[];
}

/**
 * @param text As a socket or a proxy header gives it; an IPv4-mapped IPv6 address counts as the IPv4 one.
 * @returns Null for what is malformed, scoped to a link, private, loopback, or reserved: no such address has a place.
 */
export function parsePublicAddress(text: string): PublicAddress | null {
  if (isIP(text) === 0 || text.includes('%')) return null;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return null;
  // RFC 7343 and others: ipaddr.js calls everything unknown "unicast"; only 2000::/3 is handed out to anybody.
  const bytes = address.toByteArray();
  if (address.kind() === 'ipv6' && ((bytes[0] ?? 0) & 0xe0) !== 0x20) return null;
  return { version: address.kind() === 'ipv4' ? 4 : 6, text: address.toString(), bytes };
}

/** The address as one decimal number, as the `-num` tables write it. */
export function toDecimal({ bytes }: PublicAddress): string {
  if (bytes.length === 4) return String(bytes.reduce((sum, byte) => sum * 256 + byte, 0));
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`).toString();
}
