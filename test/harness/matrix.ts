import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { GRANTS } from '../../src/core/grants.ts';
import { encodePlaced, parsePlaced, toTagged } from '../../src/kit/ids.ts';
import { type Makers, makersOf } from './matrix-makers.ts';
import type { Reply, TestServer } from './server.ts';
import { startServer } from './server.ts';

/** A row of the server's own route table, as `/openapi/<surface>.json` tells it. */
export interface PublishedRoute {
  readonly surface: string;
  /** `PUT /api/v1/pool/{pool_id}`: the name under which the fixtures have it. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Other paths of the same operation, with the same parameters. */
  readonly aliases: readonly string[];
  readonly operation: string;
  /** The grant that it needs; null: any key will do. */
  readonly grant: string | null;
  /** Another grant that will do as well. */
  readonly or: string | null;
  readonly needsKey: boolean;
  /** The statuses that it says it answers with. */
  readonly statuses: readonly number[];
  /** Those of success. */
  readonly successes: readonly number[];
  readonly reads: 'json' | 'json-or-none' | 'none' | 'stream';
}

export type PoolsResource = 'account' | 'domain' | 'ruleset' | 'pool' | 'identity';
/** `record` is an identity in verification's spelling; each with the tag of its ids. */
export const VERIFICATION_TAGS = {
  record: 'idn',
  session: 'ses',
  identityType: 'idtype',
  customField: 'cfield',
  webhook: 'whe',
  delivery: 'whd',
  event: 'aud',
  relationship: 'rel',
} as const;
export type VerificationResource = keyof typeof VERIFICATION_TAGS;
/** An identity in kyc's spelling, its UUID; a document and a verification of it, and a relation with it. */
export const KYC_RESOURCES = ['kycIdentity', 'kycDocument', 'kycVerification', 'kycRelation'] as const;
export type KycResource = (typeof KYC_RESOURCES)[number];
/** An identity, a session, a message by their UUIDs; an identity by its external id; a schema. */
export const IAM_RESOURCES = [
  ...(['iamIdentity', 'iamExternal', 'iamSession', 'iamMessage', 'iamSchema'] as const),
] as const;
export type IamResource = (typeof IAM_RESOURCES)[number];
export type Resource = PoolsResource | VerificationResource | KycResource | IamResource;

export function isVerification(type: Resource): type is VerificationResource {
  return Object.hasOwn(VERIFICATION_TAGS, type);
}

function isKyc(type: Resource): type is KycResource {
  return (KYC_RESOURCES as readonly Resource[]).includes(type);
}

function isIam(type: Resource): type is IamResource {
  return (IAM_RESOURCES as readonly Resource[]).includes(type);
}

/** Whose spelling an id of this type has. */
export function surfaceOf(type: Resource): 'pools' | 'verification' | 'kyc' | 'iam' {
  if (isIam(type)) return 'iam';
  if (isKyc(type)) return 'kyc';
  return isVerification(type) ? 'verification' : 'pools';
}

/** One call of a route. `body` undefined: none is sent. */
export interface Sent {
  readonly path: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Whose call it is; default the live pool's. */
  readonly key?: string;
}

/** An id within a call. */
export interface ReferenceIn {
  readonly in: 'path' | 'query' | 'body';
  readonly name: string;
  readonly type: Resource;
  /** How an id of nothing is refused; default as the surface does. */
  readonly missing?: { readonly status: number; readonly code: string };
  /** How it is refused to a key that does not reach what it is under; default as an id of nothing. */
  readonly unreached?: { readonly status: number; readonly code: string };
  /** How what is no id is refused; default as an id of nothing where that is given, else as the surface does. */
  readonly bad?: readonly { readonly status: number; readonly code: string }[];
  /** How an id of another type of thing is refused; default as an id of nothing where that is given, else as the surface does. */
  readonly wrongType?: readonly { readonly status: number; readonly code: string }[];
}

/** What the matrices must know of a route that its table does not tell. */
export interface RouteFixture {
  /** A call that succeeds, on things made for it where it changes or closes them. */
  valid(world: World): Promise<Sent>;
  readonly refers: readonly ReferenceIn[];
  /** Parameters of the path that refer to nothing: words of the caller's own, or of the contract's. */
  readonly names?: readonly string[];
  /** The body may be any JSON, and need not be an object. */
  readonly takesAnyJson?: boolean;
  /** Default: the server's. */
  readonly bodyBytesMax?: number;
  /** Statuses of a call in order; default: those of success that the reference lists. */
  readonly answersWith?: readonly number[];
  /** A live key is refused before anything is looked up. */
  readonly sandboxOnly?: boolean;
  /** Puts an id where `reference` says; default: as its `in` and `name` say, bodies under `details`. */
  replace?(sent: Sent, reference: ReferenceIn, id: string): Sent;
  /** Where the answer to what was asked stands within a reply; default: the reply itself. */
  unwrap?(reply: Reply): { status: number; body: unknown };
}

