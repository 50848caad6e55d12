import assert from 'node:assert/strict';
import { parsePlaced, toPlaced } from '../../src/kit/ids.ts';
import type { TestClock } from './clock.ts';
import { freshDatabase, testConnection } from './postgres.ts';
import { openReplyChecker, type ReplyChecker } from './schema.ts';
import { type CallOptions, type Reply, startServer, type TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
export type Shown = any;
export type Json = Readonly<Record<string, unknown>>;

/** Contract pools 1.2. */
export const ID = /^[0-7][0-9a-hjkmnp-tv-z]{31}$/;

/** Contract pools 2: every code and the statuses that it comes with (429 and 503 borrow a code). */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  bad_request: [400, 413],
  bad_authtoken: [401],
  not_authenticated: [401],
  not_permitted: [403, 429],
  not_implemented: [501],
  unknown: [500, 503],
  not_found: [404],
  unexpected_ref_type: [422],
  unexpected: [500],
  invalid_action: [409],
  invalid_value: [422],
  required_value: [422],
};

const SUMMARY_KEYS = [
  ...['account_id', 'claims', 'domain_id', 'first_seen', 'id', 'last_seen', 'metadata', 'pool_id'],
  ...['status', 'title', 'type'],
];
/** The exact keys of each resource (contract pools 3), by its `type`. */
export const KEYS = {
  account: ['id', 'status', 'title', 'type'],
  domain: ['account_id', 'id', 'status', 'title', 'type'],
  ruleset: ['account_id', 'domain_id', 'factors', 'id', 'methods', 'plans', 'status', 'title', 'type'],
  pool: ['account_id', 'domain_id', 'id', 'ruleset_id', 'status', 'title', 'type'],
  summary: SUMMARY_KEYS,
  identity: [...SUMMARY_KEYS, 'factors'].sort(),
  factor: ['identifier', 'name', 'nid', 'persistent', 'type', 'value', 'vid'],
  definition: ['attribute', 'claim', 'identifier', 'name', 'persistent', 'required', 'type'],
  pagination: [
    ...[
      'item_count',
      'item_end',
      'item_start',
      'next_page_offset',
      'page_count',
      'page_index',
      'page_offset',
    ],
    ...['page_size', 'previous_page_offset'],
  ],
} as const;

export const EMAIL_AND_BACKUP: readonly Json[] = [
  { name: 'email', type: 'email' },
  { name: 'backup', type: 'email', identifier: false },
];

/** One row of audit or outbox, the pool and subject as UUIDs. */
export interface Change {
  readonly action: string;
  readonly subject_id: string;
  readonly fields: readonly string[];
  readonly key_id: string | null;
  readonly request_id: string | null;
  readonly pool_id: string;
}

export interface Account {
  readonly accountId: string;
  readonly domainId: string;
  readonly poolId: string;
  readonly rulesetId: string;
  readonly key: string;
}

/** The pools surface of one server. Every reply is checked against contract and reference before a test sees it. */
export interface PoolsApi extends AsyncDisposable {
  readonly server: TestServer;
  readonly clock: TestClock;
  /** The live pool, with factors `email` (linked to the attribute) and `backup`; placed ids. */
  readonly account: Account;
  readonly sandboxKey: string;
  /** @param path Below `/api/v1`. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  get(path: string, options?: CallOptions): Promise<Reply>;
  post(path: string, body: unknown, options?: CallOptions): Promise<Reply>;
  put(path: string, body: unknown, options?: CallOptions): Promise<Reply>;
  delete(path: string, options?: CallOptions): Promise<Reply>;
  /** A ruleset with these factors and a pool under it; default `email` (unlinked) and `backup`. */
  createPool(factors?: readonly Json[], key?: string): Promise<{ poolId: string; rulesetId: string }>;
  createRuleset(factors: readonly Json[], domainId?: string): Promise<string>;
  /** Details of a new identity, with the factor `email` unless told otherwise. */
  createIdentity(
    poolId: string,
    input?: { email?: string; factors?: readonly Json[]; metadata?: Json },
  ): Promise<Shown>;
  /** Details as GET shows them. */
  identity(id: string): Promise<Shown>;
  otherAccount(): Promise<Account>;
  /** What audit and outbox gained while `work` ran; asserts that they gained the same. */
  changesOf(work: () => Promise<unknown>): Promise<Change[]>;
  close(): Promise<void>;
}

