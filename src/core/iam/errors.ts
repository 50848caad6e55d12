import { CoreError, InvalidInput } from '../errors.ts';
import type { Violation } from '../traits/ports.ts';

/** Traits break their schema. */
export class InvalidTraits extends InvalidInput {
  readonly violations: readonly Violation[];
  constructor(violations: readonly Violation[]) {
    super(
      violations.map(({ instancePath, text }) => ({
        path: [...instancePath],
        code: 'invalid' as const,
        message: text,
      })),
    );
    this.violations = violations;
  }
}

/** Another identity of the pool has an identifier, an address or the external id already (R3). */
export class IdentifierTaken extends CoreError {
  constructor() {
    super(
      'conflict',
      'identifier_taken',
      'Unable to insert or update resource because a resource with that value exists already',
    );
  }
}

/** The credential is the last one that the identity can log in with. */
export class LastFirstFactor extends CoreError {
  constructor() {
    super(
      'invalid',
      'last_first_factor',
      'You cannot remove this credential because it would lock the user out: it is the last first factor.',
    );
  }
}

/** A JSON Patch that cannot be applied, or must not be. The message says where, and holds no value. */
export class PatchRefused extends CoreError {
  constructor(problem: string) {
    super('invalid', 'patch_refused', problem);
  }
}

/** Credentials of this type are not deleted by themselves. */
export class CredentialNotDeletable extends CoreError {
  constructor() {
    super('invalid', 'credential_not_deletable', 'Credentials of this type cannot be deleted.');
  }
}
