import { Busy, CoreError, InternalFault, QuotaExceeded, RateLimited } from '../core/errors.ts';
import { writtenReply } from './answer.ts';
import { serialiseCookie } from './cookies.ts';
import type { Log } from './logging.ts';
import { problem } from './problem.ts';
import { PageReply } from './replies.ts';
import { JSON_TYPE, type ReplyText } from './reply.ts';
import type { ErrorRequest, Negotiated } from './requests.ts';
import type { Surface } from './surface.ts';

export type Where = { requestId: string; surface: string; operation: string };

/** Logs what an operator must see: faults of ours, dependencies that do not answer, and everything unknown. */
export function toCoreError(error: unknown, log: Log, where: Where): CoreError {
  if (!(error instanceof CoreError)) {
    log.fault(error, where);
    return new InternalFault('not a CoreError', error);
  }
  if (error.kind === 'internal' || error.kind === 'unavailable') log.fault(error, where);
  return error;
}

export interface PresentOptions {
  readonly log: Log;
  readonly where: Where;
  readonly request: ErrorRequest;
  /** Undefined where `Surface.negotiate` was not reached, threw, or is not there. */
  readonly negotiated: Negotiated | undefined;
  /** Whether the route may answer with pages or redirects; default no. */
  readonly mayShowPage?: boolean;
}

/** The surface's own words for an error. A surface that fails at it is answered for in RFC 9457's. */
export function presentError(surface: Surface, error: CoreError, given: PresentOptions): ReplyText {
  try {
    const page = given.mayShowPage === true ? surface.presentPage?.(error, given.request) : null;
    const status = page instanceof PageReply ? surface.present(error, given.request).status : 303;
    const text = writtenReply(page, status) ?? asJson(surface, error, given);
    const isWait = error instanceof RateLimited || error instanceof QuotaExceeded || error instanceof Busy;
    if (!isWait || text.headers?.['retry-after'] !== undefined) return text;
    return { ...text, headers: { ...text.headers, 'retry-after': `${error.retryAfterSeconds}` } };
  } catch (fault) {
    given.log.fault(fault, given.where);
    return problem(500, 'An internal error occurred.');
  }
}

function asJson(surface: Surface, error: CoreError, { request, ...given }: PresentOptions): ReplyText {
  const { status, headers, cookies, body, contentType = JSON_TYPE } = surface.present(error, request);
  const negotiated = given.negotiated ?? surface.negotiateError?.(request.headers);
  const shaped = negotiated === undefined ? body : negotiated.shape(body);
  return {
    ...{ status, contentType, headers, body: JSON.stringify(shaped) },
    cookies: cookies?.map(serialiseCookie),
  };
}
