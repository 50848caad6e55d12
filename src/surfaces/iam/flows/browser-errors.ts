import type { Deps } from '../../../core/deps.ts';
import { type CoreError, InternalFault, NotFound, Unavailable } from '../../../core/errors.ts';
import { uiUrlOf } from '../../../core/self-service/begin-flow.ts';
import {
  AalFulfilled,
  BrowserNotAllowed,
  CsrfViolation,
  FirstFactorRequired,
  FlowChanged,
  FlowDisabled,
  FlowExpired,
  FlowFinished,
  FlowOfAnother,
  FlowReplaced,
  LockedOut,
  ReturnToForbidden,
  SessionAvailable,
  VerifiedAddressRequired,
} from '../../../core/self-service/errors.ts';
import type { FlowId, FlowKind } from '../../../core/self-service/ports.ts';
import { type RedirectReply, redirectTo } from '../../../http/replies.ts';
import type { ErrorRequest } from '../../../http/requests.ts';
import { beginPlace, signInPlace } from './flow-errors.ts';
import { type Places, pageOf } from './present-flow.ts';
import { isFromNative, wantsJson } from './read-submit.ts';

/**
 * Where a browser goes on instead of being shown an error (contract iam 6.2): to the flow that took the place of another
 * one, on its way when it is signed in already, or to sign in where it has to first.
 *
 * @param returnTo Where it wanted to go, which was checked; null: nowhere.
 * @throws The error, where the browser is to see it.
 */
export function redirectOrThrow(
  error: unknown,
  places: Places,
  { kind, returnTo }: { readonly kind: FlowKind; readonly returnTo: string | null },
): RedirectReply {
  if (error instanceof SessionAvailable || error instanceof AalFulfilled)
    return redirectTo(returnTo ?? `${places.ui}/`);
  if (error instanceof FirstFactorRequired)
    return redirectTo(beginPlace(places.base, { kind, type: 'browser', returnTo }));
  const signIn = signInPlace(
    error,
    places.base,
    beginPlace(places.base, { kind, type: 'browser', returnTo }),
  );
  if (signIn !== null) return redirectTo(signIn);
  if (error instanceof VerifiedAddressRequired && error.begun !== null)
    return redirectTo(pageOf(places, error.begun.flow));
  const next = nextFlowOf(error);
  if (next === null) throw error;
  return redirectTo(pageOf(places, { kind, id: next }));
}

function nextFlowOf(error: unknown): FlowId | null {
  if (error instanceof FlowReplaced) return error.useFlowId;
  return error instanceof FlowExpired && error.flow.type === 'browser' ? error.useFlowId : null;
}

/**
 * Sends a browser to the page that shows errors. What is shown there follows from the error's code alone, so that nothing
 * has to be kept, and nobody reads what another one was told.
 *
 * @returns Null for a client that wants JSON, and where no pool was named.
 */
export function errorPage(
  deps: Pick<Deps, 'configs' | 'selfService'>,
  error: CoreError,
  request: ErrorRequest,
): RedirectReply | null {
  const { pool } = request;
  const isForJson = wantsJson(request) || isFromNative(request) || error instanceof BrowserNotAllowed;
  if (pool === undefined || isForJson) return null;
  return redirectTo(`${uiUrlOf(deps, pool.poolId) ?? pool.publicBase}/error?id=${error.code}`);
}

/** Errors that a browser may have been sent away with; any other one is shown as a fault of the server. */
const TOLD: readonly CoreError[] = [
  ...[new CsrfViolation(), new BrowserNotAllowed(), new ReturnToForbidden(), new NotFound()],
  ...[new FirstFactorRequired(), new FlowOfAnother(), new FlowFinished(), new FlowChanged()],
  ...[new FlowDisabled('This is switched off.'), new LockedOut(1), new InternalFault('told to a browser')],
  new Unavailable('told to a browser'),
];

/** @throws NotFound There is no such error. */
export function errorOf(code: string): CoreError {
  const found = TOLD.find((error) => error.code === code);
  if (found === undefined) throw new NotFound();
  return found;
}
