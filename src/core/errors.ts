/** What went wrong, in the core's words. Surfaces map kinds (and codes, where a contract wants more) to status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_many'
  | 'unavailable'
  | 'internal';

/** Where in an input a problem sits: `['factors', 0, 'value']` is `factors[0].value`. */
export type FieldPath = readonly (string | number)[];

export type FieldCode = 'required' | 'invalid' | 'unknown' | 'taken' | 'locked';

/** Which rule an `invalid` value breaks, for contracts that tell them apart. */
export type FieldRule = 'type' | 'null' | 'format' | 'enum' | 'length' | 'min_age' | 'max_age';

/** One problem of an input. `message` never holds the value that was sent. */
export interface FieldProblem {
  readonly path: FieldPath;
  readonly code: FieldCode;
  readonly rule?: FieldRule;
  readonly message: string;
}

export interface CoreErrorOptions {
  readonly detail?: string;
  readonly cause?: unknown;
}

/**
 * The one error family of the product. `publicMessage` is fit for anyone; `detail` is for the log only and
 * holds neither personal data nor secrets.
 */
export class CoreError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly publicMessage: string;
  readonly detail: string | undefined;

  constructor(kind: ErrorKind, code: string, publicMessage: string, options: CoreErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.code = code;
    this.publicMessage = publicMessage;
    this.detail = options.detail;
  }
}

/** Input fails; every problem at once, in the order of the input. */
export class InvalidInput extends CoreError {
  readonly problems: readonly FieldProblem[];
  constructor(problems: readonly FieldProblem[]) {
    super('invalid', 'invalid_input', 'Some values are missing or not valid.');
    this.problems = problems;
  }
}

/** An idempotency key came with another request than before. */
export class IdempotencyMismatch extends InvalidInput {
  constructor() {
    const message = 'This idempotency key was used with another request.';
    super([{ path: ['idempotency_key'], code: 'invalid', message }]);
  }
}

/** The body is not what the route reads at all: not JSON, wrong content type or encoding, nested too deeply. */
export class UnreadableBody extends CoreError {
  constructor(publicMessage: string) {
    super('invalid', 'unreadable_body', publicMessage);
  }
}

/** The body is JSON but no object: a list, a text, a number, `true`, `false` or `null`. */
export class BodyNotObject extends UnreadableBody {
  override readonly code = 'body_not_object';
  constructor() {
    super('The request body must be a JSON object.');
  }
}

/** A body came with another content type, or with none. */
export class UnsupportedMediaType extends UnreadableBody {
  override readonly code = 'unsupported_media_type';
  constructor() {
    super('The content type of the request body must be application/json.');
  }
}

export class BodyTooLarge extends CoreError {
  constructor() {
    super('invalid', 'body_too_large', 'The request body is too large.');
  }
}

/** No credential was sent. */
export class CredentialMissing extends CoreError {
  constructor() {
    super('unauthenticated', 'credential_missing', 'An API key is needed.');
  }
}

/** Malformed, unknown, expired, suspended and revoked keys look alike. */
export class CredentialRejected extends CoreError {
  constructor(detail?: string) {
    super(
      'unauthenticated',
      'credential_rejected',
      'The API key is not valid.',
      detail === undefined ? {} : { detail },
    );
  }
}

export class NotPermitted extends CoreError {
  constructor(detail?: string, publicMessage = 'The API key does not permit this.') {
    super('forbidden', 'not_permitted', publicMessage, detail === undefined ? {} : { detail });
  }
}

/** The caller's address is not among the key's allowed addresses. */
export class AddressNotAllowed extends CoreError {
  constructor() {
    super('forbidden', 'address_not_allowed', 'The API key is not valid from this address.');
  }
}

/** Missing, of another pool or of another account: all look the same (R9). */
export class NotFound extends CoreError {
  constructor() {
    super('not_found', 'not_found', 'There is no such resource.');
  }
}

/** No route owns this path. */
export class NoSuchRoute extends CoreError {
  constructor() {
    super('not_found', 'no_such_route', 'There is no such route.');
  }
}

