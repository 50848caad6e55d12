import type { Place, PlaceFinder } from '../../core/ports.ts';
import { findPackaged } from './packaged.ts';
import { type PublicAddress, parsePublicAddress } from './public-address.ts';
import { openAsnCsv, openMmdb, type Table } from './tables.ts';

/** Paths of `.mmdb` files; null or absent: packaged data, where there is any. */
export interface PlaceFiles {
  readonly countryFile?: string | null;
  readonly asnFile?: string | null;
  readonly cityFile?: string | null;
}

export interface LocalPlaceFinder extends PlaceFinder {
  /** The files in use, for `doctor` and the log. */
  readonly sources: readonly string[];
  /**
   * Opens all files again and turns to them at once; look-ups go on meanwhile.
   * @throws GeoFileUnusable A file cannot be used; the old ones stay in use.
   */
  reload(): Promise<void>;
  /** Gives the files back; afterwards every place is unknown. */
  close(): void;
}

/**
 * Places of addresses from local files (contract pools 5). The city file is asked first, so that country, region and
 * city agree; what it lacks, the country file and then the AS numbers fill in.
 *
 * @throws GeoFileUnusable A named file is missing or damaged; the message names it.
 */
export async function openPlaceFinder(files: PlaceFiles = {}): Promise<LocalPlaceFinder> {
  let tables = await openTables(files);
  return {
    get sources() {
      return tables.map(({ path }) => path);
    },
    findPlace(address) {
      const parsed = parsePublicAddress(address);
      if (parsed === null) return {};
      return Object.assign({}, ...tables.map((table) => look(table, parsed)).reverse());
    },
    async reload() {
      const fresh = await openTables(files);
      const old = tables;
      tables = fresh;
      for (const table of old) table.close();
    },
    close() {
      for (const table of tables) table.close();
      tables = [];
    },
  };
}

/** In order of trust: what an earlier table says wins. */
async function openTables({ countryFile, asnFile, cityFile }: PlaceFiles): Promise<Table[]> {
  const packaged = findPackaged();
  const cities = cityFile ? [cityFile] : packaged.city;
  const others = [countryFile || packaged.country, asnFile].filter((path) => typeof path === 'string');
  const tables = await Promise.all([...cities, ...others].map(openMmdb));
  if (!asnFile && packaged.asn4 !== null) tables.push(openAsnCsv(packaged.asn4, 4));
  if (!asnFile && packaged.asn6 !== null) tables.push(openAsnCsv(packaged.asn6, 6));
  return tables;
}

/** A damaged record is a place that is not known: an event must not fail for it. */
function look(table: Table, address: PublicAddress): Place {
  try {
    return table.find(address);
  } catch {
    return {};
  }
}
