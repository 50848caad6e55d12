import { CoreError } from '../../../core/errors.ts';
import {
  FlowExpired,
  FlowReplaced,
  LockedOut,
  RefreshRequired,
  SessionInactive,
  VerifiedAddressRequired,
} from '../../../core/self-service/errors.ts';
import { AssuranceTooLow } from '../../../core/sessions/errors.ts';
import type { Cookie } from '../../../http/cookies.ts';

/** An AJAX client has to let its browser navigate (contract iam 6.2). */
export class BrowserLocationChange extends CoreError {
  readonly redirectTo: string;
  readonly cookies: readonly Cookie[];
  constructor(redirectTo: string, cookies: readonly Cookie[]) {
    super(
      'invalid',
      'browser_location_change_required',
      'In order to complete this flow please redirect the browser to: redirect_browser_to.',
    );
    this.redirectTo = redirectTo;
    this.cookies = cookies;
  }
}

/** Whoever has to verify an address first is told in which flow. */
export class VerificationToShow extends VerifiedAddressRequired {
  /** As it is shown. */
  readonly continueWith: readonly unknown[];
  constructor(continueWith: readonly unknown[]) {
    super(null);
    this.continueWith = continueWith;
  }
}

/** What stands beside `error` in the answers of flows (contract iam 1.3, "Enhanced errors"). */
export function flowSiblings(error: CoreError): Record<string, unknown> {
  if (error instanceof BrowserLocationChange) return { redirect_browser_to: error.redirectTo };
  if (error instanceof FlowReplaced) return { use_flow_id: error.useFlowId };
  if (!(error instanceof FlowExpired)) return {};
  const { expiredAt, sinceMs, useFlowId } = error;
  return {
    ...(useFlowId === null ? {} : { use_flow_id: useFlowId }),
    expired_at: expiredAt.toISOString(),
    // Nanoseconds, as Go writes durations.
    since: sinceMs * 1_000_000,
  };
}

/** Where a client begins anew whose flow has expired. */
export function flowDetails(error: CoreError, base: string): Record<string, unknown> | undefined {
  if (error instanceof VerificationToShow) return { continue_with: error.continueWith };
  if (!(error instanceof FlowExpired) || error.useFlowId !== null) return undefined;
  const { kind, type } = error.flow;
  if (type === 'api') return { api: beginPlace(base, { kind, type, returnTo: null }) };
  return { redirect_to: beginPlace(base, error.flow) };
}

/** Where a flow of that kind begins. */
export function beginPlace(base: string, { kind, type, returnTo }: FlowExpired['flow']): string {
  const query = returnTo === null ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
  return `${base}/self-service/${kind}/${type}${query}`;
}

/**
 * Where somebody shows what they have not yet, or too long ago, and then goes on (contract iam 6.4, "Settings").
 *
 * @param returnTo Where they were going; null: nowhere. Whoever has to confirm a change goes back to it anyway.
 * @returns Null for any other error.
 */
export function signInPlace(error: unknown, base: string, returnTo: string | null): string | null {
  const back = error instanceof RefreshRequired ? error.page : returnTo;
  const wish = wishOf(error);
  if (wish === null) return null;
  const query = [...wish, ...(back === null ? [] : [`return_to=${encodeURIComponent(back)}`])].join('&');
  return `${base}/self-service/login/browser${query === '' ? '' : `?${query}`}`;
}

function wishOf(error: unknown): readonly string[] | null {
  if (error instanceof SessionInactive) return [];
  if (error instanceof AssuranceTooLow) return ['aal=aal2'];
  return error instanceof RefreshRequired ? ['refresh=true'] : null;
}

export function flowHeaders(error: CoreError): Record<string, string> {
  return error instanceof LockedOut ? { 'retry-after': `${error.retryAfterSeconds}` } : {};
}