/** A well-formed id of this account, but of another type of resource. */
export class WrongReferenceType extends CoreError {
  readonly path: FieldPath;
  constructor(path: FieldPath) {
    super('invalid', 'wrong_reference_type', 'The id belongs to another type of resource.');
    this.path = path;
  }
}

/** The path is known, the method is not. */
export class MethodNotAllowed extends CoreError {
  constructor() {
    super('not_found', 'method_not_allowed', 'There is no such method for this path.');
  }
}

/** Not allowed in the present state of the resource. */
export class WrongState extends CoreError {
  constructor(publicMessage: string) {
    super('conflict', 'wrong_state', publicMessage);
  }
}

/** Another record holds the customer's reference, or whatever else was to be unique. */
export class ReferenceTaken extends CoreError {
  constructor(publicMessage = 'Another identity has this reference.') {
    super('conflict', 'reference_taken', publicMessage);
  }
}

/** Fields that a verification confirmed were to be changed (R1); `problems` names them. */
export class AlreadyConfirmed extends InvalidInput {
  override readonly code = 'already_confirmed';
}

/** An API version that this server does not speak; the message says what to do. */
export class UnsupportedVersion extends CoreError {
  constructor(publicMessage: string) {
    super('invalid', 'unsupported_version', publicMessage);
  }
}

/** A conditional write lost against another one, also after its retries. */
export class WriteConflict extends CoreError {
  constructor() {
    super('conflict', 'write_conflict', 'The resource was changed at the same time; try again.');
  }
}

/** A known feature that this server, or this size of pool, does not offer. */
export class NotOffered extends CoreError {
  constructor(publicMessage: string) {
    super('invalid', 'not_offered', publicMessage);
  }
}

export class RateLimited extends CoreError {
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('too_many', 'rate_limited', 'Too many requests; try again later.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A quota of one kind of work is used up, whatever the rate limit still allows. */
export class QuotaExceeded extends CoreError {
  readonly limit: number;
  /** Unix seconds. */
  readonly resetAtSeconds: number;
  /** At least 1. */
  readonly retryAfterSeconds: number;
  constructor(quota: { limit: number; resetAtSeconds: number; retryAfterSeconds: number }) {
    super('too_many', 'quota_exceeded', 'The quota is used up; try again later.');
    this.limit = quota.limit;
    this.resetAtSeconds = quota.resetAtSeconds;
    this.retryAfterSeconds = quota.retryAfterSeconds;
  }
}

/** A dependency (database, key service) does not answer; safe to retry. */
export class Unavailable extends CoreError {
  constructor(detail: string, cause?: unknown) {
    super('unavailable', 'unavailable', 'The service is not available right now; try again.', {
      detail,
      cause,
    });
  }
}

/** Too much costly work waits already; safe to retry after a while. */
export class Busy extends CoreError {
  /** At least 1. */
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('unavailable', 'busy', 'The service is busy right now; try again.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A sealed value does not open: wrong key, another record or section, or changed bytes. */
export class SealBroken extends CoreError {
  constructor(detail: string, cause?: unknown) {
    super('internal', 'seal_broken', 'An internal error occurred.', { detail, cause });
  }
}

/** The root key that stored data needs is not the one at hand. Names the key ids, never key material. */
export class RootKeyMismatch extends CoreError {
  constructor(publicMessage: string, cause?: unknown) {
    super('internal', 'root_key_mismatch', publicMessage, { cause });
  }
}

/** A fault of the product itself. */
export class InternalFault extends CoreError {
  constructor(detail: string, cause?: unknown) {
    super('internal', 'internal_fault', 'An internal error occurred.', { detail, cause });
  }
}

/**
 * A root key that is there but must not, or cannot, be used. The message is for the operator and names the
 * place.
 */
export class RootKeyUnusable extends CoreError {
  constructor(publicMessage: string, cause?: unknown) {
    super('internal', 'root_key_unusable', publicMessage, { cause });
  }
}

/**
 * The message says nothing about what the name resolved to: that would make this server a scanner of its
 * network.
 */
export class DestinationRefused extends CoreError {
  constructor(detail: string) {
    super('invalid', 'destination_refused', 'The address is not one that this server may call.', { detail });
  }
}
