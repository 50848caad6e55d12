import Type from 'typebox';
import { type CoreError, type ErrorKind, InvalidInput } from '../../core/errors.ts';
import { PasswordRefused, UserNotConfirmed } from '../../core/identify/errors.ts';
import { ProviderError } from '../../core/identify/provider-errors.ts';
import type { Presented } from '../../http/surface.ts';

/** Contract identify 1, with `conflict` and `unavailable` of our own. */
export const ERROR_STATUSES = {
  validation_error: 400,
  unsupported_provider: 400,
  provider_not_enabled: 400,
  operation_not_supported: 400,
  invalid_password: 400,
  code_mismatch: 400,
  code_expired: 400,
  missing_token: 401,
  invalid_token: 401,
  token_expired: 401,
  invalid_credentials: 401,
  user_not_confirmed: 403,
  user_mismatch: 403,
  origin_not_allowed: 403,
  project_not_found: 404,
  user_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  user_exists: 409,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  limit_exceeded: 429,
  internal_error: 500,
  provider_error: 502,
  unavailable: 503,
  provider_timeout: 504,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUSES;

const BY_KIND = {
  invalid: 'validation_error',
  unauthenticated: 'invalid_token',
  forbidden: 'user_mismatch',
  not_found: 'not_found',
  conflict: 'conflict',
  too_many: 'limit_exceeded',
  unavailable: 'unavailable',
  internal: 'internal_error',
} as const satisfies Record<ErrorKind, ErrorCode>;

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  body_too_large: 'payload_too_large',
  login_rejected: 'invalid_credentials',
  method_not_allowed: 'method_not_allowed',
  operation_not_supported: 'operation_not_supported',
  origin_not_allowed: 'origin_not_allowed',
  password_refused: 'invalid_password',
  project_not_found: 'project_not_found',
  provider_not_enabled: 'provider_not_enabled',
  reset_code_over: 'code_expired',
  reset_code_wrong: 'code_mismatch',
  token_missing: 'missing_token',
  token_over: 'token_expired',
  token_rejected: 'invalid_token',
  unsupported_media_type: 'unsupported_media_type',
  unsupported_provider: 'unsupported_provider',
  user_exists: 'user_exists',
  user_not_confirmed: 'user_not_confirmed',
  user_not_found: 'user_not_found',
};

export const ErrorReply = Type.Object({
  result: Type.Literal(0),
  message: Type.String(),
  data: Type.Object({}),
  error: Type.Object({
    code: Type.String(),
    /** A reason by the name of each field that it is about. */
    fields: Type.Optional(Type.Record(Type.String(), Type.String())),
  }),
});

export function present(error: CoreError): Presented {
  const code = codeOf(error);
  const status = ERROR_STATUSES[code];
  const fields = fieldsOf(error);
  const body = {
    ...{ result: 0, message: error.publicMessage, data: {} },
    error: { code, ...(Object.keys(fields).length === 0 ? {} : { fields }) },
  };
  const headers = {
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 429 ? { 'retry-after': `${retryAfterOf(error)}` } : {}),
  };
  return { status, headers, body };
}

function codeOf(error: CoreError): ErrorCode {
  if (error instanceof ProviderError) return error.problem;
  return BY_CODE[error.code] ?? BY_KIND[error.kind];
}

function fieldsOf(error: CoreError): Readonly<Record<string, string>> {
  if (error instanceof ProviderError || error instanceof UserNotConfirmed) return error.fields;
  if (error instanceof PasswordRefused)
    return error.reasons.length === 0 ? {} : { password: error.reasons.join('; ') };
  if (!(error instanceof InvalidInput)) return {};
  return Object.fromEntries(error.problems.map(({ path, message }) => [String(path.at(-1)), message]));
}

/** Seconds; errors of this kind say when it is worth another try, or it is soon. */
function retryAfterOf(error: CoreError): number {
  const { retryAfterSeconds } = error as { retryAfterSeconds?: number | null };
  return typeof retryAfterSeconds === 'number' ? Math.max(1, Math.ceil(retryAfterSeconds)) : 1;
}
