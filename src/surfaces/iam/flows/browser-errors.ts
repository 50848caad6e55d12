import { type CoreError, InternalFault, NotFound } from '../../../core/errors.ts';
import {
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
} from '../../../core/self-service/errors.ts';
import type { FlowId, FlowKind } from '../../../core/self-service/ports.ts';
import { prefersJson } from '../../../http/accept.ts';
import { type RedirectReply, redirectTo } from '../../../http/replies.ts';
import type { ErrorRequest } from '../../../http/requests.ts';
import { type Places, pageOf } from './present-flow.ts';

/**
 * Where a browser goes on instead of being shown an error (contract iam 6.2): to the flow that took the place of another
 * one, or home when it is signed in already.
 *
 * @returns Null where it is to see the error.
 */
export function redirectedError(error: unknown, places: Places, kind: FlowKind): RedirectReply | null {
  if (error instanceof SessionAvailable) return redirectTo(`${places.ui}/`);
  const next = nextFlowOf(error);
  return next === null ? null : redirectTo(pageOf(places, { kind, id: next }));
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
  error: CoreError,
  { headers, pool }: ErrorRequest,
  uiUrl: string | null,
): RedirectReply | null {
  const [accept, contentType] = [headers.accept, headers['content-type']].map((value) =>
    typeof value === 'string' ? value : undefined,
  );
  if (pool === undefined || prefersJson(accept, contentType)) return null;
  return redirectTo(`${uiUrl ?? pool.publicBase}/error?id=${error.code}`);
}

/** Errors that a browser may have been sent away with; any other one is shown as a fault of the server. */
const TOLD: readonly CoreError[] = [
  ...[new CsrfViolation(), new BrowserNotAllowed(), new ReturnToForbidden(), new NotFound()],
  ...[new FirstFactorRequired(), new FlowOfAnother(), new FlowFinished(), new FlowChanged()],
  ...[new FlowDisabled('This is switched off.'), new LockedOut(1), new InternalFault('told to a browser')],
];

/** @throws NotFound There is no such error. */
export function errorOf(code: string): CoreError {
  const found = TOLD.find((error) => error.code === code);
  if (found === undefined) throw new NotFound();
  return found;
}
