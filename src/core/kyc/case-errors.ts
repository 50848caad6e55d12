import { CoreError } from '../errors.ts';

/** No case has this as its latest verification: missing, of another pool, replaced, or its identity is gone. */
export class VerificationNotFound extends CoreError {
  constructor() {
    super('not_found', 'verification_not_found', 'There is no such verification.');
  }
}
