import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseRange } from '../../kit/cidr.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Which addresses beside the public ones may be reached. `true`: loopback, private, carrier-grade NAT and
 * unique local ones, but not link-local (where clouds serve machine credentials). A list of CIDR ranges:
 * those only.
 */
export type AllowPrivate = boolean | readonly string[];

export type AddressPolicy = (address: string) => boolean;

const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'carrierGradeNat',
  'uniqueLocal',
]);

/**
 * Only global unicast addresses may be reached, and what is allowed beside them. An IPv6 form that carries an
 * IPv4 address (mapped, compatible, translated, NAT64, 6to4) is never global; it is allowed when the address
 * it carries would be on its own account: by a range, or by `true`.
 *
 * @throws TypeError A range is no CIDR.
 */
export function createAddressPolicy(allowPrivate: AllowPrivate): AddressPolicy {
  const ranges = typeof allowPrivate === 'boolean' ? [] : allowPrivate.map(requireRange);
  const isAllowed = (address: Address): boolean =>
    (allowPrivate === true && PRIVATE_RANGES.has(address.range())) ||
    ranges.some(([base, bits]) => address.kind() === base.kind() && address.match(base, bits));
  return (text) => {
    // ipaddr.js also reads `1.2.3` and octal parts, in which others see another address.
    if (isIP(text) === 0) return false;
    const address = ipaddr.parse(text);
    const carried = carriedIPv4(address);
    if (carried !== null) return isAllowed(carried);
    return isGlobalUnicast(address) || isAllowed(address);
  };
}

function requireRange(text: string): [Address, number] {
  const range = parseRange(text);
  if (range === null) throw new TypeError(`not a CIDR range: ${text}`);
  return range;
}

/** `unicast` is what no special range claims; of IPv6 only 2000::/3 is given out (RFC 4291 section 2.4). */
function isGlobalUnicast(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return !(address instanceof ipaddr.IPv6) || ((address.parts[0] ?? 0) & 0xe000) === 0x2000;
}

function carriedIPv4(address: Address): ipaddr.IPv4 | null {
  if (!(address instanceof ipaddr.IPv6)) return null;
  const bytes = address.toByteArray();
  const range: string = address.range();
  if (range === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  const isCompatible =
    range !== 'loopback' && range !== 'unspecified' && bytes.slice(0, 12).every((byte) => byte === 0);
  if (isCompatible || range === 'ipv4Mapped' || range === 'rfc6145' || range === 'rfc6052') {
    return new ipaddr.IPv4(bytes.slice(12));
  }
  return null;
}
