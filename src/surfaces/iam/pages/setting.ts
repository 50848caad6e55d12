import { preferredLanguages } from '../../../core/courier/languages.ts';
import type { Deps } from '../../../core/deps.ts';
import type { PoolRequest } from '../../../http/route.ts';
import { placesOf } from '../flows/serve-flow.ts';
import type { PageSetting } from './page.ts';
import { textsFor } from './texts.ts';

/** In the language that the browser prefers among those that there are. */
export function settingOf(deps: Pick<Deps, 'configs' | 'selfService'>, request: PoolRequest): PageSetting {
  const wish = request.headers['accept-language'];
  return {
    texts: textsFor(preferredLanguages(typeof wish === 'string' ? wish : null)),
    places: placesOf(deps, request),
  };
}