export type FixtureTable = Readonly<Record<string, RouteFixture>>;

/** A server with two accounts, three pools, and a key of every bad kind. */
export interface World extends AsyncDisposable {
  readonly server: TestServer;
  /** Those that ask for a key; open ones have tests of their own. */
  readonly routes: readonly PublishedRoute[];
  /** Ids of things in the live pool's account that no cell may change. */
  readonly own: Readonly<Record<Resource, string>>;
  /** The same of another account, which exist. */
  readonly foreign: Readonly<Record<Resource, string>>;
  readonly keys: {
    readonly revoked: string;
    readonly suspended: string;
    readonly expired: string;
    readonly otherAccount: string;
    /** Of another domain's pool in the same account, every grant but `account`. */
    readonly otherPool: string;
    readonly sandbox: string;
    /** Every grant but those that the route asks for. */
    without(route: Pick<PublishedRoute, 'grant' | 'or'>): string;
  };
  /** Of the live pool. */
  readonly makers: Makers;
  /** Of the sandbox pool. */
  readonly sandbox: Makers;
  /** A well-formed id of the account that nothing has. */
  unknown(type: Resource): string;
  /** Makes something of the type in the live pool's account, for a call that changes it. */
  make(type: Exclude<PoolsResource, 'account'>): Promise<string>;
  /** Sends a call of a route; `change` has the last word about the request. */
  send(route: PublishedRoute, sent: Sent, change?: SendChange): Promise<Reply>;
  /** Audit entries in the whole database: a refused call adds none. */
  changes(): Promise<number>;
}

export interface SendChange {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  /** As it is, in place of the call's own. */
  readonly rawBody?: string;
}

let counter = 0;
/** A value that occurs nowhere else, to be found again where it must not be. */
export function marker(): string {
  counter += 1;
  return `mk${randomBytes(8).toString('hex')}${counter}`;
}

export function email(): string {
  return `${marker()}@example.com`;
}

export const FACTORS = [
  { name: 'email', type: 'email', attribute: 'email' },
  { name: 'backup', type: 'email', identifier: false },
];

export async function publishedRoutes(server: TestServer): Promise<PublishedRoute[]> {
  const index = await server.call('GET', '/docs', { key: null });
  const surfaces = [...index.text.matchAll(/\/openapi\/(\w+)\.json/g)].map(([, name = '']) => name);
  assert.notEqual(surfaces.length, 0, 'the server lists no surface');
  const lists = await Promise.all(
    surfaces.map(async (surface) => {
      const { body } = await server.call('GET', `/openapi/${surface}.json`, { key: null });
      return Object.entries<Record<string, OpenApiOperation>>(body.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) =>
          readRoute(surface, method.toUpperCase(), path, operation),
        ),
      );
    }),
  );
  return lists.flat();
}

