import { CoreError } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import type { StorageAddress } from './document-ports.ts';

/** Below the origin: `/verifications/callbacks/<application id>/<provider>`. */
export const CALLBACKS_PATH = '/verifications/callbacks';

/** Where a provider outside sends its verdicts. */
export function callbackUrlOf(storage: StorageAddress, poolId: PoolId, slug: string): string {
  return `${storage.origin()}${CALLBACKS_PATH}/${poolId}/${slug}`;
}

/** A notice with a wrong or old signature, or for a provider or an application that there is not: all look the same. */
export class CallbackRefused extends CoreError {
  constructor(detail: string) {
    super('unauthenticated', 'callback_refused', 'The signature is not valid.', { detail });
  }
}
