import { SealBroken } from '../errors.ts';
import type { DataKey, IdentityId } from '../ports.ts';

/** What a caller says of a relationship. Personal data of two people. */
export type Metadata = { readonly [key: string]: unknown };

/** A relationship and the keys of its two ends. */
export interface Ends {
  readonly relationshipId: string;
  readonly keys: ReadonlyMap<IdentityId, DataKey>;
}

/** Sealed under both ends' keys, the lower id's inside: erasing either identity destroys it. */
export function sealMetadata(ends: Ends, metadata: Metadata): Buffer {
  const section = sectionOf(ends);
  return inOrder(ends).reduce<Buffer>(
    (inner, key) => key.seal(section, inner),
    Buffer.from(JSON.stringify(metadata)),
  );
}

/** @throws SealBroken */
export function openMetadata(ends: Ends, sealed: Buffer): Metadata {
  const section = sectionOf(ends);
  const plaintext = inOrder(ends).reduceRight<Buffer>((outer, key) => key.open(section, outer), sealed);
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('metadata of a relationship hold no JSON');
  }
}

function sectionOf({ relationshipId }: Ends): string {
  return `relationship:${relationshipId}`;
}

function inOrder({ keys }: Ends): DataKey[] {
  return [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}
