import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import type { FieldProblem } from '../../core/errors.ts';
import type { Changed } from '../../core/identities/revision.ts';
import { findRecord } from '../../core/verification/find-record.ts';
import { monitoringStatusOf, pauseMonitoring, resumeMonitoring } from '../../core/verification/monitoring.ts';
import { defineRoute, type GuardedRequest, keyGuard, type Route } from '../../http/route.ts';
import { toTagged } from '../../kit/ids.ts';
import { idempotently, inVersion, queryOf, readNumber, refuse } from './requests.ts';
import { Reference } from './wire.ts';
import * as wire from './wire-monitoring.ts';

const SOURCE_TYPES = ['selfie', 'document_front'];
const DECIMAL = /^\d(\.\d{1,15})?$/;

/** Handlers of monitoring and image matches (contract verification 3.10). */
export function monitoringHandlers(deps: Deps) {
  const referenceOf = ({ params }: GuardedRequest): string => params.identity_id ?? '';
  const show = ({ stored }: Pick<Changed, 'stored'>) => ({
    id: toTagged(stored.id, 'idn'),
    monitoring_status: monitoringStatusOf(stored),
  });

  return {
    pauseMonitoring: (request: GuardedRequest) =>
      idempotently(deps, request, 'pauseMonitoring', {
        run: (idempotency) => pauseMonitoring(deps, request.context, referenceOf(request), idempotency),
        answer: (changed: Changed) => ({ status: 200, body: show(changed) }),
      }),

    async resumeMonitoring(request: GuardedRequest) {
      const changed = await resumeMonitoring(deps, request.context, referenceOf(request));
      return inVersion(request, 'resumeMonitoring', show(changed));
    },

    /** Checks what is asked and finds nothing: there is no face engine, and no match is made up. */
    async listImageMatches(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const threshold = queryOf(request, 'threshold');
      const value =
        threshold === undefined || DECIMAL.test(threshold) ? Number(threshold ?? 0.6) : Number.NaN;
      if (!(value >= 0.1 && value <= 1)) {
        problems.push({ path: ['threshold'], code: 'invalid', message: 'must be a number from 0.1 to 1.0' });
      }
      const source = queryOf(request, 'source_type');
      if (source !== undefined && !SOURCE_TYPES.includes(source)) {
        const message = `must be one of ${SOURCE_TYPES.join(', ')}`;
        problems.push({ path: ['source_type'], code: 'invalid', message });
      }
      readNumber(request, 'limit', { min: 1, max: 100, fallback: 20 }, problems);
      refuse(problems);
      await findRecord(deps, request.principal, referenceOf(request));
      return inVersion(request, 'listImageMatches', { data: [] });
    },
  };
}

const ONE = '/api/v1/identities/:identity_id';
const acting = { guard: keyGuard('identities:write'), reads: 'none' } as const;
const params = Type.Object({ identity_id: Reference });
const refused = ['not_found', 'validation_error'] as const;

/** Routes of monitoring and image matches (contract verification 3.10). */
export function monitoringRoutes(deps: Deps): Route[] {
  const m = monitoringHandlers(deps);
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: `${ONE}/pause-monitoring`, operation: 'pauseMonitoring', summary: 'Pause the monitoring of an identity', ...acting, params, reply: wire.Monitoring, errors: [...refused, 'idempotency_mismatch'], handler: m.pauseMonitoring }),
    defineRoute({ method: 'POST', path: `${ONE}/resume-monitoring`, operation: 'resumeMonitoring', summary: 'Resume the monitoring of an identity', ...acting, params, reply: wire.Monitoring, errors: refused, handler: m.resumeMonitoring }),
    defineRoute({ method: 'GET', path: `${ONE}/image-matches`, operation: 'listImageMatches', summary: 'List other images of an identity’s face', guard: keyGuard('identities:read'), reads: 'none', params, query: wire.ImageMatchQuery, reply: wire.ImageMatches, errors: refused, handler: m.listImageMatches }),
  ];
}
