import { CoreError } from '../errors.ts';

/** The key may make one identity and has made it, whatever became of that one (contract kyc 1). */
export class IdentityLimitReached extends CoreError {
  constructor() {
    super('forbidden', 'identity_limit_reached', 'This API key may make one identity, and no other.');
  }
}
