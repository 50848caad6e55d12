import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What a record may hold: whole numbers from 0 become uint32, all others doubles. */
export type MmdbValue =
  | string
  | number
  | boolean
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue };

/** Index of a node, place of a record in the data section, or nothing known. */
type Branch = { readonly node: number } | { readonly data: number } | null;
type Node = [Branch, Branch];

const MARKER = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');

/**
 * Writes a small MaxMind DB file (format 2.0, 32-bit records, both address families) for tests.
 *
 * @param networks CIDR to record; a narrower network wins over a wider one, whatever their order.
 * @returns The bytes of the `.mmdb` file.
 */
export function encodeMmdb(
  networks: Readonly<Record<string, MmdbValue>>,
  { databaseType = 'Test-City', buildEpoch = 1_750_000_000 } = {},
): Buffer {
  const nodes: Node[] = [[null, null]];
  const records: Buffer[] = [];
  let size = 0;
  const wideFirst = Object.entries(networks).map(([cidr, value]) => ({ bits: prefixBits(cidr), value }));
  wideFirst.sort((left, right) => left.bits.length - right.bits.length);
  for (const { bits, value } of wideFirst) {
    insert(nodes, bits, { data: size });
    const record = encode(value);
    records.push(record);
    size += record.length;
  }
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: buildEpoch,
    database_type: databaseType,
    description: { en: 'made by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 32,
  };
  return Buffer.concat([treeBytes(nodes), Buffer.alloc(16), ...records, MARKER, encode(metadata)]);
}

/** The prefix as bits of an IPv6 tree, where IPv4 lies under `::/96`. */
function prefixBits(cidr: string): number[] {
  const [address, length] = ipaddr.parseCIDR(cidr);
  const offset = isIPv4(address.toString()) ? 96 : 0;
  const bits = address.toByteArray().flatMap((byte) => [...byte.toString(2).padStart(8, '0')].map(Number));
  return [...Array<number>(offset).fill(0), ...bits.slice(0, length)];
}

function insert(nodes: Node[], bits: readonly number[], leaf: Branch): void {
  let current = 0;
  for (const [depth, bit] of bits.entries()) {
    const node = nodes[current];
    if (node === undefined) throw new Error('the tree is broken');
    const side = bit === 0 ? 0 : 1;
    if (depth === bits.length - 1) {
      node[side] = leaf;
      return;
    }
    let next = node[side];
    if (next === null || 'data' in next) {
      // A wider network lies here: both halves keep its record until a narrower one takes its place.
      nodes.push([next, next]);
      next = { node: nodes.length - 1 };
      node[side] = next;
    }
    current = next.node;
  }
}

function treeBytes(nodes: readonly Node[]): Buffer {
  const bytes = Buffer.alloc(nodes.length * 8);
  const pointer = (branch: Branch): number => {
    if (branch === null) return nodes.length;
    return 'node' in branch ? branch.node : nodes.length + 16 + branch.data;
  };
  for (const [index, [left, right]] of nodes.entries()) {
    bytes.writeUInt32BE(pointer(left), index * 8);
    bytes.writeUInt32BE(pointer(right), index * 8 + 4);
  }
  return bytes;
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'boolean') return control(14, Number(value));
  if (typeof value === 'number') return encodeNumber(value);
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, one]) => [encode(key), encode(one)]),
  ]);
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) {
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes.subarray(0, 4)]);
  }
  bytes.writeDoubleBE(value);
  return Buffer.concat([control(3, 8), bytes]);
}

/** The control byte: type in the upper three bits (0: the next byte holds type minus 7), size in the lower five. */
function control(type: number, size: number): Buffer {
  if (size >= 65_821) throw new RangeError('too long for a test record');
  const short = size < 29 ? size : size < 285 ? 29 : 30;
  const head = type < 8 ? [(type << 5) | short] : [short, type - 7];
  if (short === 29) head.push(size - 29);
  if (short === 30) head.push((size - 285) >> 8, (size - 285) & 0xff);
  return Buffer.from(head);
}