interface OpenApiOperation {
  readonly operationId: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly 'x-aliases'?: readonly string[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

function readRoute(
  surface: string,
  method: string,
  path: string,
  operation: OpenApiOperation,
): PublishedRoute {
  const { requestBody } = operation;
  const statuses = Object.keys(operation.responses).map(Number);
  const [, grant = null, or = null] =
    /with the grant `([^`]+)`(?: or `([^`]+)`)?/.exec(operation.description ?? '') ?? [];
  return {
    ...{ surface, method, path, name: `${method} ${path}`, operation: operation.operationId },
    aliases: operation['x-aliases'] ?? [],
    ...{ grant, or, statuses, successes: statuses.filter((status) => status < 300) },
    // A session stands in headers of its own.
    needsKey: operation.security.some((scheme) => Object.hasOwn(scheme, 'apikey')),
    reads: readsOf(requestBody),
  };
}

function readsOf(requestBody: OpenApiOperation['requestBody']): PublishedRoute['reads'] {
  if (requestBody === undefined) return 'none';
  if (!Object.hasOwn(requestBody.content, 'application/json')) return 'stream';
  return requestBody.required ? 'json' : 'json-or-none';
}

export async function createWorld(): Promise<World> {
  const server = await startServer();
  try {
    return await furnish(server);
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function furnish(server: TestServer): Promise<World> {
  const { quickstart } = server;
  const expectMade = (reply: Reply): string => {
    assert.equal(reply.status, 200, reply.text);
    return reply.body.details.id;
  };
  const post = async (resource: string, details: unknown, key = quickstart.live.api_key): Promise<string> =>
    expectMade(await server.call('POST', `/api/v1/${resource}`, { key, body: { details } }));
  const makeIn = (
    poolId: string,
    domainId: string,
    rulesetId: string,
    key?: string,
  ): Record<string, () => Promise<string>> => ({
    domain: () => post('domain', { account_id: quickstart.account_id, title: 'Made' }, key),
    ruleset: () => post('ruleset', { domain_id: domainId, title: 'Made', factors: FACTORS }, key),
    pool: () => post('pool', { domain_id: domainId, ruleset_id: rulesetId, title: 'Made' }, key),
    identity: () =>
      post('identity', { pool_id: poolId, factors: [{ name: 'email', type: 'email', value: email() }] }, key),
  });

  const livePool = await server.call('GET', `/api/v1/pool/${quickstart.live.pool_id}`);
  const rulesetId: string = livePool.body.details.ruleset_id;
  const makers = makeIn(quickstart.live.pool_id, quickstart.domain_id, rulesetId);
  const make = (type: Exclude<PoolsResource, 'account'>): Promise<string> => {
    const maker = makers[type];
    if (maker === undefined) throw new TypeError(type);
    return maker();
  };
  const own = {
    account: quickstart.account_id,
    domain: quickstart.domain_id,
    ruleset: rulesetId,
    pool: quickstart.live.pool_id,
    identity: await make('identity'),
    ...(await recordsOf(makersOf(server, quickstart.live.api_key))),
    ...(await kycOf(makersOf(server, quickstart.live.api_key))),
    ...(await iamOf(makersOf(server, quickstart.live.api_key))),
  };

  const otherDomain = await make('domain');
  const otherRuleset = await post('ruleset', { domain_id: otherDomain, title: 'Other', factors: FACTORS });
  const otherPool = await post('pool', {
    ...{ domain_id: otherDomain, ruleset_id: otherRuleset, title: 'Other' },
  });
  const key = async (grants: readonly string[], poolId?: string, expiresAt: Date | null = null) =>
    server.createKey({
      grants,
      expiresAt,
      ...(poolId === undefined ? {} : { poolId: (parsePlaced(poolId)?.uuid ?? '') as never }),
    });

  const stranger = await server.createAccount();
  const strangerPool = await server.sql<Record<'partition' | 'domain_id' | 'ruleset_id' | 'id', string>>(
    `select a.partition, p.domain_id, p.ruleset_id, p.id from pools p join accounts a on a.id = p.account_id
     where p.id = $1::uuid`,
    [stranger.poolId],
  );
  const foreignIds = await foreignIdsOf(server, stranger.secret, strangerPool[0]?.id ?? '');
  const foreign = {
    ...foreignIds,
    identity: await post(
      'identity',
      { pool_id: foreignIds.pool, factors: [{ name: 'email', type: 'email', value: email() }] },
      stranger.secret,
    ),
    ...(await recordsOf(makersOf(server, stranger.secret))),
    ...(await kycOf(makersOf(server, stranger.secret))),
    ...(await iamOf(makersOf(server, stranger.secret))),
  };

  const revoked = await key(['all']);
  const suspended = await key(['all']);
  const expired = await key(['all'], undefined, new Date(server.clock.now().getTime() + 1000));
  const routes = (await publishedRoutes(server)).filter(({ needsKey }) => needsKey);
  const lacking = new Map<string, string>();
  for (const route of routes) {
    const wanted = [route.grant, route.or];
    const name = wanted.join();
    if (lacking.has(name)) continue;
    lacking.set(name, (await key(GRANTS.filter((grant) => !wanted.includes(grant)))).secret);
  }
  // Each was good once, and may be held for two seconds.
  for (const { secret } of [revoked, suspended, expired]) {
    const reply = await server.call('GET', '/api/v1/account', { key: secret });
    assert.equal(reply.status, 200);
  }
  await server.changeKey(revoked.id, 'revoke');
  await server.changeKey(suspended.id, 'suspend');
  server.clock.advance(2.001);

  const { partition = 0 } = parsePlaced(quickstart.account_id) ?? {};
  return {
    server,
    routes,
    own,
    foreign,
    keys: {
      revoked: revoked.secret,
      suspended: suspended.secret,
      expired: expired.secret,
      otherAccount: stranger.secret,
      otherPool: (
        await key(
          GRANTS.filter((grant) => grant !== 'account'),
          otherPool,
        )
      ).secret,
      sandbox: quickstart.sandbox.api_key,
      without: ({ grant, or }) => lacking.get([grant, or].join()) ?? '',
    },
    makers: makersOf(server, quickstart.live.api_key),
    sandbox: makersOf(server, quickstart.sandbox.api_key),
    unknown: (type) => {
      const tail = randomBytes(6).toString('hex');
      const uuid = `01900000-0000-7000-8000-${tail}`;
      if (type === 'iamSchema' || type === 'iamExternal') return `none-${tail}`;
      if (isKyc(type) || isIam(type)) return uuid;
      if (isVerification(type)) return toTagged(uuid, VERIFICATION_TAGS[type]);
      const example = parsePlaced(own[type]);
      const { ms = 0, typeBits = 0 } = example ?? {};
      const random = BigInt(`0x${randomBytes(9).toString('hex')}`);
      return encodePlaced({ ms, partition, typeBits, random });
    },
    make,
    send: (route, sent, change = {}) => send(server, route, sent, change),
    async changes() {
      const [row] = await server.sql<{ n: number }>('select count(*)::integer as n from audit_entries');
      return row?.n ?? -1;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** One of each of verification's things, of which none is changed. */
async function recordsOf(makers: Makers): Promise<Record<VerificationResource, string>> {
  const [record, identityType, webhook] = [
    await makers.record(),
    await makers.identityType(),
    await makers.webhook(),
  ];
  return {
    ...{ record, identityType, webhook, session: await makers.session() },
    customField: await makers.customField(identityType),
    delivery: await makers.delivery(webhook),
    relationship: await makers.relationship(record),
    event: await makers.event(),
  };
}

async function kycOf(makers: Makers): Promise<Record<KycResource, string>> {
  const kycIdentity = await makers.kycIdentity();
  return {
    ...{ kycIdentity, kycDocument: await makers.kycDocument(kycIdentity) },
    kycVerification: await makers.kycVerification(kycIdentity),
    kycRelation: await makers.kycRelation(kycIdentity),
  };
}

async function iamOf(makers: Makers): Promise<Record<IamResource, string>> {
  const iamIdentity = await makers.iamIdentity();
  return {
    ...{ iamIdentity, iamExternal: await makers.iamExternal(), iamMessage: await makers.iamMessage() },
    ...{ iamSession: await makers.iamSession(iamIdentity), iamSchema: await makers.iamSchema() },
  };
}

async function foreignIdsOf(server: TestServer, key: string, poolUuid: string) {
  const account = await server.call('GET', '/api/v1/account', { key });
  const accountId: string = account.body.details.id;
  const domains = await server.call('GET', `/api/v1/domain?account_id=${accountId}`, { key });
  const domain: string = domains.body.summaries[0].id;
  const pools = await server.call('GET', `/api/v1/pool?domain_id=${domain}`, { key });
  const pool = pools.body.summaries.find(({ id }: { id: string }) => parsePlaced(id)?.uuid === poolUuid);
  return { account: accountId, domain, ruleset: pool.ruleset_id as string, pool: pool.id as string };
}

/** The address of a call, its path filled and its query added. */
export function addressOf(route: PublishedRoute, { path, query = {} }: Sent): string {
  const filled = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = path[name];
    assert.notEqual(value, undefined, `${route.name}: the fixture does not fill ${name}`);
    return encodeURIComponent(value ?? '');
  });
  const search = new URLSearchParams(query).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

async function send(
  server: TestServer,
  route: PublishedRoute,
  sent: Sent,
  { key = sent.key, headers, method = route.method, rawBody }: SendChange,
): Promise<Reply> {
  const body = rawBody ?? sent.body;
  return server.call(method, addressOf(route, sent), {
    ...(key === undefined ? {} : { key }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  });
}

export function replaceReference(
  fixture: RouteFixture,
  sent: Sent,
  reference: ReferenceIn,
  id: string,
): Sent {
  if (fixture.replace !== undefined) return fixture.replace(sent, reference, id);
  const { name } = reference;
  if (reference.in === 'path') return { ...sent, path: { ...sent.path, [name]: id } };
  if (reference.in === 'query') return { ...sent, query: { ...sent.query, [name]: id } };
  const body = sent.body as { details: Record<string, unknown> };
  return { ...sent, body: { ...body, details: { ...body.details, [name]: id } } };
}

export function answerOf(fixture: RouteFixture, reply: Reply): { status: number; body: unknown } {
  return fixture.unwrap?.(reply) ?? { status: reply.status, body: reply.body };
}

/** Whether a status is that of a call in order. */
export function isInOrder(
  route: PublishedRoute,
  { answersWith = route.successes }: RouteFixture,
  status: number,
): boolean {
  return answersWith.includes(status);
}
