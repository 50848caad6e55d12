import { CoreError } from '../errors.ts';

/** Missing, deleted, or of another identity: all look the same. */
export class DocumentNotFound extends CoreError {
  constructor() {
    super('not_found', 'document_not_found', 'There is no such document.');
  }
}
