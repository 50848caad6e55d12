import assert from 'node:assert/strict';
import type { TestClock } from './clock.ts';
import { messagesTo } from './outbox.ts';
import { openReplyChecker } from './schema.ts';
import { type Reply, startServer, type TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
export type Shown = any;

/** What signs in tests, so that they can check it by themselves. */
export const SECRET = 'the-secret-of-the-tests';
export const PASSWORD = 'bID>idfsf23!';
export const DEVICE = '789f64dc-750d-4260-afef-7937062048e3';
export const OTHER_DEVICE = 'a055da77-dcfe-4969-ae49-32c501f14e8a';
export const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
export const EMAIL = { strategy: 'email', provider: 'awsCognito' } as const;
export const NO_LOGIN = { strategy: 'simplified', provider: 'noLogin' } as const;
export const ANONYMOUS = { strategy: 'simplified', provider: 'anonymous' } as const;

export interface IdentifyCall {
  /** Sent as `bearer`. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default the live pool; null: none is named. */
  readonly projectId?: string | null;
}

/** The identify surface of one server. Every reply is checked against contract and reference before a test sees it. */
export interface IdentifyApi extends AsyncDisposable {
  readonly server: TestServer;
  readonly clock: TestClock;
  readonly projectId: string;
  /** With the parameters in the query. */
  get(path: string, query: object, options?: IdentifyCall): Promise<Reply>;
  post(path: string, body: object | string, options?: IdentifyCall): Promise<Reply>;
  put(path: string, body: object | string, options?: IdentifyCall): Promise<Reply>;
  /** A new user, who must be made. @returns Their e-mail address. */
  register(data?: object, pair?: object): Promise<string>;
  /** Must succeed. @returns The session block. */
  login(email: string, more?: { password?: string; deviceId?: string; pair?: object }): Promise<Shown>;
  /** A new user, logged in. */
  newcomer(more?: { data?: object; deviceId?: string; pair?: object }): Promise<Shown & { email: string }>;
  /** What GET shows; must succeed. */
  profile(token: string, pair?: object): Promise<Shown>;
  /** The code that was sent last. */
  codeSentTo(email: string): Promise<string>;
}

let counter = 0;
export function newEmail(): string {
  counter += 1;
  return `user${counter}.${process.pid}@example.org`;
}

export async function startIdentify(options: Parameters<typeof startServer>[0] = {}): Promise<IdentifyApi> {
  const api = await identifyOf(await startServer(options));
  await api.server.configureIdentify({ signature: { secret: SECRET } });
  return api;
}

/** The surface of a server that is there already, for tests of several surfaces. */
export async function identifyOf(server: TestServer): Promise<IdentifyApi> {
  const checker = await openReplyChecker(server, 'identify');
  const { app_id: live } = server.quickstart.live;
  const send = async (method: string, path: string, call: IdentifyCall, body?: object | string) => {
    const { token, headers = {} } = call;
    const reply = await server.call(method, path, {
      key: null,
      headers: { ...(token === undefined ? {} : { authorization: `bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const [bare = ''] = path.split('?');
    checker.check(method, bare.replace(/^(?:\/v1)?/, '/v1'), reply);
    checkShape(reply, `${method} ${path} ${reply.status}: ${reply.text}`);
    return reply;
  };
  const named = ({ projectId = live }: IdentifyCall) => (projectId === null ? {} : { projectId });
  const withBody =
    (method: string) =>
    (path: string, body: object | string, call: IdentifyCall = {}) =>
      send(method, path, call, typeof body === 'string' ? body : { ...named(call), ...body });
  const expect = (reply: Reply, status: number): Shown => {
    assert.equal(reply.status, status, reply.text);
    return reply.body.data;
  };
  const api: IdentifyApi = {
    ...{ server, clock: server.clock, projectId: live },
    get: (path, query, call = {}) =>
      send('GET', `${path}?${new URLSearchParams({ ...named(call), ...query })}`, call),
    post: withBody('POST'),
    put: withBody('PUT'),
    async register(data = {}, pair = EMAIL) {
      const email = newEmail();
      expect(await api.post('/v1/user', { ...pair, data: { email, password: PASSWORD, ...data } }), 201);
      return email;
    },
    async login(email, { password = PASSWORD, deviceId, pair = EMAIL } = {}) {
      const data = { email, password, ...(deviceId === undefined ? {} : { deviceId }) };
      return expect(await api.put('/v1/user/login', { ...pair, data }), 200);
    },
    async newcomer({ data = {}, ...more } = {}) {
      const email = await api.register(data, more.pair);
      return { ...(await api.login(email, more)), email };
    },
    profile: async (token, pair = EMAIL) => expect(await api.get('/v1/user', pair, { token }), 200),
    async codeSentTo(email) {
      const code = (await messagesTo(server, email)).at(-1)?.code;
      assert.match(code ?? '', /^\d{6}$/, 'a code was sent');
      return code ?? '';
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return api;
}

/** Contract identify 1: the two envelopes. */
function checkShape({ status, body, headers }: Reply, place: string): void {
  assert.equal(headers.get('cache-control'), 'no-store', place);
  assert.equal(headers.get('etag'), null, place);
  assert.ok(typeof body === 'object' && body !== null, place);
  assert.equal(typeof body.message, 'string', place);
  assert.ok(typeof body.data === 'object' && body.data !== null && !Array.isArray(body.data), place);
  if (status < 300) {
    assert.equal(body.result, 1, place);
    return;
  }
  assert.ok(status >= 400, place);
  assert.deepEqual(Object.keys(body), ['result', 'message', 'data', 'error'], place);
  assert.deepEqual([body.result, body.data], [0, {}], place);
  assert.match(body.error.code, /^[a-z_]+$/, place);
  if (status === 401) assert.equal(headers.get('www-authenticate'), 'Bearer', place);
  if (status === 429) assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/, place);
}

/** @param fields Names of the fields that are wrong, all of them; default: not looked at. */
export function assertRefused(reply: Reply, status: number, code: string, ...fields: string[]): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.body.error.code, code, reply.text);
  if (fields.length > 0)
    assert.deepEqual(Object.keys(reply.body.error.fields ?? {}).sort(), [...fields].sort(), reply.text);
}

export const assertInvalid = (reply: Reply, ...fields: string[]) =>
  assertRefused(reply, 400, 'validation_error', ...fields);
