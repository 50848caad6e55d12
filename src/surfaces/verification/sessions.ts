import type { Deps } from '../../core/deps.ts';
import { type FieldProblem, NotFound } from '../../core/errors.ts';
import { type CreatedSession, createSession } from '../../core/verification/create-session.ts';
import { findRecord } from '../../core/verification/find-record.ts';
import { SESSION_STATUSES, type VerificationId } from '../../core/verification/ports.ts';
import { type QuotaStatus, sessionQuotaOf } from '../../core/verification/quota.ts';
import { redactSession } from '../../core/verification/redact-session.ts';
import {
  requireSandbox,
  SIMULATE_ACTIONS,
  type SimulateAction,
  simulateSession,
} from '../../core/verification/simulate-session.ts';
import { type OpenedVerification, openVerification } from '../../core/verification/verification-content.ts';
import { type GuardedRequest, type HandlerReply, replyWith } from '../../http/route.ts';
import { parseTagged, toTagged } from '../../kit/ids.ts';
import { readSession } from './read-session.ts';
import { bodyOf, idempotently, inVersion, queryOf, readWindow, refuse } from './requests.ts';
import { showResult, showSession, showSessions } from './show-session.ts';

const PAGE = 50;
const REDACTIONS_MAX = 100;

/** A malformed id is one that nothing has. */
function sessionIdOf({ params }: GuardedRequest): VerificationId {
  const id = parseTagged(params.session_id ?? '', 'ses');
  if (id === null) throw new NotFound();
  return id as VerificationId;
}

const isSandbox = ({ principal }: GuardedRequest): boolean => principal.environment === 'sandbox';

/** Handlers of sessions and results (contract verification 5.1, 5.2, 3.5). */
export function sessionHandlers(deps: Deps) {
  const open = async (request: GuardedRequest): Promise<OpenedVerification> => {
    const { poolId } = request.principal;
    const stored = await deps.verifications.findVerification(poolId, sessionIdOf(request));
    if (stored === null) throw new NotFound();
    return openVerification(deps, stored);
  };

  return {
    async createSession(request: GuardedRequest) {
      let quota: QuotaStatus | null | undefined;
      const reply = await idempotently(deps, request, 'createSession', {
        run: async (idempotency) => {
          const problems: FieldProblem[] = [];
          const now = deps.clock.now();
          const input = readSession(bodyOf(request, 'createSession'), { now, problems });
          refuse(problems);
          const outcome = await createSession(deps, request.context, input, idempotency);
          if ('made' in outcome) quota = outcome.made.quota;
          return outcome;
        },
        answer: ({ session }: CreatedSession) => ({
          status: 201,
          body: showSession(session, isSandbox(request)),
        }),
      });
      // A reply that is given again takes nothing, and tells how the quota stands now.
      if (quota === undefined) quota = await sessionQuotaOf(deps, request.principal.poolId);
      return withQuota(reply, quota);
    },

    async listSessions(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const wanted = queryOf(request, 'status');
      const status = SESSION_STATUSES.find((known) => known === wanted) ?? null;
      if (wanted !== undefined && status === null) {
        problems.push({ path: ['status'], code: 'invalid', message: 'must be a status of sessions' });
      }
      const window = readWindow(request, PAGE, problems);
      refuse(problems);
      const externalRef = queryOf(request, 'external_ref') ?? null;
      const { poolId } = request.principal;
      const found = await deps.verifications.listVerifications(poolId, { status, externalRef, ...window });
      const data = await showSessions(deps, found.items, isSandbox(request));
      return inVersion(request, 'listSessions', { data, pagination: { total: found.total, ...window } });
    },

    async getSession(request: GuardedRequest) {
      return inVersion(request, 'getSession', showSession(await open(request), isSandbox(request)));
    },

    async getResult(request: GuardedRequest) {
      const result = await showResult(deps, await open(request));
      if (result === null) throw new NotFound();
      return inVersion(request, 'getSessionResult', result);
    },

    async simulateSession(request: GuardedRequest) {
      // Before anything of the request is looked at: a live key learns nothing.
      requireSandbox(request.principal);
      const action = readAction(bodyOf(request, 'simulateSession').action);
      const { stored } = await simulateSession(deps, request.context, sessionIdOf(request), action);
      const { id, status } = stored;
      const reply = { id: toTagged(id, 'ses'), action, status, simulated: true };
      return inVersion(request, 'simulateSession', reply);
    },

    async redactSession(request: GuardedRequest) {
      const id = sessionIdOf(request);
      const isNow = await redactSession(deps, request.context, id);
      const status: 'redacted' | 'already_redacted' = isNow ? 'redacted' : 'already_redacted';
      const reply = { id: toTagged(id, 'ses'), status, retention_status: 'redacted' as const };
      return inVersion(request, 'redactSession', reply);
    },

    /** One after another, each on its own: what is not there does not keep the others. */
    async redactSessions(request: GuardedRequest) {
      const ids = readIds(bodyOf(request, 'redactSessions').session_ids);
      const data: { id: string; status: 'redacted' | 'already_redacted' | 'not_found' }[] = [];
      for (const text of ids) data.push({ id: text, status: await redactOne(request, text) });
      const redacted = data.filter(({ status }) => status === 'redacted').length;
      return inVersion(request, 'redactSessions', { data, redacted_count: redacted });
    },

    async listIdentitySessions(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const window = readWindow(request, PAGE, problems);
      refuse(problems);
      const { principal, params } = request;
      const { poolId, id } = await findRecord(deps, principal, params.identity_id ?? '');
      const found = await deps.verifications.listOfIdentity(poolId, id, window);
      const data = await showSessions(deps, found, isSandbox(request));
      return inVersion(request, 'listIdentitySessions', { data });
    },
  };

  async function redactOne(request: GuardedRequest, text: string) {
    const id = parseTagged(text, 'ses');
    if (id === null) return 'not_found';
    try {
      const isNow = await redactSession(deps, request.context, id as VerificationId);
      return isNow ? 'redacted' : 'already_redacted';
    } catch (error) {
      if (error instanceof NotFound) return 'not_found';
      throw error;
    }
  }
}

/** Without a quota there are no such headers: a client that reads them finds nothing to wait for. */
function withQuota<Body>(reply: HandlerReply<Body>, quota: QuotaStatus | null): HandlerReply<Body> {
  if (quota === null) return reply;
  const { value, status, headers } = reply;
  return replyWith(value, {
    ...(status === undefined ? {} : { status }),
    headers: {
      ...headers,
      'x-quota-limit': `${quota.limit}`,
      'x-quota-remaining': `${quota.remaining}`,
      'x-quota-reset': `${quota.resetAtSeconds}`,
    },
  });
}

function readAction(value: unknown): SimulateAction {
  const action = SIMULATE_ACTIONS.find((known) => known === value);
  if (action !== undefined) return action;
  const problem: FieldProblem =
    value === undefined
      ? { path: ['action'], code: 'required', message: 'is required' }
      : { path: ['action'], code: 'invalid', message: `must be one of ${SIMULATE_ACTIONS.join(', ')}` };
  refuse([problem]);
  throw new TypeError('refused');
}

/** Each once, in the order given. */
function readIds(value: unknown): string[] {
  const path = ['session_ids'];
  if (value === undefined) refuse([{ path, code: 'required', message: 'is required' }]);
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (!isList || value.length === 0 || value.length > REDACTIONS_MAX) {
    refuse([{ path, code: 'invalid', message: `must be a list of 1 to ${REDACTIONS_MAX} ids` }]);
  }
  return [...new Set(value as string[])];
}
