import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Not dependencies: their licences ask for more than naming them. Whoever installs one has it used. */
const CITY_PACKAGES = ['geolite2-city', 'dbip-city'] as const;

export interface PackagedFiles {
  readonly country: string | null;
  readonly asn4: string | null;
  readonly asn6: string | null;
  /** Some city packages split the families. */
  readonly city: readonly string[];
}

/** Files of the data packages that are installed. */
export function findPackaged(): PackagedFiles {
  const asn = folderOf('@ip-location-db/asn');
  return {
    country: existing(folderOf('@ip-location-db/geo-whois-asn-country-mmdb'), 'geo-whois-asn-country.mmdb'),
    asn4: existing(asn, 'asn-ipv4-num.csv'),
    asn6: existing(asn, 'asn-ipv6-num.csv'),
    city: findCity(),
  };
}

function findCity(): readonly string[] {
  for (const name of CITY_PACKAGES) {
    const folder = folderOf(`@ip-location-db/${name}-mmdb`);
    const both = existing(folder, `${name}.mmdb`);
    if (both !== null) return [both];
    const split = ['ipv4', 'ipv6'].map((family) => existing(folder, `${name}-${family}.mmdb`));
    const found = split.filter((file) => file !== null);
    if (found.length > 0) return found;
  }
  return [];
}

function folderOf(name: string): string | null {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

function existing(folder: string | null, file: string): string | null {
  const path = folder === null ? null : join(folder, file);
  return path !== null && existsSync(path) ? path : null;
}
