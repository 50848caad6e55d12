import { preferredLanguages } from '../../../core/courier/languages.ts';
import { InvalidInput, NotFound } from '../../../core/errors.ts';
import type { RequestProof } from '../../../core/self-service/csrf.ts';
import type { FlowId, FlowType } from '../../../core/self-service/ports.ts';
import type { FlowStart, Visit } from '../../../core/self-service/visit.ts';
import { prefersJson } from '../../../http/accept.ts';
import type { SessionRequest } from '../../../http/route.ts';
import { sessionTokenOf } from '../../../http/session-authentication.ts';
import { isUuid } from '../../../kit/ids.ts';
import { baseOfNamed } from '../offset-pages.ts';
import { actingFor, type IamSession, SESSION_COOKIES } from '../session-guard.ts';
import { csrfCookieOf } from './csrf-cookie.ts';

export type FlowHttpRequest = SessionRequest<IamSession | null>;

/** @param csrfCookie Null for native clients. */
export function visitOf(request: FlowHttpRequest, csrfCookie: string | null): Visit {
  const { poolId, publicBase, clientAddress, headers, session } = request;
  const sent = sessionTokenOf(headers, SESSION_COOKIES);
  return {
    ...{ poolId, context: actingFor(request.context), base: publicBase, csrfCookie },
    origin: { ipAddress: clientAddress, userAgent: headerOf(request, 'user-agent') ?? null },
    address: clientAddress,
    languages: preferredLanguages(headerOf(request, 'accept-language') ?? null),
    visitor: session === null || sent === null ? null : { ...session.found, token: sent.token },
  };
}

export function startOf(request: FlowHttpRequest, type: FlowType, csrfCookie: string | null): FlowStart {
  const { line } = request;
  const query = line.query === '' ? '' : `?${line.query}`;
  return {
    ...visitOf(request, csrfCookie),
    type,
    requestUrl: `${baseOfNamed(request)}${line.path}${query}`,
    returnTo: queryOf(request, 'return_to') ?? null,
    wishes: Object.fromEntries(WISHES.map((name) => [name, queryOf(request, name)])),
  };
}

const WISHES = ['refresh', 'aal', 'via', 'return_session_token_exchange_code'] as const;

/** @throws InvalidInput The parameter is missing. @throws NotFound It is no id: nobody has such a flow. */
export function flowIdOf(request: FlowHttpRequest, name: 'flow' | 'id'): FlowId {
  const id = queryOf(request, name)?.toLowerCase();
  if (id === undefined)
    throw new InvalidInput([{ path: [name], code: 'required', message: 'must name a flow' }]);
  if (!isUuid(id)) throw new NotFound();
  return id as FlowId;
}

/** What of the request shows that the flow is its own (contract iam 6.2). */
export function proofOf(request: FlowHttpRequest, body: SubmittedBody): RequestProof {
  const { csrf_token: sent } = body;
  return {
    origin: headerOf(request, 'origin'),
    cookieNames: [...request.cookies().keys()],
    csrfCookie: csrfCookieOf(request),
    csrfToken: typeof sent === 'string' && sent !== '' ? sent : headerOf(request, 'x-csrf-token'),
  };
}

export type SubmittedBody = { readonly [name: string]: unknown };

export function bodyOf({ body }: Pick<FlowHttpRequest, 'body'>): SubmittedBody {
  return typeof body === 'object' && body !== null ? (body as SubmittedBody) : {};
}

/** Whether the answer to a browser's request is JSON; native clients always get it. */
export function wantsJson(request: Pick<FlowHttpRequest, 'headers'>): boolean {
  return prefersJson(headerOf(request, 'accept'), headerOf(request, 'content-type'));
}

/**
 * Whether something was submitted by what is no browser: that would have sent a cookie with a form, or where the form
 * stands. Decides on errors only, since a flow says itself whom it is for.
 */
export function isFromNative({ headers, line }: Pick<FlowHttpRequest, 'headers' | 'line'>): boolean {
  return line.method === 'POST' && headers.origin === undefined && headers.cookie === undefined;
}

/** The first where a parameter is repeated; undefined for an empty one. */
export function queryOf({ query }: Pick<FlowHttpRequest, 'query'>, name: string): string | undefined {
  const value = [query[name]].flat()[0];
  return value === '' ? undefined : value;
}

function headerOf({ headers }: Pick<FlowHttpRequest, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
