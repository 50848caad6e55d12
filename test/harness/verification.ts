import assert from 'node:assert/strict';
import type { Grant } from '../../src/core/grants.ts';
import { parsePlaced, parseTagged, toPlaced, toTagged } from '../../src/kit/ids.ts';
import type { TestClock } from './clock.ts';
import { openReplyChecker, type ReplyChecker } from './schema.ts';
import { type CallOptions, type Reply, startServer, type TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
export type Shown = any;
export type Json = Readonly<Record<string, unknown>>;

/** Contract verification 3.2: all 21, always. */
export const IDENTITY_KEYS: readonly string[] = [
  ...['id', 'status', 'session_count', 'is_sandbox', 'created_at', 'external_ref', 'latest_session_id'],
  ...['latest_result_id', 'face_match_passed', 'age_check_passed', 'extracted_age', 'rejection_reason'],
  ...['country', 'extracted_data', 'first_verified_at', 'last_verified_at', 'archived_at'],
  ...['identity_type_id', 'custom_fields', 'tags', 'updated_at'],
];

/** The exact keys of other replies, by operation. */
const REPLY_KEYS: Readonly<Record<string, readonly string[]>> = {
  getIdentity: IDENTITY_KEYS,
  updateIdentity: IDENTITY_KEYS,
  restoreIdentity: IDENTITY_KEYS,
  createIdentity: ['id', 'external_ref', 'status', 'is_sandbox', 'created_at', 'upserted'],
  archiveIdentity: ['id', 'status', 'archived_at'],
  redactIdentity: ['id', 'status', 'message'],
  addTag: ['id', 'tags'],
  removeTag: ['id', 'tags'],
  setTags: ['id', 'tags'],
  listIdentities: ['data', 'pagination'],
  searchIdentities: ['data', 'pagination'],
  getRateLimits: ['rate_limit', 'quotas', 'plan'],
};

/** Contract verification 2, with 503 of our own. */
const STATUSES: Readonly<Record<string, number>> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  validation_error: 422,
  idempotency_mismatch: 422,
  rate_limited: 429,
  quota_exceeded: 429,
  internal_error: 500,
  unavailable: 503,
};

export const ID = /^idn_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
export const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const OPAQUE = new Set(['custom_fields', 'metadata']);

/** A row of the audit log as the database has it. */
export interface AuditRow {
  readonly action: string;
  readonly subject_id: string;
  readonly fields: readonly string[];
  readonly key_id: string | null;
  readonly request_id: string | null;
}

/** A row of the outbox. */
export interface EventRow {
  readonly type: string;
  readonly subject_id: string;
  readonly fields: readonly string[];
}

/**
 * The verification surface of one server. Every reply is checked against contract and reference before a test sees it.
 */
export interface VerificationApi extends AsyncDisposable {
  readonly server: TestServer;
  readonly clock: TestClock;
  /** Every grant, of the live pool. */
  readonly key: string;
  readonly sandboxKey: string;
  /** @param path Below `/api/v1`. `options.key` is sent as `X-API-Key`; default the live pool's; null: none. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  get(path: string, options?: CallOptions): Promise<Reply>;
  post(path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  patch(reference: string, body: unknown, options?: CallOptions): Promise<Reply>;
  delete(path: string, options?: CallOptions): Promise<Reply>;
  /** Makes an identity by a reference, new unless given, and gives what GET shows of it. */
  create(reference?: string, options?: CallOptions): Promise<Shown>;
  /** As `create`, with fields set. */
  createWith(fields: Json, options?: CallOptions): Promise<Shown>;
  /** PATCH that must succeed. */
  update(reference: string, fields: Json, options?: CallOptions): Promise<Shown>;
  /** What GET shows. */
  identity(reference: string, options?: CallOptions): Promise<Shown>;
  /** Ids that a search finds. */
  find(filter: Json, options?: CallOptions): Promise<string[]>;
  /** A key of the live pool with these grants. */
  keyWith(...grants: readonly Grant[]): Promise<string>;
  /** A key of another account's live pool, with every grant. */
  otherAccount(): Promise<{ key: string; poolId: string }>;
  /** What the audit log and the outbox gained while `work` ran. */
  changesOf(work: () => Promise<unknown>): Promise<{ audit: AuditRow[]; events: EventRow[] }>;
  close(): Promise<void>;
}

let counter = 0;
/** A reference that nobody had before. */
export function newReference(): string {
  counter += 1;
  return `ref_${process.pid}_${counter}`;
}

export function newEmail(): string {
  counter += 1;
  return `somebody${counter}@example.com`;
}

