import Type from 'typebox';
import {
  AddressNotAllowed,
  type CoreError,
  CredentialRejected,
  type ErrorKind,
  InvalidInput,
  NotPermitted,
} from '../../core/errors.ts';
import type { Clock, IdentityId, Principal } from '../../core/ports.ts';
import { createLog, type Log } from '../logging.ts';
import { createMetrics } from '../metrics.ts';
import { parse } from '../parse.ts';
import type { KeyVerifier, RateLimiter, VerifiedKey } from '../ports.ts';
import { defineRoute, keyGuard, openGuard, replyWith } from '../route.ts';
import { createServer, type Server, type ServerOptions } from '../server.ts';
import type { Surface } from '../surface.ts';

// A small surface and its server, for tests of the kit alone.

const STATUSES = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_many: 429,
  unavailable: 503,
  internal: 500,
} satisfies Record<ErrorKind, number>;

export const thing = Type.Object({
  id: Type.String(),
  size: Type.Union([Type.Integer(), Type.Null()]),
  parts: Type.Array(Type.Object({ name: Type.String() })),
});
const newThing = Type.Object({ id: Type.String({ minLength: 2 }), size: Type.Optional(Type.Integer()) });
const anything = Type.Object({ seen: Type.Unknown() });
const wishes = Type.Object({
  status: Type.Optional(Type.Integer()),
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
});

/** `hold` is awaited by `GET /fake/slow`; `fail` is thrown by `GET /fake/fail`. */
export function createFakeSurface(options: { hold?: Promise<void>; fail?: unknown } = {}): Surface {
  return {
    ...{ name: 'fake', title: 'Fake <things>', version: '1', keyHeader: 'x-api-key' },
    owns: (path) => path.startsWith('/fake/'),
    errorSchema: Type.Object({ oops: Type.String() }),
    errorStatuses: { not_found: 404 },
    present: (error: CoreError) => ({
      status: STATUSES[error.kind],
      body: {
        oops: error.code,
        ...(error instanceof InvalidInput ? { fields: error.problems.map(({ path }) => path) } : {}),
      },
    }),
    routes: [
      defineRoute({
        ...{ method: 'GET', path: '/fake/things/:id', operation: 'getThing', summary: 'One <thing>.' },
        guard: keyGuard('identities:read'),
        params: Type.Object({ id: Type.String({ description: 'Which "thing".' }) }),
        query: Type.Object({ 'pagination[offset]': Type.Optional(Type.Integer()) }),
        reply: thing,
        ...{ reads: 'none', errors: ['not_found'] },
        // `secret` and `code` are what a careless core might hand out.
        handler: async ({ params }) =>
          Object.assign(
            { id: params.id ?? '', size: null, secret: 's' },
            { parts: [{ name: 'a', code: 'c' }] },
          ),
      }),
      defineRoute({
        ...{ method: 'POST', path: '/fake/things', operation: 'createThing', summary: 'Makes a thing.' },
        guard: keyGuard('identities:write'),
        body: newThing,
        reply: thing,
        ...{ status: 201, reads: 'json', bodyBytesMax: 200 },
        handler: async ({ body }) => {
          const { id, size = null } = parse(newThing, body);
          return { id, size, parts: [] };
        },
      }),
      defineRoute({
        ...{ method: 'DELETE', path: '/fake/things/:id', operation: 'deleteThing', summary: 'Ends a thing.' },
        guard: keyGuard(null),
        reply: Type.Null(),
        ...{ status: 204, reads: 'json-or-none' },
        handler: async () => null,
      }),
      defineRoute({
        ...{ method: 'POST', path: '/fake/replies', operation: 'reply', summary: 'Replies as it is told.' },
        guard: keyGuard(null),
        reply: anything,
        ...{ status: 202, reads: 'json' },
        handler: async ({ body }) =>
          replyWith(Object.assign({ seen: 1 }, { secret: 's' }), parse(wishes, body)),
      }),
      defineRoute({
        ...{ method: 'GET', path: '/fake/caller', operation: 'caller', summary: 'Says who is calling.' },
        guard: keyGuard('sessions:create'),
        reply: anything,
        reads: 'none',
        handler: async ({ context: { origin }, negotiated, rate }) => ({
          seen: { origin, negotiated, rate: rate() },
        }),
      }),
      defineRoute({
        ...{ method: 'POST', path: '/fake/echo', operation: 'echo', summary: 'Says what arrived.' },
        guard: openGuard('A test.'),
        reply: anything,
        reads: 'json',
        handler: async ({ body, query, clientAddress, fromTrustedProxy, requestId }) => ({
          seen: { body, query, clientAddress, fromTrustedProxy, requestId },
        }),
      }),
      defineRoute({
        ...{ method: 'GET', path: '/fake/slow', operation: 'slow', summary: 'Waits.' },
        guard: openGuard('A test.'),
        reply: anything,
        reads: 'none',
        handler: async () => {
          await options.hold;
          return { seen: 'done' };
        },
      }),
      defineRoute({
        ...{ method: 'GET', path: '/fake/fail', operation: 'fail', summary: 'Fails.' },
        guard: openGuard('A test.'),
        reply: anything,
        reads: 'none',
        handler: async () => {
          throw options.fail;
        },
      }),
    ],
  };
}

