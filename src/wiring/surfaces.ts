import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import type { Log } from '../http/logging.ts';
import type { PoolNamer } from '../http/ports.ts';
import type { Surface } from '../http/surface.ts';
import { createIamSurface } from '../surfaces/iam/surface.ts';
import { createIdentifySurface } from '../surfaces/identify/surface.ts';
import { createKycSurface } from '../surfaces/kyc/surface.ts';
import { createPoolsSurface } from '../surfaces/pools/surface.ts';
import { createVerificationSurface } from '../surfaces/verification/surface.ts';
import { packageVersion } from './package-version.ts';

/**
 * Every surface there is; the reference pages and the matrices of the tests follow from this list.
 * @param pools Null where nothing is served.
 */
export function createSurfaces(
  config: Config,
  deps: Deps,
  log: Log,
  pools: PoolNamer | null = null,
): Surface[] {
  const { snapshotUnknown } = config.pools;
  const ja4Header = config.server.ja4Header.toLowerCase();
  const onFault = (fault: unknown) =>
    log.fault(fault, { requestId: '', surface: 'pools', operation: 'bulk' });
  return [
    createPoolsSurface(deps, { snapshotUnknown, ja4Header, onFault }),
    createVerificationSurface(deps),
    createKycSurface(deps),
    createIamSurface(deps, {
      showsBodies: config.courier.showBodies,
      version: packageVersion(),
      pools,
    }),
    createIdentifySurface(deps),
  ];
}