export async function startVerification(
  options: Parameters<typeof startServer>[0] = {},
): Promise<VerificationApi> {
  return verificationOf(await startServer(options));
}

/** The surface of a server that is there already, for tests of several surfaces. */
export async function verificationOf(server: TestServer): Promise<VerificationApi> {
  const checker = await openReplyChecker(server, 'verification');
  const { live, sandbox } = server.quickstart;
  const call: VerificationApi['call'] = async (method, path, given = {}) => {
    const { key = live.api_key, headers = {}, ...rest } = given;
    const reply = await server.call(method, `/api/v1${path}`, {
      ...rest,
      key: null,
      headers: { ...(key === null ? {} : { 'x-api-key': key }), ...headers },
    });
    checkReply(checker, { method, path: `/api/v1${path}`, headers }, reply);
    return reply;
  };
  const expect = (reply: Reply, ...statuses: number[]): Shown => {
    assert.ok(statuses.includes(reply.status), `${reply.status}: ${reply.text}`);
    return reply.body;
  };
  const api: VerificationApi = {
    server,
    clock: server.clock,
    key: live.api_key,
    sandboxKey: sandbox.api_key,
    call,
    get: (path, given) => call('GET', path, given),
    post: (path, body, given) => call('POST', path, { ...given, ...(body === undefined ? {} : { body }) }),
    patch: (reference, body, given) => call('PATCH', pathOf(reference), { ...given, body }),
    delete: (path, given) => call('DELETE', path, given),
    async create(reference = newReference(), given = {}) {
      const made = expect(await api.post('/identities', { external_ref: reference }, given), 201);
      return api.identity(made.id, given);
    },
    async createWith(fields, given = {}) {
      const { id } = await api.create(newReference(), given);
      return api.update(id, fields, given);
    },
    update: async (reference, fields, given) => expect(await api.patch(reference, fields, given), 200),
    identity: async (reference, given) => expect(await api.get(pathOf(reference), given), 200),
    async find(filter, given) {
      const body = expect(await api.post('/identities/search', filter, given), 200);
      return body.data.map(({ id }: Shown) => id);
    },
    keyWith: async (...grants) => (await server.createKey({ grants })).secret,
    async otherAccount() {
      const { secret: key, poolId } = await server.createAccount();
      return { key, poolId };
    },
    async changesOf(work) {
      const read = async <Row>(table: string, columns: string): Promise<(Row & { id: string })[]> =>
        server.sql(`select id, ${columns}, subject_id, fields from ${table} order by id`);
      const audit = () => read<AuditRow>('audit_entries', 'action, key_id, request_id');
      const events = () => read<EventRow>('outbox', 'type');
      const before = new Set([...(await audit()), ...(await events())].map(({ id }) => id));
      await work();
      const gained = <Row extends { id: string }>(rows: Row[]): Row[] =>
        rows.filter(({ id }) => !before.has(id));
      const bare = <Row extends { id: string }>({ id: _id, ...row }: Row) => row;
      return {
        audit: gained(await audit()).map((row) => bare(row) as AuditRow),
        events: gained(await events()).map((row) => bare(row) as EventRow),
      };
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
  return api;
}

/** The path of an identity by its id or reference, percent-encoded. */
export function pathOf(reference: string): string {
  return `/identities/${encodeURIComponent(reference)}`;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function checkReply(checker: ReplyChecker, asked: Asked, reply: Reply): void {
  const { method, path, headers: sent } = asked;
  const { status, text, headers } = reply;
  const place = `${method} ${path} ${status}: ${text}`;
  assert.ok(headers.get('x-request-id'), place);
  if (method === 'HEAD' || status === 204) {
    assert.equal(text, '', place);
    return;
  }
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8', place);
  const body = snake(reply.body);
  const style = sent['key-inflection'] ?? '';
  if (style === 'snake') assert.deepEqual(reply.body, body, place);
  if (['snake', 'camel', 'kebab'].includes(style)) {
    for (const key of keysIn(reply.body)) assert.match(key, STYLES[style as keyof typeof STYLES], place);
  }
  const operation = checker.check(method, path, { ...reply, body: body as Shown });
  checkHeaders(reply, operation, place);
  if (status >= 400) checkError(body, status, place);
  else checkSuccess(operation, body as Shown, place);
}

const STYLES = {
  snake: /^[a-z0-9]+(_[a-z0-9]+)*$/,
  camel: /^[a-z][A-Za-z0-9]*$/,
  kebab: /^[a-z0-9]+(-[a-z0-9]+)*$/,
};

function checkHeaders({ status, headers }: Reply, operation: string | null, place: string): void {
  assert.equal(headers.get('www-authenticate'), status === 401 ? 'Bearer' : null, place);
  const rates = ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`));
  // Without a good key there is no bucket; addresses that are no route's ask for none.
  if (status === 401 || operation === null) {
    assert.deepEqual(rates, [null, null, null], place);
    return;
  }
  for (const rate of rates) assert.match(rate ?? 'none', /^\d+$/, place);
  const [limit = 0, remaining = 0] = rates.map(Number);
  assert.ok(remaining <= limit, place);
  if (status === 429) assert.ok(Number(headers.get('retry-after')) >= 1, place);
}

/** Exactly `error`, `detail`, `status_code`, and `errors` for fields (contract verification 2). */
export function checkError(body: unknown, status: number, place: string): void {
  const { errors, ...base } = body as Record<string, unknown>;
  assert.deepEqual(Object.keys(base), ['error', 'detail', 'status_code'], place);
  assert.equal(base.status_code, status, place);
  assert.equal(STATUSES[String(base.error)], status, place);
  assert.ok(typeof base.detail === 'string' && base.detail !== '', place);
  if (errors === undefined) return;
  assert.equal(base.error, 'validation_error', place);
  assert.ok(Array.isArray(errors) && errors.length > 0, place);
  for (const error of errors) {
    assert.deepEqual(Object.keys(error), ['field', 'message'], place);
    assert.ok(typeof error.field === 'string' && typeof error.message === 'string', place);
  }
}

function checkSuccess(operation: string | null, body: Shown, place: string): void {
  const keys = REPLY_KEYS[operation ?? ''];
  if (keys !== undefined) assert.deepEqual(Object.keys(body).sort(), [...keys].sort(), place);
  if (operation === 'listIdentities' || operation === 'searchIdentities') {
    for (const item of body.data) {
      assert.deepEqual(Object.keys(item).sort(), [...IDENTITY_KEYS].sort(), place);
      assert.deepEqual(item.extracted_data, {}, place);
      checkIdentity(item, place);
    }
    const { pagination } = body;
    const isByCursor = 'size' in pagination;
    const named = isByCursor
      ? ['size', 'has_more', 'next_cursor', 'previous_cursor']
      : ['total', 'limit', 'offset'];
    assert.deepEqual(Object.keys(pagination), named, place);
    assert.ok(body.data.length <= (isByCursor ? pagination.size : pagination.limit), place);
  }
  if (keys === IDENTITY_KEYS) checkIdentity(body, place);
}

function checkIdentity(item: Shown, place: string): void {
  assert.match(item.id, ID, place);
  for (const name of ['created_at', 'updated_at', 'first_verified_at', 'last_verified_at', 'archived_at']) {
    if (item[name] !== null) assert.match(item[name], UTC, place);
  }
  for (const [name, value] of Object.entries(item.extracted_data)) assert.notEqual(value, null, name);
}

/** The body with its keys in snake case, whatever spelling they came in; customers' own keys as they are. */
export function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_');
      return [name, OPAQUE.has(name) ? inner : snake(inner)];
    }),
  );
}

function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isOpaque = ['custom_fields', 'customFields', 'custom-fields', 'metadata'].includes(key);
    return [key, ...(isOpaque ? [] : keysIn(inner))];
  });
}

/** Asserts an error's status and code, and the fields that it names where they are given. */
export function assertError(reply: Reply, status: number, code: string, ...fields: string[]): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.body.error, code, reply.text);
  if (fields.length === 0) return;
  const named: string[] = (reply.body.errors ?? []).map(({ field }: { field: string }) => field);
  assert.deepEqual([...new Set(named)].sort(), [...fields].sort(), reply.text);
}

export const isRefused = (reply: Reply, ...fields: string[]) =>
  assertError(reply, 422, 'validation_error', ...fields);

/** The UUID behind an `idn_…` or placed id, as the database has it. */
export function uuidOf(id: string): string {
  return parseTagged(id, id.split('_', 1)[0] ?? '') ?? parsePlaced(id)?.uuid ?? assert.fail(`${id} is no id`);
}

/** An `idn_…` id of nothing. */
export function unknownIdentityId(): string {
  counter += 1;
  return toTagged(`01900000-0000-7000-8000-${`${counter}`.padStart(12, '0')}`, 'idn');
}

/** How pools spells an identity. @param like Any placed id of the same account. */
export function placedOf(id: string, like: string): string {
  const { partition } = parsePlaced(like) ?? assert.fail(`${like} is no placed id`);
  return toPlaced(uuidOf(id), 'identity', partition);
}

/** How verification spells an identity of pools. */
export function taggedOf(placedId: string): string {
  return toTagged(uuidOf(placedId), 'idn');
}
