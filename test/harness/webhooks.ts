import assert from 'node:assert/strict';
import { type Receiver, startReceiver } from './receiver.ts';
import { type CallOptions, type Reply, startServer, type TestServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
type Shown = any;

export interface Hooks {
  readonly server: TestServer;
  readonly receiver: Receiver;
  /** A call of the verification surface. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** An endpoint at the receiver. */
  hook(body?: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<Shown>;
  /** An identity made through pools; its id in verification's spelling. */
  identity(email: string): Promise<string>;
  patch(id: string, body: unknown): Promise<Reply>;
  deliveries(hookId: string, query?: string): Promise<Shown[]>;
  /** Sends all that is due. */
  run(): Promise<void>;
}

/** A server whose jobs run when `run` and `runJob` say so, and a receiver for its webhooks; both are closed after the test. */
export async function openHooks(
  t: { after(work: () => Promise<void>): void },
  options: Parameters<typeof startServer>[0] = {},
): Promise<Hooks> {
  const server = await startServer(options);
  const receiver = await startReceiver();
  t.after(async () => {
    await server.close();
    await receiver.close();
  });
  return hooksOf(server, receiver);
}

export function hooksOf(server: TestServer, receiver: Receiver): Hooks {
  const hooks: Hooks = {
    server,
    receiver,
    call: (method, path, { key = server.quickstart.live.api_key, headers = {}, ...rest } = {}) =>
      server.call(method, `/api/v1${path}`, {
        ...rest,
        key: null,
        headers: { ...(key === null ? {} : { 'x-api-key': key }), ...headers },
      }),
    async hook(body = {}, options = {}) {
      const reply = await hooks.call('POST', '/webhooks', {
        ...options,
        body: { url: receiver.url, ...body },
      });
      assert.equal(reply.status, 201, reply.text);
      return reply.body;
    },
    async identity(email) {
      const { pool_id: poolId } = server.quickstart.live;
      const factors = [{ name: 'email', type: 'email', value: email }];
      const body = { details: { pool_id: poolId, factors } };
      const reply = await server.call('POST', '/api/v1/identity', { body });
      assert.equal(reply.status, 200, reply.text);
      const listed = await hooks.call('GET', '/identities?limit=1');
      return listed.body.data[0].id;
    },
    patch: (id, body) => hooks.call('PATCH', `/identities/${id}`, { body }),
    async deliveries(hookId, query = '') {
      const reply = await hooks.call('GET', `/webhooks/${hookId}/deliveries${query}`);
      assert.equal(reply.status, 200, reply.text);
      return reply.body.data;
    },
    run: () => server.runJob('webhooks'),
  };
  return hooks;
}
