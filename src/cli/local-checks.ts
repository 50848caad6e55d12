import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/load.ts';
import { openPlaceFinder } from '../providers/geo/place-finder.ts';
import type { Finding } from './wiring-types.ts';

const NODE_MAJOR = 24;

/** Checks that need no installation to be open. None of them changes anything. */
export function runtime(): Finding {
  const { node } = process.versions;
  const ok = Number(node.split('.')[0]) >= NODE_MAJOR;
  return { name: 'runtime', ok, detail: `Node.js ${node}${ok ? '' : `; ${NODE_MAJOR} is needed`}` };
}

/** The directory may be missing as long as it can be made: its nearest existing parent is checked then. */
export async function dataDirectory({ data: { dir } }: Config): Promise<Finding> {
  const name = 'data directory';
  let place = dir;
  for (;;) {
    try {
      const found = await stat(place);
      if (!found.isDirectory()) return { name, ok: false, detail: `${place} is not a directory` };
      await access(place, constants.W_OK | constants.X_OK);
      if (place !== dir) return { name, ok: true, detail: `${dir} is not there yet; it can be made` };
      const open = (found.mode & 0o077) !== 0;
      return {
        name,
        ok: true,
        detail: open ? `${dir} is writable (others may enter it: chmod 700)` : `${dir} is writable`,
      };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code !== 'ENOENT') return { name, ok: false, detail: `${place} cannot be used: ${code}` };
      place = dirname(place);
    }
  }
}

export async function geoData({ geo }: Config): Promise<Finding> {
  const name = 'geo data';
  try {
    const finder = await openPlaceFinder(geo);
    const detail = finder.sources.join(', ');
    finder.close();
    return {
      name,
      ok: detail !== '',
      detail: detail === '' ? 'no data: places of addresses stay unknown' : detail,
    };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
