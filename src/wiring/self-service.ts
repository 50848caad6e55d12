import type { Config } from '../config/load.ts';
import { DEFAULT_SELF_SERVICE, type SelfServiceConfig } from '../core/self-service/config.ts';
import { createReturnToList } from '../core/self-service/return-to.ts';

/**
 * What the installation says of self-service; the rest is as it is everywhere.
 * @throws TypeError An entry of `returnTo` could be read in two ways: said at the start, not at a request.
 */
export function selfServiceOf(settings: Config['selfService']): SelfServiceConfig {
  const { returnTo, registrationStyle, sessionAfterRegistration } = settings;
  createReturnToList(returnTo, 'https://localhost');
  const uiUrl = settings.uiUrl?.replace(/\/+$/, '') ?? null;
  return { ...DEFAULT_SELF_SERVICE, uiUrl, returnTo, registrationStyle, sessionAfterRegistration };
}
