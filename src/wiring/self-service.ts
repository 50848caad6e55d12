import type { Config } from '../config/load.ts';
import { InvalidInput } from '../core/errors.ts';
import { DEFAULT_SELF_SERVICE, type SelfServiceConfig, withSettings } from '../core/self-service/config.ts';
import { readSelfServiceSettings } from '../core/self-service/read-settings.ts';

/**
 * What the installation says of self-service, judged as a pool's own settings are.
 * @throws TypeError Something in it cannot be: said at the start, not at a request.
 */
export function selfServiceOf(settings: Config['selfService']): SelfServiceConfig {
  try {
    return withSettings<SelfServiceConfig>(DEFAULT_SELF_SERVICE, readSelfServiceSettings(settings));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const said = error.problems.map(
      ({ path, message }) => `selfService.${path.slice(1).join('.')} ${message}`,
    );
    throw new TypeError(said.join('; '));
  }
}
