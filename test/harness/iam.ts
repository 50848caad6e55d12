import assert from 'node:assert/strict';
import type { TestClock } from './clock.ts';
import { openReplyChecker } from './schema.ts';
import { type CallOptions, type Reply, startServer, type TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
export type Shown = any;
export type Body = Readonly<Record<string, unknown>>;

export const UNKNOWN = '01900000-0000-7000-8000-000000000000';
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The iam surface of one server. Every reply is checked against contract and reference before a test sees it. */
export interface IamApi extends AsyncDisposable {
  readonly server: TestServer;
  readonly clock: TestClock;
  /** @param options.key Sent as bearer; default the live pool's; null: none. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  get(path: string, options?: CallOptions): Promise<Reply>;
  post(path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  put(path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  patch(path: string, body?: unknown, options?: CallOptions): Promise<Reply>;
  delete(path: string, options?: CallOptions): Promise<Reply>;
  /** POST of an identity that must succeed; without traits with an e-mail address of its own. */
  create(body?: Body, options?: CallOptions): Promise<Shown>;
  /** What GET shows, with the contents of these credentials. */
  identity(id: string, ...included: string[]): Promise<Shown>;
  /** Adds a schema to the live pool, or replaces it, as its operator would. */
  setSchema(id: string, traits: Body): Promise<void>;
  readonly sandbox: { readonly key: string };
}

let counter = 0;
export function newEmail(): string {
  counter += 1;
  return `somebody${counter}.${process.pid}@example.org`;
}

export async function startIam(): Promise<IamApi> {
  return iamOf(await startServer());
}

/** The surface of a server that is there already, for tests of several surfaces. */
export async function iamOf(server: TestServer): Promise<IamApi> {
  const checker = await openReplyChecker(server, 'iam');
  const call: IamApi['call'] = async (method, path, given = {}) => {
    const { key = server.quickstart.live.api_key, headers = {}, ...rest } = given;
    const sent = { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers };
    const reply = await server.call(method, path, { ...rest, key: null, headers: sent });
    checker.check(method, path, reply);
    checkShape(reply, `${method} ${path} ${reply.status}: ${reply.text}`);
    return reply;
  };
  const expect = (reply: Reply, status: number): Shown => {
    assert.equal(reply.status, status, reply.text);
    return reply.body;
  };
  const api: IamApi = {
    ...{ server, clock: server.clock, call },
    get: (path, given) => call('GET', path, given),
    post: (path, body, given) => call('POST', path, { ...given, ...(body === undefined ? {} : { body }) }),
    put: (path, body, given) => call('PUT', path, { ...given, ...(body === undefined ? {} : { body }) }),
    patch: (path, body, given) => call('PATCH', path, { ...given, ...(body === undefined ? {} : { body }) }),
    delete: (path, given) => call('DELETE', path, given),
    async create(body = {}, given) {
      const sent = { schema_id: 'default', traits: { email: newEmail() }, ...body };
      return expect(await api.post('/admin/identities', sent, given), 201);
    },
    async identity(id, ...included) {
      const query = included.map((type) => `include_credential=${type}`).join('&');
      return expect(await api.get(`/admin/identities/${id}${query === '' ? '' : `?${query}`}`), 200);
    },
    async setSchema(id, traits) {
      const document = { type: 'object', properties: { traits: { type: 'object', ...traits } } };
      const poolId = server.quickstart.live.app_id;
      await server.sql(
        `insert into identity_schemas (pool_id, id, schema, is_default, created_at)
         values ($1::uuid, $2, $3::text::jsonb, false, now())
         on conflict (pool_id, id) do update set schema = excluded.schema`,
        [poolId, id, JSON.stringify(document)],
      );
      await server.sql(
        'update pool_states set config_version = config_version + 1 where pool_id = $1::uuid',
        [poolId],
      );
    },
    sandbox: { key: server.quickstart.sandbox.api_key },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return api;
}

const ERROR_KEYS = ['code', 'status', 'message', 'reason', 'id', 'request', 'details', 'debug'];

function checkShape({ status, body, text, headers }: Reply, place: string): void {
  if (status === 204) {
    assert.equal(text, '', place);
    return;
  }
  if (status < 400 || body?.error === undefined) return;
  const { error } = body;
  assert.equal(error.code, status, place);
  assert.equal(typeof error.status, 'string', place);
  assert.equal(typeof error.message, 'string', place);
  for (const key of Object.keys(error)) assert.ok(ERROR_KEYS.includes(key), place);
  assert.equal(headers.get('ory-error-id') ?? undefined, error.id, place);
}

/** @param reason What the reason must hold. */
export function assertError(reply: Reply, status: number, reason?: RegExp): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.body.error.code, status, reply.text);
  if (reason !== undefined) assert.match(reply.body.error.reason ?? reply.body.error.message, reason);
}
