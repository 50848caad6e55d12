import { readFile } from 'node:fs/promises';
import { Reader, type Response } from 'mmdb-lib';
import type { Place } from '../../core/ports.ts';
import { type PublicAddress, toDecimal } from './public-address.ts';
import { RangeTable } from './range-table.ts';
import { asnOf, readRecord } from './records.ts';

/** One source of places. `find` may throw on a damaged record; the finder catches it. */
export interface Table {
  readonly path: string;
  find(address: PublicAddress): Place;
  close(): void;
}

/** A data file cannot be used; the message names it. */
export class GeoFileUnusable extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'GeoFileUnusable';
  }
}

/**
 * An `.mmdb` file, held in memory whole. A few addresses are looked up at once, so that most files which are cut off
 * fail now and not later.
 * @throws GeoFileUnusable
 */
export async function openMmdb(path: string): Promise<Table> {
  try {
    const reader = new Reader<Response>(await readFile(path));
    const { searchTreeSize, nodeCount, ipVersion } = reader.metadata;
    if (!(nodeCount > 0 && searchTreeSize > 0)) throw new Error('not an .mmdb file');
    for (const probe of ['1.1.1.1', '8.8.8.8', '193.0.6.139', '223.255.254.0']) reader.get(probe);
    if (ipVersion === 6) for (const probe of ['2001:4860:4860::8888', '2c0f:fff0::1']) reader.get(probe);
    return {
      path,
      find: ({ text, version }) => (version > ipVersion ? {} : readRecord(reader.get(text))),
      close: () => undefined,
    };
  } catch (error) {
    throw new GeoFileUnusable(path, error);
  }
}

/** AS numbers from a `-num` CSV file of one address family. @throws GeoFileUnusable */
export function openAsnCsv(path: string, family: 4 | 6): Table {
  try {
    const ranges = new RangeTable(path);
    return {
      path,
      find(address) {
        const asn = address.version === family ? asnOf(ranges.find(toDecimal(address))) : null;
        return asn === null ? {} : { asn };
      },
      close: () => ranges.close(),
    };
  } catch (error) {
    throw new GeoFileUnusable(path, error);
  }
}
