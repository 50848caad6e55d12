import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewKey } from '../../src/cli/wiring-types.ts';
import { loadConfig } from '../../src/config/load.ts';
import { queueMessage } from '../../src/core/courier/queue-message.ts';
import type { Channel } from '../../src/core/courier/templates.ts';
import type { IamSettings, IamSettingsInput } from '../../src/core/iam/configure.ts';
import type { IdentifySettings } from '../../src/core/identify/configure.ts';
import type { KycProviderConfig } from '../../src/core/kyc/config.ts';
import type { ProviderInput } from '../../src/core/kyc/read-provider-settings.ts';
import type { OidcProviderConfig } from '../../src/core/oidc/config.ts';
import type { OidcProviderInput } from '../../src/core/oidc/read-provider-settings.ts';
import type { IdentityId, PoolId } from '../../src/core/ports.ts';
import { together } from '../../src/core/records.ts';
import type { SelfServiceSettings } from '../../src/core/self-service/config.ts';
import type { SettingsInput } from '../../src/core/verification/configure.ts';
import type { VerificationSettings } from '../../src/core/verification/settings-ports.ts';
import {
  administerAccounts,
  administerIam,
  administerIdentities,
  administerKeys,
  administerKyc,
  administerOidc,
  administerRotations,
  administerVerification,
} from '../../src/wiring/administration.ts';
import { administerIdentify } from '../../src/wiring/identify-administration.ts';
import type { QuickstartFile } from '../../src/wiring/quickstart.ts';
import { startQuickstart } from '../../src/wiring.ts';
import { TestClock } from './clock.ts';
import { freshDatabase, testConnection } from './postgres.ts';
import { type LoginInput, logIn, type ShownMethod, showMore, type TestSession } from './sessions.ts';
import { recordStatement } from './statements.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined for an empty or another body. */
  // biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
  readonly body: any;
  readonly text: string;
}

