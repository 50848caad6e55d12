import {
  type CoreError,
  type ErrorKind,
  type FieldProblem,
  InvalidInput,
  WrongReferenceType,
} from '../../core/errors.ts';
import { fieldText } from '../../http/field-path.ts';
import type { Presented } from '../../http/surface.ts';
import type { ErrorCode } from './wire.ts';

/** Contract pools, section 2. */
type Answer = readonly [status: number, code: ErrorCode];

const BY_KIND = {
  invalid: [422, 'invalid_value'],
  unauthenticated: [401, 'bad_authtoken'],
  forbidden: [403, 'not_permitted'],
  not_found: [404, 'not_found'],
  conflict: [409, 'invalid_action'],
  // The published list has no code of its own for these two; the status tells.
  too_many: [429, 'not_permitted'],
  unavailable: [503, 'unknown'],
  internal: [500, 'unexpected'],
} as const satisfies Record<ErrorKind, Answer>;

const BY_CODE: Readonly<Record<string, Answer>> = {
  credential_missing: [401, 'not_authenticated'],
  unreadable_body: [400, 'bad_request'],
  unsupported_media_type: [400, 'bad_request'],
  body_not_object: [400, 'bad_request'],
  body_too_large: [413, 'bad_request'],
  wrong_reference_type: [422, 'unexpected_ref_type'],
  not_offered: [501, 'not_implemented'],
};

export const ERROR_STATUSES: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  bad_authtoken: 401,
  not_authenticated: 401,
  not_permitted: 403,
  not_implemented: 501,
  unknown: 500,
  not_found: 404,
  unexpected_ref_type: 422,
  unexpected: 500,
  invalid_action: 409,
  invalid_value: 422,
  required_value: 422,
};

function answerTo(error: CoreError): Answer {
  return BY_CODE[error.code] ?? BY_KIND[error.kind];
}

function codeOf(problem: FieldProblem): ErrorCode {
  return problem.code === 'required' ? 'required_value' : 'invalid_value';
}

export interface ErrorBody {
  readonly status: 'error';
  readonly code: ErrorCode;
  readonly message: string;
  readonly errors?: Readonly<Record<string, { status: 'error'; code: ErrorCode; message: string }>>;
}

/** The envelope of an error: field problems come in the order of the request's body, the first one on top. */
export function bodyOf(error: CoreError): ErrorBody {
  const [, code] = answerTo(error);
  if (error instanceof InvalidInput) {
    const [first] = error.problems;
    const errors: Record<string, { status: 'error'; code: ErrorCode; message: string }> = Object.create(null);
    for (const problem of error.problems) {
      errors[fieldText(problem.path)] ??= {
        status: 'error',
        code: codeOf(problem),
        message: problem.message,
      };
    }
    const top =
      first === undefined
        ? { code, message: error.publicMessage }
        : { code: codeOf(first), message: first.message };
    return { status: 'error', ...top, errors };
  }
  const message = error.publicMessage;
  if (error instanceof WrongReferenceType && error.path.length > 0) {
    return {
      status: 'error',
      code,
      message,
      errors: { [fieldText(error.path)]: { status: 'error', code, message } },
    };
  }
  return { status: 'error', code, message };
}

export function present(error: CoreError): Presented {
  const [status] = answerTo(error);
  return {
    status,
    body: bodyOf(error),
    ...(status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}),
  };
}
