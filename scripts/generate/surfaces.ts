import { loadConfig } from '../../src/config/load.ts';
import type { Deps } from '../../src/core/deps.ts';
import { createLog } from '../../src/http/logging.ts';
import type { Surface } from '../../src/http/surface.ts';
import { createSurfaces } from '../../src/wiring/surfaces.ts';

/** Every surface as it is with the default settings, for its tables only: nothing that it needs is there. */
export function surfacesOf(): Surface[] {
  const { config } = loadConfig({ mode: 'start', environment: {} });
  const deps = new Proxy({} as Deps, {
    get: (_target, name) => {
      throw new TypeError(`A table of routes must not need ${String(name)}`);
    },
  });
  return createSurfaces(config, lazy(deps), createLog({ level: 'silent' }));
}

/** Handlers take their dependencies apart when they are made, and use them only when they are called. */
function lazy(deps: Deps): Deps {
  return new Proxy({} as Deps, { get: () => deps });
}
