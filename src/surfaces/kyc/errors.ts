import Type from 'typebox';
import {
  AlreadyConfirmed,
  type CoreError,
  type ErrorKind,
  type FieldProblem,
  InvalidInput,
} from '../../core/errors.ts';
import { fieldText } from '../../http/field-path.ts';
import type { Presented } from '../../http/surface.ts';

/** Contract kyc 3.11, with `forbidden`, `conflict` and `unavailable` of our own. */
export const ERROR_STATUSES = {
  validation_failed: 400,
  email_already_in_use: 400,
  unauthorized: 401,
  forbidden: 403,
  identity_limit_reached: 403,
  url_expired: 403,
  identity_not_found: 404,
  identity_owner_not_found: 404,
  document_not_found: 404,
  verification_not_found: 404,
  relation_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  identity_already_confirmed: 422,
  identity_owner_must_be_of_type_person: 422,
  operation_not_active: 422,
  rate_limited: 429,
  internal_error: 500,
  unavailable: 503,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUSES;

const BY_KIND = {
  invalid: 'validation_failed',
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
  not_found: 'identity_not_found',
  conflict: 'conflict',
  too_many: 'rate_limited',
  unavailable: 'unavailable',
  internal: 'internal_error',
} as const satisfies Record<ErrorKind, ErrorCode>;

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  already_confirmed: 'identity_already_confirmed',
  body_too_large: 'payload_too_large',
  document_not_found: 'document_not_found',
  email_taken: 'email_already_in_use',
  identity_limit_reached: 'identity_limit_reached',
  link_expired: 'url_expired',
  method_not_allowed: 'method_not_allowed',
  no_such_route: 'not_found',
  operation_not_active: 'operation_not_active',
  owner_not_found: 'identity_owner_not_found',
  owner_not_person: 'identity_owner_must_be_of_type_person',
  relation_not_found: 'relation_not_found',
  storage_not_found: 'not_found',
  unsupported_media_type: 'unsupported_media_type',
  verification_not_found: 'verification_not_found',
};

export const ErrorReply = Type.Object({
  code: Type.String(),
  message: Type.String(),
  errors: Type.Optional(
    Type.Array(Type.Object({ field: Type.String(), code: Type.String(), message: Type.String() })),
  ),
});

function problemCode({ code, rule }: FieldProblem): string {
  if (code === 'locked') return 'immutable';
  return code === 'required' || code === 'unknown' ? code : (rule ?? 'format');
}

export function present(error: CoreError): Presented {
  const code = BY_CODE[error.code] ?? BY_KIND[error.kind];
  const status = ERROR_STATUSES[code];
  if (error instanceof InvalidInput) {
    const errors = error.problems.map((problem) => ({
      field: fieldText(problem.path),
      code: problemCode(problem),
      message: problem.message,
    }));
    const message =
      error instanceof AlreadyConfirmed
        ? 'The identity is confirmed; these fields cannot be changed.'
        : error.publicMessage;
    return { status, body: { code, message, errors } };
  }
  const body = { code, message: error.publicMessage };
  return status === 401 ? { status, body, headers: { 'www-authenticate': 'Bearer' } } : { status, body };
}
