import Type from 'typebox';
import {
  type CoreError,
  type ErrorKind,
  IdempotencyMismatch,
  InvalidInput,
  NoSuchRoute,
  QuotaExceeded,
} from '../../core/errors.ts';
import { fieldText } from '../../http/field-path.ts';
import type { Presented } from '../../http/surface.ts';

/** Contract verification, section 2. */
export const ERROR_STATUSES = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  validation_error: 422,
  idempotency_mismatch: 422,
  rate_limited: 429,
  quota_exceeded: 429,
  internal_error: 500,
  unavailable: 503,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUSES;

const BY_KIND = {
  invalid: 'validation_error',
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
  not_found: 'not_found',
  // What a record's state does not allow is refused as a value would be.
  conflict: 'validation_error',
  too_many: 'rate_limited',
  unavailable: 'unavailable',
  internal: 'internal_error',
} as const satisfies Record<ErrorKind, ErrorCode>;

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  unreadable_body: 'bad_request',
  unsupported_media_type: 'bad_request',
  unsupported_version: 'bad_request',
  body_too_large: 'payload_too_large',
  method_not_allowed: 'method_not_allowed',
  reference_taken: 'conflict',
  write_conflict: 'conflict',
  quota_exceeded: 'quota_exceeded',
};

const DETAILS: Partial<Record<ErrorCode, string>> = {
  not_found: 'No object matches that id or reference.',
  validation_error: 'One or more fields are invalid.',
  idempotency_mismatch: 'This Idempotency-Key was used with other parameters.',
};

export const ErrorReply = Type.Object({
  error: Type.String(),
  detail: Type.String(),
  status_code: Type.Integer(),
  errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
});

function codeOf(error: CoreError): ErrorCode {
  if (error instanceof IdempotencyMismatch) return 'idempotency_mismatch';
  return BY_CODE[error.code] ?? BY_KIND[error.kind];
}

export function present(error: CoreError): Presented {
  const code = codeOf(error);
  const status = ERROR_STATUSES[code];
  if (error instanceof InvalidInput && code === 'validation_error') {
    const errors = error.problems.map(({ path, message }) => ({ field: fieldText(path), message }));
    const detail = DETAILS.validation_error;
    return { status, body: { error: code, detail, status_code: status, errors } };
  }
  const isMissing = code === 'not_found' && !(error instanceof NoSuchRoute);
  const detail = isMissing || code === 'idempotency_mismatch' ? DETAILS[code] : error.publicMessage;
  const body = { error: code, detail, status_code: status };
  if (status === 401) return { status, body, headers: { 'www-authenticate': 'Bearer' } };
  return { status, body, ...(error instanceof QuotaExceeded && quotaHeaders(error)) };
}

function quotaHeaders({ limit, resetAtSeconds }: QuotaExceeded): Pick<Presented, 'headers'> {
  return {
    headers: {
      'x-quota-limit': `${limit}`,
      'x-quota-remaining': '0',
      'x-quota-reset': `${resetAtSeconds}`,
    },
  };
}
