import type { Static } from 'typebox';
import type { AuditScope } from '../../core/audit/ports.ts';
import { type AuditRecord, getAuditRecord, listAuditRecords } from '../../core/audit/read-audit.ts';
import type { Deps } from '../../core/deps.ts';
import { type FieldProblem, NotFound } from '../../core/errors.ts';
import { fieldOfChange } from '../../core/verification/fields.ts';
import { findRecord } from '../../core/verification/find-record.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { parseTagged, sequenceOf, toTagged } from '../../kit/ids.ts';
import {
  actionsOfEventType,
  eventTypeOf,
  parseResourceId,
  resourceIdOf,
  resourceTypeOf,
} from './audit-names.ts';
import { inVersion, queryOf, readNumber, refuse } from './requests.ts';
import type * as wire from './wire-events.ts';

const PAGE = 50;
/** Skipped entries are counted one by one; `before` goes further back at no cost. */
const OFFSET_MAX = 100_000;

/** Handlers of audit events (contract verification 5.5, 3.5). */
export function eventHandlers(deps: Deps) {
  const page = async (
    request: GuardedRequest,
    operation: string,
    query: { scope: AuditScope; actions: readonly string[] | null } & Window,
  ) => {
    const { limit, offset } = query;
    const { items, total } = await listAuditRecords(deps, request.principal.poolId, query);
    return inVersion(request, operation, {
      data: items.map(showEvent),
      pagination: { total, limit, offset },
    });
  };

  return {
    async listEvents(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const resource = readResource(request, problems);
      const type = queryOf(request, 'type');
      if (type !== undefined && resource === null) {
        const message = 'must be sent together with resource_id';
        problems.push({ path: ['type'], code: 'invalid', message });
      }
      const window = readAuditWindow(request, problems);
      refuse(problems);
      const scope: AuditScope = resource === null ? { kind: 'pool' } : { kind: 'subject', ...resource };
      const actions = type === undefined ? null : actionsOfEventType(type);
      return page(request, 'listEvents', { scope, actions, ...window });
    },

    async getEvent(request: GuardedRequest) {
      const id = parseTagged(request.params.event_id ?? '', 'aud');
      if (id === null) throw new NotFound();
      const record = await getAuditRecord(deps, request.principal.poolId, id);
      return inVersion(request, 'getEvent', showEvent(record));
    },

    async getAuditLog(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const window = readAuditWindow(request, problems);
      refuse(problems);
      const { id } = await findRecord(deps, request.principal, request.params.identity_id ?? '');
      const scope: AuditScope = { kind: 'record', identityId: id };
      return page(request, 'getAuditLog', { scope, actions: null, ...window });
    },
  };
}

interface Window {
  readonly limit: number;
  readonly offset: number;
  readonly before: string | null;
}

function readAuditWindow(request: GuardedRequest, problems: FieldProblem[]): Window {
  const text = queryOf(request, 'before');
  const before = text === undefined ? null : parseTagged(text, 'aud');
  if (text !== undefined && before === null) {
    problems.push({ path: ['before'], code: 'invalid', message: 'must be the id of an event' });
  }
  return {
    limit: readNumber(request, 'limit', { min: 1, max: 100, fallback: PAGE }, problems),
    offset: readNumber(request, 'offset', { min: 0, max: OFFSET_MAX, fallback: 0 }, problems),
    before,
  };
}

function readResource(request: GuardedRequest, problems: FieldProblem[]) {
  const text = queryOf(request, 'resource_id');
  if (text === undefined) return null;
  const found = parseResourceId(text);
  if (found === null) {
    problems.push({ path: ['resource_id'], code: 'invalid', message: 'must be the id of a resource' });
  }
  return found;
}

function showEvent(record: AuditRecord): Static<typeof wire.AuditEvent> {
  const { id, action, subjectId, origin, keyPrefix, fields, at } = record;
  return {
    id: toTagged(id, 'aud'),
    type: eventTypeOf(action),
    created_at: at.toISOString(),
    resource_type: resourceTypeOf(action),
    resource_id: resourceIdOf(action, subjectId),
    actor: keyPrefix === null ? 'system' : `api_key:${keyPrefix}`,
    metadata: { changed_fields: [...new Set(fields.map(fieldOfChange))] },
    ip_address: origin?.address ?? null,
    request_method: origin?.method ?? null,
    request_path: origin?.path ?? null,
    sequence_num: sequenceOf(id),
  };
}
