import { CoreError } from '../errors.ts';
import type { Flow } from './flow.ts';
import type { FlowId, FlowKind, FlowType } from './ports.ts';

/** A flow's time is over. A client goes on with the flow that took its place, or begins anew. */
export class FlowExpired extends CoreError {
  readonly flow: { readonly kind: FlowKind; readonly type: FlowType; readonly returnTo: string | null };
  readonly expiredAt: Date;
  /** How long ago that was. */
  readonly sinceMs: number;
  /** Null where it was only read. */
  readonly useFlowId: FlowId | null;
  constructor(expired: {
    flow: FlowExpired['flow'];
    expiredAt: Date;
    sinceMs: number;
    useFlowId: FlowId | null;
  }) {
    super('not_found', 'self_service_flow_expired', 'The flow has expired; use a new one.');
    this.flow = expired.flow;
    this.expiredAt = expired.expiredAt;
    this.sinceMs = expired.sinceMs;
    this.useFlowId = expired.useFlowId;
  }
}

/** A finished flow was submitted again, and another one took its place. */
export class FlowReplaced extends CoreError {
  readonly useFlowId: FlowId;
  constructor(useFlowId: FlowId) {
    super('conflict', 'self_service_flow_replaced', 'The flow was replaced; use the new one.');
    this.useFlowId = useFlowId;
  }
}

/** A finished flow was submitted again. */
export class FlowFinished extends CoreError {
  constructor() {
    super(
      'conflict',
      'self_service_flow_finished',
      'The request was already completed successfully and can not be retried.',
    );
  }
}

/** The same flow was submitted twice at once, and the other one counts. */
export class FlowChanged extends CoreError {
  constructor() {
    super('conflict', 'self_service_flow_changed', 'The flow was submitted at the same time; read it again.');
  }
}

/** Flows of this kind, or for this, are switched off. */
export class FlowDisabled extends CoreError {
  constructor(publicMessage: string) {
    super('invalid', 'self_service_flow_disabled', publicMessage);
  }
}

/** The flow is another person's than the session's. */
export class FlowOfAnother extends CoreError {
  constructor() {
    super('forbidden', 'security_identity_mismatch', 'The request was submitted by another identity.');
  }
}

/** No cookie, no token, or those of another browser or flow: all look alike. */
export class CsrfViolation extends CoreError {
  constructor() {
    super(
      'forbidden',
      'security_csrf_violation',
      'The request was rejected to protect against cross-site request forgery.',
    );
  }
}

/** A flow for native clients was used from a browser. */
export class BrowserNotAllowed extends CoreError {
  constructor() {
    super(
      'invalid',
      'browser_not_allowed',
      'A native flow was requested with an Origin or Cookie header; browsers use the browser flow.',
    );
  }
}

/** The address to return to is not among those that are allowed, or is written in a way that could mean two things. */
export class ReturnToForbidden extends CoreError {
  constructor() {
    super(
      'invalid',
      'self_service_flow_return_to_forbidden',
      'The requested return_to address is not allowed.',
    );
  }
}

/** Too many failures for this identifier or from this address, whether or not there is such an identifier (R10). */
export class LockedOut extends CoreError {
  /** At least 1. */
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('too_many', 'locked_out', 'Too many failed attempts; try again later.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Somebody is signed in already, and did not ask to confirm it. */
export class SessionAvailable extends CoreError {
  constructor() {
    super(
      'invalid',
      'session_already_available',
      'A valid session was detected and thus login is not possible. Did you forget to set refresh=true?',
    );
  }
}

export interface BegunVerification {
  readonly flow: Flow;
  readonly address: string;
}

/** Whoever has proved no address is not signed in. */
export class VerifiedAddressRequired extends CoreError {
  // Holds an address, which nothing that prints an error may find.
  readonly #begun: BegunVerification | null;
  /** @param begun Null: there is no address that could be verified. */
  constructor(begun: BegunVerification | null) {
    super('forbidden', 'session_verified_address_required', 'Verify an address before you sign in.');
    this.#begun = begun;
  }

  get begun(): BegunVerification | null {
    return this.#begun;
  }
}

/** A second factor is for those who have shown the first. */
export class FirstFactorRequired extends CoreError {
  constructor() {
    super(
      'unauthenticated',
      'session_aal1_required',
      'A second factor can only be shown with a session that has the first one.',
    );
  }
}

/** The session has the assurance level already that the flow is to reach. */
export class AalFulfilled extends CoreError {
  constructor() {
    super('invalid', 'session_aal_already_fulfilled', 'The session has this assurance level already.');
  }
}

/** Nobody is signed in, or not any more. */
export class SessionInactive extends CoreError {
  constructor() {
    super('unauthenticated', 'session_inactive', 'No active session was found in this request.');
  }
}

/** It was too long ago that somebody signed in: they show once more that it is them, and go on with the flow. */
export class RefreshRequired extends CoreError {
  /** Where it goes on after that. */
  readonly page: string;
  constructor(page: string) {
    super(
      'forbidden',
      'session_refresh_required',
      'The login session is too old and thus not allowed to update these fields. Please re-authenticate.',
    );
    this.page = page;
  }
}

/** A native client asks for the session of a browser that is not through yet. */
export class LoginUnfinished extends CoreError {
  constructor() {
    super('invalid', 'login_unfinished', 'There is no session yet: the login has not been completed.');
  }
}