export const KEY = {
  keyId: '0190c0de-0000-7000-8000-000000000001' as Principal['keyId'],
  poolId: '0190c0de-0000-7000-8000-000000000002' as Principal['poolId'],
  accountId: '0190c0de-0000-7000-8000-000000000003' as Principal['accountId'],
  ...{ partition: 1, environment: 'live', requestsPerMinute: 1000 },
  ...{ kind: 'secret', apiVersion: null, keyInflection: 'snake', isSingleIdentity: false },
  grants: new Set(['identities:read', 'identities:write', 'sessions:create']),
} satisfies VerifiedKey;

/** Takes whatever it is sent for `KEY`. */
export const ANY_KEY: KeyVerifier = { verify: () => KEY, verifyFor: () => KEY };

/** Whose sessions stand for `KEY`. */
export const KEY_HOLDER = '0190c0de-0000-7000-8000-0000000000aa' as IdentityId;

/** Never used up. */
export const FAKE_LIMITER: RateLimiter = {
  spend: () => undefined,
  status: ({ requestsPerMinute: limit }) => ({
    ...{ limit, remaining: 7, resetAtSeconds: 60, resetInSeconds: 60, windowSeconds: 60 },
  }),
};

export interface FakeServer extends AsyncDisposable {
  readonly server: Server;
  readonly url: string;
  readonly port: number;
  /** Everything logged so far, parsed. */
  logged(): Record<string, unknown>[];
  readonly log: Log;
}

const KEYS: Readonly<Record<string, VerifiedKey>> = {
  good: KEY,
  reader: { ...KEY, grants: new Set(['identities:read']) },
  public: { ...KEY, kind: 'publishable' },
};

/**
 * A listening server. The key `good`, and `KEY_HOLDER`, holds `KEY`; `reader` may only read, `public` is publishable (and has more
 * grants than any such key is given), `distant` is good from elsewhere only, all others are refused.
 */
export async function startFakeServer(
  options: Partial<ServerOptions> & { surface?: Surface } = {},
): Promise<FakeServer> {
  const written: string[] = [];
  const log = createLog({ destination: { write: (text) => void written.push(text) } });
  const clock: Clock = { now: () => new Date(0) };
  const server = createServer({
    surfaces: [options.surface ?? createFakeSurface()],
    verifier: {
      async verify(text, { onKey }) {
        const key = KEYS[text === 'distant' ? 'good' : text];
        if (key === undefined) throw new CredentialRejected();
        onKey(key);
        if (text === 'distant') throw new AddressNotAllowed();
        return key;
      },
      async verifyFor({ identityId }, { onKey }) {
        if (identityId !== KEY_HOLDER) throw new NotPermitted();
        onKey(KEY);
        return KEY;
      },
    },
    limiter: FAKE_LIMITER,
    readiness: async () => true,
    ...{ clock, log, metrics: createMetrics({ process: false }) },
    ...options,
  });
  const { port } = await server.listen('127.0.0.1', 0);
  return {
    ...{ server, port, log, url: `http://127.0.0.1:${port}` },
    logged() {
      log.flush();
      return written
        .join('')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    },
    async [Symbol.asyncDispose]() {
      await server.drain(1000);
    },
  };
}
