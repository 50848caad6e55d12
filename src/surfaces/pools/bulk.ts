import {
  CoreError,
  type FieldProblem,
  InternalFault,
  InvalidInput,
  NotPermitted,
} from '../../core/errors.ts';
import type { Grant } from '../../core/grants.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { bodyOf } from './errors.ts';
import type { IdentityRequest, identityHandlers } from './identities.ts';
import type { BULK_TYPES } from './wire.ts';

type BulkType = (typeof BULK_TYPES)[number];
type Handlers = ReturnType<typeof identityHandlers>;

const ITEMS_MAX = 100;
const KEY_LENGTH_MIN = 8;
const KEY_LENGTH_MAX = 64;

const OPERATIONS = {
  'identities/list': { grant: 'identities:read', operation: 'listIdentities' },
  'identities/show': { grant: 'identities:read', operation: 'getIdentity' },
  'identities/create': { grant: 'identities:write', operation: 'createIdentity' },
  'identities/update': { grant: 'identities:write', operation: 'updateIdentity' },
  'identities/delete': { grant: 'identities:write', operation: 'deleteIdentity' },
} as const satisfies Record<BulkType, { grant: Grant; operation: keyof Handlers }>;

interface Item {
  readonly type: BulkType;
  readonly key: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Runs items in order, each in its own transaction, as its own call with its own permission; the first that fails
 * ends the run, with its error among the outputs (contract pools 3.5). The key of a create is its idempotency
 * key too, so a bulk that is sent again makes nothing twice.
 */
export async function runBulk(
  handlers: Handlers,
  request: GuardedRequest,
  onFault: (fault: unknown) => void,
) {
  const outputs: Record<string, unknown> = Object.create(null);
  for (const { type, key, fields } of readItems(request.body)) {
    try {
      const { grant, operation } = OPERATIONS[type];
      if (!request.principal.grants.has(grant)) throw new NotPermitted();
      outputs[key] = await handlers[operation](requestOf(request, type, key, fields));
    } catch (error) {
      const isExpected =
        error instanceof CoreError && error.kind !== 'internal' && error.kind !== 'unavailable';
      if (!isExpected) onFault(error);
      outputs[key] = bodyOf(
        error instanceof CoreError ? error : new InternalFault('bulk item failed', error),
      );
      break;
    }
  }
  return { status: 'success' as const, outputs: { ...outputs } };
}

/** An item as the request that its operation would have had on its own. */
function requestOf(
  request: GuardedRequest,
  type: BulkType,
  key: string,
  fields: Item['fields'],
): IdentityRequest {
  const { principal, context, clientAddress, fromTrustedProxy } = request;
  const { details, identity_id: identityId } = fields;
  // Values that are no strings are no ids: a parameter that is none is refused like a malformed one.
  const isMissing = identityId === undefined || identityId === null;
  const params: IdentityRequest['params'] = isMissing
    ? {}
    : { identity_id: typeof identityId === 'string' ? identityId : '' };
  return {
    ...{ principal, context, clientAddress, fromTrustedProxy, params, headers: {} },
    query: type === 'identities/list' ? flatten(fields) : {},
    body: type === 'identities/create' ? createBody(fields, key) : { details: details ?? {} },
  };
}

/** Query values stand in an item by name, nested (`pagination: {offset}`) or as in a URL (`pagination[offset]`). */
function flatten(fields: Item['fields']): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === 'string' || typeof value === 'number') query[key] = String(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [inner, deep] of Object.entries(value)) query[`${key}[${inner}]`] = String(deep);
    }
  }
  return query;
}

function createBody({ details, pool_id: poolId }: Item['fields'], key: string): unknown {
  const isObject = typeof details === 'object' && details !== null && !Array.isArray(details);
  if (details !== undefined && !isObject) return { details, idempotency_key: key };
  const given = { ...details };
  return { details: poolId === undefined ? given : { pool_id: poolId, ...given }, idempotency_key: key };
}

function readItems(body: unknown): Item[] {
  const items = typeof body === 'object' && body !== null && 'items' in body ? body.items : undefined;
  if (items === undefined || items === null || (Array.isArray(items) && items.length === 0)) {
    throw new InvalidInput([{ path: ['items'], code: 'required', message: 'Items are needed.' }]);
  }
  if (!Array.isArray(items) || items.length > ITEMS_MAX) {
    throw new InvalidInput([
      { path: ['items'], code: 'invalid', message: `Items are a list of at most ${ITEMS_MAX}.` },
    ]);
  }
  const problems: FieldProblem[] = [];
  const keys = new Set<string>();
  const read = items.flatMap((item: unknown, index): Item[] => {
    const path = ['items', index];
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      problems.push({ path, code: 'invalid', message: 'An item must be an object.' });
      return [];
    }
    const { _type: type, idempotency_key: key, ...fields } = item as Record<string, unknown>;
    if (type === undefined || type === null) {
      problems.push({ path: [...path, '_type'], code: 'required', message: 'A type is needed.' });
    } else if (typeof type !== 'string' || !Object.hasOwn(OPERATIONS, type)) {
      problems.push({ path: [...path, '_type'], code: 'invalid', message: 'This is no type of bulk item.' });
    }
    const isKey = typeof key === 'string' && key.length >= KEY_LENGTH_MIN && key.length <= KEY_LENGTH_MAX;
    if (!isKey || keys.has(key)) {
      const message = `A key has ${KEY_LENGTH_MIN} to ${KEY_LENGTH_MAX} characters and is used once.`;
      problems.push({ path: [...path, 'idempotency_key'], code: 'invalid', message });
    }
    if (isKey) keys.add(key);
    return isKey ? [{ type: type as BulkType, key, fields }] : [];
  });
  if (problems.length > 0) throw new InvalidInput(problems);
  return read;
}
