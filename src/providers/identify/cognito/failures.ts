import { ProviderError, type ProviderErrorCode } from '../../../core/identify/provider-errors.ts';

/** What is being done: one error of Cognito's means different things in different calls. */
export type Step =
  | 'register'
  | 'confirm_account'
  | 'login'
  | 'read'
  | 'update'
  | 'change_password'
  | 'forgot'
  | 'confirm_forgot'
  | 'refresh'
  | 'logout';

/** By the name of the error, whatever is being done (contract identify 4.1). */
const ALWAYS: { readonly [name: string]: ProviderErrorCode } = {
  UsernameExistsException: 'user_exists',
  AliasExistsException: 'user_exists',
  InvalidPasswordException: 'invalid_password',
  PasswordHistoryPolicyViolationException: 'invalid_password',
  UserNotConfirmedException: 'user_not_confirmed',
  PasswordResetRequiredException: 'user_not_confirmed',
  CodeMismatchException: 'code_mismatch',
  ExpiredCodeException: 'code_expired',
  InvalidParameterException: 'validation_error',
  LimitExceededException: 'limit_exceeded',
  TooManyRequestsException: 'limit_exceeded',
  TooManyFailedAttemptsException: 'limit_exceeded',
  NotAuthorizedException: 'invalid_token',
  UserNotFoundException: 'invalid_token',
};

/** What differs. cognito-local says `InvalidPassword` of a wrong one, and `InvalidParameter` of a token that is none. */
const IN_STEP: { readonly [S in Step]?: { readonly [name: string]: ProviderErrorCode } } = {
  login: {
    NotAuthorizedException: 'invalid_credentials',
    UserNotFoundException: 'invalid_credentials',
    InvalidPasswordException: 'invalid_credentials',
  },
  read: { InvalidParameterException: 'invalid_token' },
  // The token was found good just before, and the new password is checked before it is sent.
  change_password: { NotAuthorizedException: 'invalid_credentials' },
  confirm_forgot: { UserNotFoundException: 'code_mismatch', NotAuthorizedException: 'code_mismatch' },
  logout: { InvalidParameterException: 'invalid_token' },
  confirm_account: {
    NotAuthorizedException: 'provider_error',
    UserNotFoundException: 'provider_error',
    InvalidParameterException: 'provider_error',
  },
};

/** Of a refresh token: over, revoked already, another client's, or none that can be revoked. */
const NOTHING_TO_REVOKE: ReadonlySet<string> = new Set([
  ...['NotAuthorizedException', 'UnauthorizedException', 'UnsupportedTokenTypeException'],
  'InvalidParameterException',
]);

/** What cognito-local names commands that it does not know. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['Unsupported', 'CognitoLocal#Unsupported']);

/** Thrown by the SDK, or on the way out. What Cognito wrote is in no error of ours. */
export function failureOf(error: unknown, step: Step): ProviderError {
  if (error instanceof ProviderError) return error;
  const name = nameOf(error);
  const problem = IN_STEP[step]?.[name] ?? ALWAYS[name] ?? 'provider_error';
  return new ProviderError(problem, { detail: `cognito ${step}: ${name}` });
}

export function isUnsupported(error: unknown): boolean {
  return UNSUPPORTED.has(nameOf(error));
}

export function isNothingToRevoke(error: unknown): boolean {
  return NOTHING_TO_REVOKE.has(nameOf(error));
}

/** Only letters and a mark between: a name, not whatever was answered. */
export function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return /^[A-Za-z#]{1,64}$/.test(name) ? name : 'unknown';
}
