import Type from 'typebox';
import { type CoreError, type ErrorKind, InvalidInput } from '../../core/errors.ts';
import { InvalidTraits, PatchRefused } from '../../core/iam/errors.ts';
import { SessionInactive } from '../../core/self-service/errors.ts';
import { reasonsOf } from '../../core/traits/violations.ts';
import { fieldText } from '../../http/field-path.ts';
import type { ErrorRequest } from '../../http/requests.ts';
import type { Presented } from '../../http/surface.ts';
import {
  BrowserLocationChange,
  flowDetails,
  flowHeaders,
  flowSiblings,
  signInPlace,
} from './flows/flow-errors.ts';

/** Contract iam 1.3: by the words that the reference names them with. */
export const ERROR_STATUSES = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  payload_too_large: 413,
  unprocessable: 422,
  too_many_requests: 429,
  internal_server_error: 500,
  service_unavailable: 503,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUSES;

const PHRASES: Readonly<Record<ErrorCode, string>> = {
  bad_request: 'Bad Request',
  unauthorized: 'Unauthorized',
  forbidden: 'Forbidden',
  not_found: 'Not Found',
  method_not_allowed: 'Method Not Allowed',
  conflict: 'Conflict',
  gone: 'Gone',
  payload_too_large: 'Request Entity Too Large',
  unprocessable: 'Unprocessable Entity',
  too_many_requests: 'Too Many Requests',
  internal_server_error: 'Internal Server Error',
  service_unavailable: 'Service Unavailable',
};

const MESSAGES: Partial<Readonly<Record<ErrorCode, string>>> = {
  bad_request: 'The request was malformed or contained invalid parameters',
  unauthorized: 'The request could not be authorized',
  forbidden: 'The requested action was forbidden',
  conflict: 'The resource could not be created due to a conflict',
  internal_server_error: 'An internal server error occurred, please contact the system administrator',
};

const BY_KIND = {
  invalid: 'bad_request',
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
  not_found: 'not_found',
  conflict: 'conflict',
  too_many: 'too_many_requests',
  unavailable: 'service_unavailable',
  internal: 'internal_server_error',
} as const satisfies Record<ErrorKind, ErrorCode>;

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  body_too_large: 'payload_too_large',
  method_not_allowed: 'method_not_allowed',
  self_service_flow_expired: 'gone',
  self_service_flow_replaced: 'gone',
  self_service_flow_finished: 'gone',
  browser_location_change_required: 'unprocessable',
  login_unfinished: 'unprocessable',
};

/** Errors whose own words the contract has. */
const OWN_MESSAGES: Readonly<Record<string, string>> = {
  no_such_route: 'The requested resource could not be found',
  not_found: 'Unable to locate the resource',
  identifier_taken: 'Unable to insert or update resource because a resource with that value exists already',
};

export const GenericError = Type.Object({
  code: Type.Integer(),
  status: Type.String(),
  message: Type.String(),
  reason: Type.Optional(Type.String()),
  id: Type.Optional(Type.String()),
  request: Type.Optional(Type.String()),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
export const ErrorReply = Type.Object({
  error: GenericError,
  /** Where a browser goes to do something about it. */
  redirect_browser_to: Type.Optional(Type.String()),
  /** The flow that took the place of one that has expired, or was used up. */
  use_flow_id: Type.Optional(Type.String()),
  expired_at: Type.Optional(Type.String()),
  /** How long ago that was, in nanoseconds. */
  since: Type.Optional(Type.Integer()),
});

export interface ErrorBody {
  readonly code: number;
  readonly status: string;
  readonly message: string;
  readonly reason?: string;
  readonly id?: string;
  readonly request?: string;
}

/** Codes of ours that the contract has as an error's `id` (contract iam 1.3). */
const IDS: ReadonlySet<string> = new Set([
  ...['session_aal2_required', 'session_already_available', 'session_aal1_required'],
  'session_verified_address_required',
  ...['session_aal_already_fulfilled', 'security_csrf_violation', 'security_identity_mismatch'],
  ...['self_service_flow_expired', 'self_service_flow_disabled', 'self_service_flow_replaced'],
  ...['self_service_flow_return_to_forbidden', 'browser_location_change_required'],
  ...['session_inactive', 'session_refresh_required'],
]);

function codeOf(error: CoreError): ErrorCode {
  return BY_CODE[error.code] ?? BY_KIND[error.kind];
}

function reasonOf(error: CoreError): string | undefined {
  if (error instanceof InvalidTraits) return reasonsOf(error.violations);
  if (error instanceof InvalidInput)
    return error.problems.map(({ path, message }) => `${fieldText(path)}: ${message}`).join('\n');
  if (error instanceof PatchRefused) return 'failed to apply JSON patch';
  // These say all there is in their message.
  return error.code in OWN_MESSAGES || error.kind === 'internal' ? undefined : error.publicMessage;
}

function messageOf(error: CoreError, code: ErrorCode): string {
  if (error instanceof PatchRefused) return error.publicMessage;
  return OWN_MESSAGES[error.code] ?? MESSAGES[code] ?? PHRASES[code];
}

export function errorBody(error: CoreError, request?: string): ErrorBody {
  const code = codeOf(error);
  const reason = reasonOf(error);
  return {
    code: ERROR_STATUSES[code],
    status: PHRASES[code],
    ...(IDS.has(error.code) ? { id: error.code } : {}),
    ...(request === undefined ? {} : { request }),
    ...(reason === undefined ? {} : { reason }),
    message: messageOf(error, code),
  };
}

export function present(error: CoreError, request?: ErrorRequest): Presented {
  // Only the client's own: it knows no other.
  const isOwn = request !== undefined && request.headers['x-request-id'] === request.requestId;
  const body = errorBody(error, isOwn ? request.requestId : undefined);
  const headers = {
    ...(body.code === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(body.id === undefined ? {} : { 'ory-error-id': body.id }),
    ...flowHeaders(error),
  };
  const details = flowDetails(error, request?.pool?.publicBase ?? '');
  return {
    ...{ status: body.code, headers },
    body: {
      error: { ...body, ...(details === undefined ? {} : { details }) },
      ...siblingsOf(error, request),
    },
    ...(error instanceof BrowserLocationChange ? { cookies: error.cookies } : {}),
  };
}

/** What stands beside `error`. */
function siblingsOf(error: CoreError, request: ErrorRequest | undefined): Record<string, unknown> {
  const base = request?.pool?.publicBase;
  const place = base === undefined ? null : signInPlace(error, base, null);
  // Without a session there is nothing to go on with.
  if (place === null || error instanceof SessionInactive) return flowSiblings(error);
  return { redirect_browser_to: place };
}
