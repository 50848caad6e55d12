import { CoreError } from '../errors.ts';

/** Another identity of the pool holds the e-mail, or it is reserved by a block (R3, R8). */
export class EmailTaken extends CoreError {
  constructor() {
    super('conflict', 'email_taken', 'Another identity has this e-mail address.');
  }
}

/** The person that is to answer for a company is missing, or of another pool: both look the same (R9). */
export class OwnerNotFound extends CoreError {
  constructor() {
    super('not_found', 'owner_not_found', 'There is no such identity owner.');
  }
}

/** Only a person may answer for a company, and stays one while doing so. */
export class OwnerNotPerson extends CoreError {
  constructor() {
    super('conflict', 'owner_not_person', 'The owner of a company must be a person.');
  }
}

/** No provider allows the operation to this identity (contract kyc 3.10). */
export class OperationNotActive extends CoreError {
  constructor() {
    super('conflict', 'operation_not_active', 'The operation is not active for this identity.');
  }
}