let counter = 0;
/** An address that nobody had before. */
export function newEmail(): string {
  counter += 1;
  return `person${counter}@example.com`;
}

export function emailFactor(value: string, name = 'email'): Json {
  return { name, type: 'email', value };
}

export async function startPools(options: Parameters<typeof startServer>[0] = {}): Promise<PoolsApi> {
  const server = await startServer(options);
  const checker = await openReplyChecker(server, 'pools');
  const { quickstart } = server;
  const call: PoolsApi['call'] = async (method, path, callOptions) => {
    const reply = await server.call(method, `/api/v1${path}`, callOptions);
    checkReply(checker, method, path, reply);
    return reply;
  };
  const expect = async (reply: Promise<Reply>) => {
    const { status, text, body } = await reply;
    assert.equal(status, 200, text);
    return body.details;
  };
  const live = await expect(call('GET', `/pool/${quickstart.live.pool_id}`));
  const account: Account = {
    accountId: quickstart.account_id,
    domainId: quickstart.domain_id,
    poolId: quickstart.live.pool_id,
    rulesetId: live.ruleset_id,
    key: quickstart.live.api_key,
  };
  const api: PoolsApi = {
    server,
    clock: server.clock,
    account,
    sandboxKey: quickstart.sandbox.api_key,
    call,
    get: (path, callOptions) => call('GET', path, callOptions),
    post: (path, body, callOptions) => call('POST', path, { ...callOptions, body }),
    put: (path, body, callOptions) => call('PUT', path, { ...callOptions, body }),
    delete: (path, callOptions) => call('DELETE', path, callOptions),
    async createRuleset(factors, domainId = account.domainId) {
      return (await expect(api.post('/ruleset', { domain_id: domainId, title: 'Rules', factors }))).id;
    },
    async createPool(factors = EMAIL_AND_BACKUP, key = account.key) {
      const { domainId } = account;
      const ruleset = await expect(
        api.post('/ruleset', { domain_id: domainId, title: 'Rules', factors }, { key }),
      );
      const body = { domain_id: domainId, ruleset_id: ruleset.id, title: 'Pool' };
      const pool = await expect(api.post('/pool', body, { key }));
      return { poolId: pool.id, rulesetId: ruleset.id };
    },
    createIdentity(poolId, { email = newEmail(), factors = [emailFactor(email)], metadata = {} } = {}) {
      return expect(api.post('/identity', { pool_id: poolId, factors, metadata }));
    },
    identity: (id) => expect(api.get(`/identity/${id}`)),
    async otherAccount() {
      const { secret: key } = await server.createAccount();
      const { id: accountId } = await expect(api.get('/account', { key }));
      const domains = await api.get(`/domain?account_id=${accountId}`, { key });
      const domainId = domains.body.summaries[0].id;
      const [pool] = (await api.get(`/pool?domain_id=${domainId}`, { key })).body.summaries;
      return { accountId, domainId, poolId: pool.id, rulesetId: pool.ruleset_id, key };
    },
    async changesOf(work) {
      const read = async (table: string, columns: string) =>
        server.sql<Change & { id: string }>(
          `select id, ${columns}, subject_id, fields, pool_id from ${table} order by id`,
        );
      const both = () =>
        Promise.all([read('audit_entries', 'action, key_id, request_id'), read('outbox', 'type as action')]);
      const before = await both();
      await work();
      const [audit, outbox] = (await both()).map((rows, index) => {
        const known = new Set(before[index]?.map((row) => row.id));
        return rows.filter((row) => !known.has(row.id)).map(({ id: _id, ...row }) => row);
      });
      const shared = audit?.map(({ key_id: _key, request_id: _request, ...row }) => row);
      assert.deepEqual(outbox, shared, 'audit and outbox tell the same');
      return audit ?? [];
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
  return api;
}

function checkReply(checker: ReplyChecker, method: string, path: string, reply: Reply): void {
  const operation = checker.check(method, path, reply);
  const { status, body, text, headers } = reply;
  const place = `${method} ${operation ?? path}: ${text}`;
  assert.match(headers.get('content-type') ?? '', /^application\/json/, place);
  assert.ok((headers.get('x-request-id') ?? '') !== '', 'every reply names its request');
  if (status === 200) {
    assert.equal(body.status, 'success', place);
    checkSuccess(body, place);
    return;
  }
  checkError(body, place);
  assert.ok(STATUSES[body.code]?.includes(status), `status ${status} does not go with ${place}`);
  assert.equal(headers.get('www-authenticate'), status === 401 ? 'Bearer' : null, place);
}

/** Exactly `status`, `code`, `message`, and `errors` for fields (contract pools 2, statement 3). */
export function checkError(body: Json, place: string): void {
  const keys = Object.keys(body).filter((key) => key !== 'errors');
  assert.deepEqual(keys, ['status', 'code', 'message'], place);
  assert.equal(body.status, 'error', place);
  assert.ok(typeof body.code === 'string' && Object.hasOwn(STATUSES, body.code), place);
  assert.ok(typeof body.message === 'string' && body.message !== '', place);
  if (!('errors' in body)) return;
  for (const error of Object.values(body.errors as Json)) {
    assert.deepEqual(Object.keys(error as Json), ['status', 'code', 'message'], place);
    checkError(error as Json, place);
  }
}

function checkSuccess(body: Shown, place: string): void {
  if ('outputs' in body) {
    assertKeys(body, ['outputs', 'status'], place);
    for (const output of Object.values<Json>(body.outputs)) {
      if (output.status === 'error') checkError(output, place);
      else checkSuccess(output, place);
    }
    return;
  }
  if ('summaries' in body) {
    assertKeys(body, ['pagination', 'sorting', 'status', 'summaries'], place);
    assertKeys(body.pagination, KEYS.pagination, place);
    assertKeys(body.sorting, ['direction', 'field'], place);
    for (const item of body.summaries) checkResource(item, place, true);
    return;
  }
  assertKeys(body, ['details', 'status', ...('actions' in body ? ['actions'] : [])], place);
  if ('actions' in body) assertKeys(body.actions, ['delete', 'update'], place);
  checkResource(body.details, place, false);
}

function checkResource(item: Shown, place: string, isSummary: boolean): void {
  const type: 'account' | 'domain' | 'ruleset' | 'pool' | 'identity' = item.type;
  assertKeys(item, type === 'identity' && isSummary ? KEYS.summary : KEYS[type], place);
  for (const key of Object.keys(item)) if (/(^|_)id$/.test(key)) assert.match(item[key], ID, place);
  for (const factor of item.factors ?? []) {
    assertKeys(factor, type === 'ruleset' ? KEYS.definition : KEYS.factor, place);
  }
}

export function assertKeys(value: object, keys: readonly string[], place: string): void {
  assert.deepEqual(Object.keys(value).sort(), [...keys].sort(), place);
}

/** Asserts an error's status and code, and its field where one is named. */
export function assertError(reply: Reply, status: number, code: string, field?: string): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.body.code, code, reply.text);
  if (field !== undefined) {
    assert.ok(Object.hasOwn(reply.body.errors ?? {}, field), `${field} is not in ${reply.text}`);
    assert.equal(reply.body.errors[field].code, code, reply.text);
  }
}

