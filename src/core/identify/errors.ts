import { CoreError } from '../errors.ts';

/** Reasons by field of the request, in words of ours. */
export type FieldReasons = Readonly<Record<string, string>>;

/** Unknown, closed, or no project at all: all look alike. */
export class ProjectNotFound extends CoreError {
  constructor() {
    super('not_found', 'project_not_found', 'There is no such project.');
  }
}

/** Strategy and provider do not go together. */
export class ProviderUnsupported extends CoreError {
  constructor() {
    super('invalid', 'unsupported_provider', 'There is no such provider for this strategy.');
  }
}

export class ProviderNotEnabled extends CoreError {
  constructor() {
    super('invalid', 'provider_not_enabled', 'The provider is not enabled for this project.');
  }
}

export class OperationNotSupported extends CoreError {
  constructor() {
    super('invalid', 'operation_not_supported', 'The provider does not support this operation.');
  }
}

/** A page of a site that the project does not list. */
export class OriginNotAllowed extends CoreError {
  constructor() {
    super('forbidden', 'origin_not_allowed', 'This site may not call the project.');
  }
}

/** No token was sent where one is needed. */
export class TokenMissing extends CoreError {
  constructor() {
    super('unauthenticated', 'token_missing', 'A token is needed.');
  }
}

/** Malformed, of another project, not signed by us, or its session has ended: all look alike. */
export class TokenRejected extends CoreError {
  constructor() {
    super('unauthenticated', 'token_rejected', 'The token is not valid.');
  }
}

export class TokenOver extends CoreError {
  constructor() {
    super('unauthenticated', 'token_over', 'The token has expired.');
  }
}

/** A wrong password, an unknown user, or one that may not log in: all look alike (R10). */
export class LoginRejected extends CoreError {
  constructor() {
    super('unauthenticated', 'login_rejected', 'The e-mail or the password is not right.');
  }
}

/** The password was right, and is not enough: the address is to be proved first, or a second factor to be shown. */
export class UserNotConfirmed extends CoreError {
  readonly fields: FieldReasons;
  constructor(fields: FieldReasons = {}) {
    super('forbidden', 'user_not_confirmed', 'The user is not confirmed.');
    this.fields = fields;
  }
}

/** A new password breaks the policy. */
export class PasswordRefused extends CoreError {
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[] = []) {
    super('invalid', 'password_refused', 'The password does not meet the policy.');
    this.reasons = reasons;
  }
}

export class ResetCodeWrong extends CoreError {
  constructor() {
    super('invalid', 'reset_code_wrong', 'The code is not right.');
  }
}

/** The right one, too late or for a second time. */
export class ResetCodeOver extends CoreError {
  constructor() {
    super('invalid', 'reset_code_over', 'The code has expired or was used.');
  }
}

/** The e-mail address, or the username, is another user's. */
export class UserExists extends CoreError {
  constructor() {
    super('conflict', 'user_exists', 'The user exists already.');
  }
}

/** Nobody has this external id. */
export class UserNotFound extends CoreError {
  constructor() {
    super('not_found', 'user_not_found', 'There is no such user.');
  }
}
