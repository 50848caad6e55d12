import { CoreError } from '../errors.ts';

/** Missing, deleted, or of another identity: all look the same. */
export class DocumentNotFound extends CoreError {
  constructor() {
    super('not_found', 'document_not_found', 'There is no such document.');
  }
}

/** No pool that is open has its files at this address. */
export class StorageNotFound extends CoreError {
  constructor() {
    super('not_found', 'storage_not_found', 'There is nothing at this address.');
  }
}
