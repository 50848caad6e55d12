import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * @param text `10.0.0.0/8`, `2001:db8::/32`, or one address, which counts as a range of one.
 * @returns The range with its host bits cleared, addresses in RFC 5952 form; null when it is none.
 */
export function normaliseCidr(text: string): string | null {
  const [address = '', prefix, ...rest] = text.split('/');
  // isIP first: ipaddr.js alone would also take `0x7f.1` and `010.1`, which other readers understand differently.
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || address.includes('%') || rest.length > 0) return null;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (length < 0 || length > bits) return null;
  const kind = bits === 32 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(`${address}/${length}`)}/${length}`;
}

/** Whether a host name or address can only be reached from this machine. Other names are not looked up: false. */
export function isLoopbackHost(host: string): boolean {
  if (host === 'localhost') return true;
  return isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback';
}