/** Details of a success. */
export function detailsOf(reply: Reply): Shown {
  assert.equal(reply.status, 200, reply.text);
  return reply.body.details;
}

export function uuidOf(id: string): string {
  return parsePlaced(id)?.uuid ?? assert.fail(`${id} is no id`);
}

/** An id of the account that `like` belongs to, of something that does not exist. */
export function unknownId(type: Parameters<typeof toPlaced>[1], like: string): string {
  const partition = parsePlaced(like)?.partition ?? assert.fail(`${like} is no id`);
  counter += 1;
  const tail = `${counter}`.padStart(12, '0');
  return toPlaced(`01900000-0000-7000-8000-${tail}`, type, partition);
}

/**
 * A database that outlives the servers on it: several processes, or a look at what one leaves behind. Pass
 * `environment` to `startPools`; close the servers before this.
 */
export async function sharedDatabase(): Promise<{
  environment: { DATABASE_URL: string };
  sql<Row>(text: string, parameters?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}> {
  const database = await freshDatabase();
  const db = testConnection(database.url, { onStatement: () => {}, maxConnections: 1 });
  return {
    environment: { DATABASE_URL: database.url },
    sql: async <Row>(text: string, parameters: unknown[] = []) =>
      (await db.query<Row>({ text, parameters })).rows,
    async close() {
      await db.close();
      await database.drop();
    },
  };
}
