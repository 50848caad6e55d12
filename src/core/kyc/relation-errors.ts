import { CoreError } from '../errors.ts';

/** Missing, a link of another surface, or with an identity that is gone: all look the same. */
export class RelationNotFound extends CoreError {
  constructor() {
    super('not_found', 'relation_not_found', 'There is no such relation.');
  }
}