export interface CallOptions {
  /** Sent as a bearer key; default the live pool's. Null: none. */
  readonly key?: string | null;
  /** Sent as JSON; a string goes as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What two servers of one installation have in common: the database, and the directory with the root key. */
export interface SharedDatabase {
  readonly url: string;
  readonly dataDir: string;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly clock: TestClock;
  /** What the quickstart wrote: ids and keys of both pools. */
  readonly quickstart: QuickstartFile;
  readonly dataDir: string;
  /** For another server on the same data: `startServer({ database: first.database })`. */
  readonly database: SharedDatabase;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Makes a key as the command line would. `poolId` is a UUID; default the live pool's. */
  createKey(
    input?: Partial<Omit<NewKey, 'grants'>> & { grants?: readonly string[] },
  ): Promise<{ id: string; secret: string }>;
  /** As `createKey`, for an identity of the pool: its sessions stand for the key. */
  createIdentityKey(
    input: Partial<Omit<NewKey, 'grants' | 'kind'>> & { identityId: string; grants?: readonly string[] },
  ): Promise<{ id: string }>;
  changeKey(id: string, to: 'revoke' | 'suspend' | 'resume'): Promise<void>;
  /** Removes identities closed at least so many days ago, as the command line would. */
  purge(days: number): Promise<number>;
  /** Runs a job of the server to its end, now. */
  runJob(name: string): Promise<void>;
  /** Sets how verification behaves, as the command line would. `poolId` is a UUID; default the live pool's. */
  configureVerification(input: SettingsInput & { readonly poolId?: string }): Promise<VerificationSettings>;
  /** Sets a KYC provider, as the command line would. `poolId` is a UUID; default the live pool's. */
  setKycProvider(
    input: ProviderInput & { readonly poolId?: string; readonly renewsSecret?: boolean },
  ): Promise<{ provider: KycProviderConfig; secret: string | null }>;
  /** Sets how a pool keeps credentials, as the command line would. `poolId` is a UUID; default the live pool's. */
  configureIam(input: IamSettingsInput & { readonly poolId?: string }): Promise<IamSettings>;
  /** Sets what a pool is as a project of the identify surface, as the command line would; default the live pool. */
  configureIdentify(settings: object, poolId?: string): Promise<IdentifySettings>;
  /** Sets an OpenID provider, as the command line would. `poolId` is a UUID; default the live pool's. */
  setOidcProvider(input: OidcProviderInput & { readonly poolId?: string }): Promise<OidcProviderConfig>;
  /** Sets how people of a pool sign up and in: all of it, over the defaults. `poolId` is a UUID; default the live pool's. */
  configureSelfService(settings: SelfServiceSettings, poolId?: string): Promise<void>;
  /** Queues a message with a code to an address of nobody's. @returns Its id. */
  queueMessage(input: {
    readonly recipient: string;
    readonly channel?: Channel;
    readonly code?: string;
    readonly poolId?: string;
  }): Promise<string>;
  /** Logs an identity in. `poolId` is a UUID; default the live pool's. */
  logIn(input: LoginInput & { readonly poolId?: string }): Promise<TestSession>;
  /** Has the person of a session of the live pool show something more. */
  showMore(input: ShownMethod & { readonly id: string }): Promise<void>;
  /** Gives every pool a new key, as the command line would. */
  rotatePoolKeys(): Promise<void>;
  /** Another account with a live pool of its own, and a key with every grant. */
  createAccount(): Promise<{ accountId: string; poolId: string; secret: string }>;
  /** Straight to the database, for looking behind the API and for breaking things. */
  sql<Row = Record<string, unknown>>(text: string, parameters?: unknown[]): Promise<Row[]>;
  /** Every log line so far. */
  logs(): string;
  close(): Promise<void>;
}

/**
 * A whole server over a fresh database on a free port, with a clock that the test moves.
 *
 * @param options.database Of a server that is there already, and which outlives this one.
 * @param options.jobsRun Jobs run by themselves, as they do in production; default: only when `runJob` says so.
 * @param options.environment Settings as environment variables: `{ SELFSAME_SERVER_TRUSTED_PROXIES: '127.0.0.1' }`.
 */
export async function startServer(
  options: {
    environment?: Readonly<Record<string, string>>;
    clock?: TestClock;
    database?: SharedDatabase;
    jobsRun?: boolean;
  } = {},
): Promise<TestServer> {
  const { database, release } = await openDatabase(options.database);
  const { dataDir } = database;
  const clock = options.clock ?? new TestClock();
  const lines: string[] = [];
  const { config } = loadConfig({
    mode: 'start',
    environment: {
      DATABASE_URL: database.url,
      SELFSAME_DATA_DIR: dataDir,
      SELFSAME_PORT: '0',
      SELFSAME_SERVER_DRAIN_SECONDS: '2',
      ...options.environment,
    },
  });
  const running = await startQuickstart(config, {
    log: () => {},
    environment: options.environment ?? {},
    clock,
    // Else nothing happens behind a test's back.
    jobsWait: options.jobsRun !== true,
    onStatement: recordStatement,
    logDestination: { write: (line: string) => lines.push(line) > 0 },
  });
  const behind = testConnection(database.url, { onStatement: () => {}, maxConnections: 2 });
  const { deps } = running.serving;
  const keys = administerKeys(deps);
  const defaults = {
    ...{ poolId: running.file.live.app_id as PoolId, label: 'test', requestsPerMinute: 60_000 },
    ...{ allowedAddresses: null, expiresAt: null },
  };
  const grantsOf = ({ grants = ['all'] }: { grants?: readonly string[] }) => grants as NewKey['grants'];

  const server: TestServer = {
    url: running.url,
    clock,
    quickstart: running.file,
    dataDir,
    database,
    async call(method, path, { key = running.file.live.api_key, body, headers = {} } = {}) {
      const response = await fetch(`${running.url}${path}`, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson && text !== '' ? JSON.parse(text) : undefined,
      };
    },
    async createKey(input = {}) {
      const { key, secret } = await keys.create({ ...defaults, ...input, grants: grantsOf(input) });
      return { id: key.id, secret };
    },
    async createIdentityKey({ identityId, ...input }) {
      const { key } = await keys.createForIdentity({
        ...{ ...defaults, ...input, grants: grantsOf(input) },
        identityId: identityId as IdentityId,
      });
      return { id: key.id };
    },
    async changeKey(id, to) {
      await keys[to](id as Parameters<typeof keys.revoke>[0]);
    },
    purge: (days) =>
      administerIdentities(deps, behind).purge({
        poolId: null,
        closedBefore: new Date(clock.now().getTime() - days * 86_400_000),
      }),
    runJob: (name) => running.serving.runJob(name),
    configureVerification: ({ poolId = running.file.live.app_id, ...input }) =>
      administerVerification(deps).configure({ poolId: poolId as PoolId, ...input }),
    setKycProvider: ({ poolId = running.file.live.app_id, ...input }) =>
      administerKyc(deps).set({ poolId: poolId as PoolId, ...input }),
    configureIam: ({ poolId = running.file.live.app_id, ...input }) =>
      administerIam(deps).configure({ poolId: poolId as PoolId, ...input }),
    setOidcProvider: ({ poolId = running.file.live.app_id, ...input }) =>
      administerOidc(deps).set({ poolId: poolId as PoolId, ...input }),
    configureIdentify: (settings, poolId = running.file.live.app_id) =>
      administerIdentify(deps).configure({ poolId: poolId as PoolId, settings }),
    async configureSelfService(selfService, poolId = running.file.live.app_id) {
      await administerIam(deps).configure({ poolId: poolId as PoolId, selfService });
    },
    queueMessage: ({ recipient, channel = 'email', code = '904417', poolId = running.file.live.app_id }) =>
      together(deps, (tx) =>
        queueMessage(tx, deps, {
          ...{ poolId: poolId as PoolId, identity: null, channel, recipient, languages: ['en'] },
          occasion: { template: 'login_code_valid', code, minutes: 15 },
        }),
      ),
    logIn: ({ poolId = running.file.live.app_id, ...input }) => logIn(deps, poolId as PoolId, input),
    showMore: (input) => showMore(deps, running.file.live.app_id as PoolId, input),
    async rotatePoolKeys() {
      await administerRotations(deps, behind, config.rootKey).rotate({ kind: 'pool', poolId: null });
    },
    async createAccount() {
      const { accountId, live, secret } = await administerAccounts(deps).create({ title: 'Another' });
      return { accountId, poolId: live.poolId, secret };
    },
    async sql<Row>(text: string, parameters: unknown[] = []) {
      return (await behind.query<Row>({ text, parameters })).rows;
    },
    logs: () => lines.join(''),
    async close() {
      await running.close();
      await behind.close();
      await release();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return server;
}

async function openDatabase(
  shared: SharedDatabase | undefined,
): Promise<{ database: SharedDatabase; release: () => Promise<void> }> {
  if (shared !== undefined) return { database: shared, release: async () => {} };
  const { url, drop } = await freshDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'selfsame-test-'));
  return {
    database: { url, dataDir },
    async release() {
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
