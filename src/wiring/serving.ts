import { randomBytes } from 'node:crypto';
import type { DestinationStream } from 'pino';
import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { DestinationRefused, RootKeyMismatch } from '../core/errors.ts';
import { createKeyAuthenticator, type KeyAuthenticator } from '../core/keys/authenticate-key.ts';
import { PoolConfigs } from '../core/pools/pool-configs.ts';
import type { Clock, KeyManagementService } from '../core/ports.ts';
import type { WebhookSender } from '../core/webhooks/ports.ts';
import { openEnvironmentKms, openFileKms } from '../crypto/file-kms.ts';
import { createRandomPool } from '../crypto/random-pool.ts';
import { requireRootKey } from '../crypto/root-key-check.ts';
import { secretHasher } from '../crypto/secret-hasher.ts';
import { createVault } from '../crypto/vault.ts';
import { webhookSigner } from '../crypto/webhook-signer.ts';
import { createLog, type Log } from '../http/logging.ts';
import { createOtlpExporter } from '../http/otlp-exporter.ts';
import { createRateLimiter } from '../http/rate-limiter.ts';
import { createServer, type Server } from '../http/server.ts';
import type { Surface } from '../http/surface.ts';
import { createTracer } from '../http/tracing.ts';
import { createBlobJob } from '../jobs/blobs.ts';
import { startJobs } from '../jobs/periodic.ts';
import { createWebhookJob } from '../jobs/webhooks.ts';
import { createIdGenerator } from '../kit/ids.ts';
import { formReader } from '../providers/blobs/form-reader.ts';
import { sha256Hasher } from '../providers/blobs/sha256.ts';
import { type LocalPlaceFinder, openPlaceFinder } from '../providers/geo/place-finder.ts';
import { createGuardedClient } from '../providers/net/guarded-client.ts';
import { createTransitKms } from '../providers/vault-transit/transit-kms.ts';
import { attachEmbedded } from '../store/engines/attach.ts';
import { startEmbedded } from '../store/engines/embedded.ts';
import { checkMigrations } from '../store/migrate.ts';
import { connect, type Database } from '../store/postgres.ts';
import { createApiKeyStore } from '../store/repositories/api-keys.ts';
import { createAuditStore } from '../store/repositories/audit.ts';
import { createDocumentStore } from '../store/repositories/documents.ts';
import { removeExpired } from '../store/repositories/housekeeping.ts';
import { createIdentityStore } from '../store/repositories/identities.ts';
import { createKycIdentityStore } from '../store/repositories/kyc-identities.ts';
import { createOrganisationStore } from '../store/repositories/organisation.ts';
import { createPoolConfigStore } from '../store/repositories/pool-configs.ts';
import { createPoolKeyStore, listRootKeyIds } from '../store/repositories/pool-keys.ts';
import { createRateLeaseStore } from '../store/repositories/rate-leases.ts';
import { createRecords } from '../store/repositories/records.ts';
import { createRelationshipStore } from '../store/repositories/relationships.ts';
import { createVerificationSettingsStore } from '../store/repositories/verification-settings.ts';
import { createVerificationStore } from '../store/repositories/verifications.ts';
import { createWebhookStore } from '../store/repositories/webhooks.ts';
import type { Statement } from '../store/session.ts';
import { createKycSurface } from '../surfaces/kyc/surface.ts';
import { createPoolsSurface } from '../surfaces/pools/surface.ts';
import { createVerificationSurface } from '../surfaces/verification/surface.ts';
import { lazyBlobStore, openBlobStore } from './blobs.ts';
import { packageVersion } from './package-version.ts';

const OUTGOING_TIMEOUT_MS = 10_000;
const OUTGOING_BYTES_MAX = 1024 * 1024;
/** A receiver has so long to answer (contract verification 5.4); what it says is not looked at. */
const WEBHOOK_TIMEOUT_MS = 30_000;
const WEBHOOK_BYTES_MAX = 64 * 1024;
/** For messages under way when the server stops. */
const WEBHOOK_GRACE_MS = 2000;
const USES_EVERY_MS = 10_000;
const HOUSEKEEPING_EVERY_MS = 60_000;

/** What a test turns, and what a command listens to. */
export interface OpenOptions {
  readonly log?: (line: string) => void;
  readonly clock?: Clock;
  readonly logDestination?: DestinationStream;
  readonly onStatement?: (statement: Statement) => void;
  /** The embedded database died under us. */
  readonly onDatabaseExit?: (reason: string) => void;
}

/** The database, opened; nothing of it is read yet. */
export interface Opened {
  readonly db: Database;
  readonly clock: Clock;
  readonly close: () => Promise<void>;
}

export const systemClock: Clock = { now: () => new Date() };

export async function openDatabase(config: Config, options: OpenOptions = {}): Promise<Opened> {
  const { database, data } = config;
  const note = options.log ?? (() => {});
  // A command beside a running server uses that server's database; only one process starts and stops it.
  const attached = database.url === null && config.mode === 'manage' ? await attachEmbedded(data.dir) : null;
  const embedded =
    database.url === null && attached === null
      ? await startEmbedded({
          dataDir: data.dir,
          ...(database.pgBin === null ? {} : { binDir: database.pgBin }),
          ...(options.onDatabaseExit === undefined ? {} : { onExit: options.onDatabaseExit }),
        })
      : null;
  for (const notice of embedded?.notices ?? []) note(notice);
  const db = connect({
    target: attached ?? embedded?.target ?? database.url?.reveal() ?? '',
    maxConnections: database.maxConnections,
    prepare: database.prepare,
    applicationName: 'selfsame',
    statementTimeoutMs: database.statementTimeoutSeconds * 1000,
    ...(options.onStatement === undefined ? {} : { onStatement: options.onStatement }),
  });
  return {
    db,
    clock: options.clock ?? systemClock,
    async close() {
      await db.close();
      await embedded?.stop();
    },
  };
}

/** The root key's service, proved against what the database was sealed with (DESIGN 5). @throws RootKeyMismatch */
export async function openRootKey(config: Config, db: Database): Promise<KeyManagementService> {
  const storedRootKeyIds = await listRootKeyIds(db);
  try {
    const kms = await openKms(config, storedRootKeyIds);
    const samples = await Promise.all(storedRootKeyIds.map((id) => findSample(db, id)));
    await requireRootKey({ kms, stored: { rootKeyIds: storedRootKeyIds, samples: samples.flat() } });
    return kms;
  } catch (error) {
    // A rotation may have ended in between, and its old key be gone from the file.
    const now = await listRootKeyIds(db);
    if (error instanceof RootKeyMismatch && now.join() !== storedRootKeyIds.join())
      return openRootKey(config, db);
    throw error;
  }
}

async function findSample(db: Database, rootKeyId: string) {
  const { rows } = await db.query<{ pool_id: Parameters<Deps['vault']['pool']>[0] }>({
    text: '/* scatter: once at the start */ select pool_id from pool_keys where root_key_id = $1::text limit 1',
    parameters: [rootKeyId],
  });
  const [row] = rows;
  const { keys } = row === undefined ? { keys: [] } : await createPoolKeyStore(db).listPoolKeys(row.pool_id);
  return keys.filter((key) => key.rootKeyId === rootKeyId).slice(0, 1);
}

async function openKms(config: Config, storedRootKeyIds: readonly string[]): Promise<KeyManagementService> {
  const { file, value, previous, transit, createIfMissing } = config.rootKey;
  if (value !== null) return openEnvironmentKms(value.reveal(), previous?.reveal() ?? []);
  if (transit !== null) {
    const { address, token, mount, key, namespace } = transit;
    // The operator names this address in the configuration, so it may well be a private one.
    const client = createGuardedClient({
      allowPrivate: true,
      timeoutMs: OUTGOING_TIMEOUT_MS,
      maxResponseBytes: OUTGOING_BYTES_MAX,
    });
    const named = namespace === null ? {} : { namespace };
    return createTransitKms({ address, token: token.reveal(), mount, key, client, ...named });
  }
  return openFileKms({ path: file ?? '', create: createIfMissing, storedRootKeyIds });
}

export interface Wired {
  readonly deps: Deps;
  readonly authenticator: KeyAuthenticator;
  readonly places: LocalPlaceFinder;
  /** Where the server turned out to listen, for addresses of files where the configuration names none. */
  setOrigin(url: string): void;
}

export async function wireCore(config: Config, { db, clock }: Opened): Promise<Wired> {
  const kms = await openRootKey(config, db);
  const places = await openPlaceFinder(config.geo);
  const keys = createApiKeyStore(db);
  const publicBytes = createRandomPool(randomBytes);
  let origin = originOf(config);
  const deps: Deps = {
    clock,
    ids: createIdGenerator({ nowMs: () => clock.now().getTime(), randomBytes: publicBytes }),
    random: { bytes: (size) => randomBytes(size) },
    secrets: secretHasher,
    vault: createVault({ kms, poolKeys: createPoolKeyStore(db), randomBytes, nonceBytes: publicBytes }),
    configs: new PoolConfigs(createPoolConfigStore(db)),
    identities: createIdentityStore(db),
    kycIdentities: createKycIdentityStore(db),
    records: createRecords(db),
    relationships: createRelationshipStore(db),
    verifications: createVerificationStore(db),
    organisation: createOrganisationStore(db),
    audit: createAuditStore(db),
    verificationSettings: createVerificationSettingsStore(db),
    keys,
    places,
    limits: { titleSortMax: config.pools.titleSortMax },
    webhooks: createWebhookStore(db),
    outgoing: { plainHttp: config.outgoing.allowPrivate.length > 0 },
    documents: createDocumentStore(db),
    blobs: lazyBlobStore(() => openBlobStore(config, clock)),
    forms: formReader,
    hasher: sha256Hasher,
    storage: { origin: () => origin },
  };
  return {
    deps,
    authenticator: createKeyAuthenticator({ keys, secrets: secretHasher }),
    places,
    setOrigin(url) {
      if (config.server.publicUrl === null) origin = url;
    },
  };
}

/** How clients reach the storage of files; without a public address and a free port, known once the server listens. */
function originOf({ server: { publicUrl, host, port } }: Config): string {
  if (publicUrl !== null) return String(publicUrl).replace(/\/+$/, '');
  return `http://${host?.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The one way out for what tenants ask us to call. */
function createWebhookSender({ outgoing }: Config, log: Log): WebhookSender {
  const client = createGuardedClient({
    allowPrivate: outgoing.allowPrivate,
    timeoutMs: WEBHOOK_TIMEOUT_MS,
    maxResponseBytes: WEBHOOK_BYTES_MAX,
  });
  return {
    async post({ deliveryId, ...request }) {
      try {
        return await client.request({ ...request, method: 'POST', excess: 'cut' });
      } catch (error) {
        // Not where to, and not what the name resolved to.
        if (error instanceof DestinationRefused) {
          log.general.warn({ deliveryId, reason: error.detail }, 'webhook destination refused');
        }
        throw error;
      }
    },
  };
}

/** Every surface there is; the reference pages and the matrices of the tests follow from this list. */
export function createSurfaces(config: Config, deps: Deps, log: Log): Surface[] {
  const { snapshotUnknown } = config.pools;
  const ja4Header = config.server.ja4Header.toLowerCase();
  const onFault = (fault: unknown) =>
    log.fault(fault, { requestId: '', surface: 'pools', operation: 'bulk' });
  return [
    createPoolsSurface(deps, { snapshotUnknown, ja4Header, onFault }),
    createVerificationSurface(deps),
    createKycSurface(deps),
  ];
}

/** `start` shows its metrics to this machine; in production nobody gets them without a token. */
function metricsAccess({ mode, server: { metricsToken } }: Config) {
  if (metricsToken !== null) return { metricsToken: metricsToken.reveal() };
  return { offersMetrics: mode === 'start' };
}

/** A server that takes requests. */
export interface Serving {
  readonly url: string;
  readonly server: Server;
  readonly deps: Deps;
  /** Runs a job to its end, now: `webhooks`, `blobs`, `housekeeping`, `key-uses`. */
  runJob(name: string): Promise<void>;
  reload(): Promise<void>;
  /** Drains, writes what was gathered, gives everything back. */
  close(): Promise<void>;
}

/** @throws MigrationError Migrations are missing or changed. @throws RootKeyMismatch @throws CoreError */
export async function serve(config: Config, opened: Opened, options: OpenOptions = {}): Promise<Serving> {
  const { db, clock } = opened;
  await checkMigrations(db);
  const { deps, authenticator, places, setOrigin } = await wireCore(config, opened);
  const log = createLog({ level: config.log.level, destination: options.logDestination });
  const { otlpEndpoint } = config.telemetry;
  const tracer =
    otlpEndpoint === null
      ? undefined
      : createTracer(
          createOtlpExporter({
            endpoint: otlpEndpoint,
            serviceName: 'selfsame',
            serviceVersion: packageVersion(),
          }),
        );
  const { server: settings } = config;
  const server = createServer({
    surfaces: createSurfaces(config, deps, log),
    verifier: authenticator,
    limiter: createRateLimiter({ leases: createRateLeaseStore(db), clock }),
    clock,
    readiness: async () => {
      await db.ping();
      return true;
    },
    trustedProxies: settings.trustedProxies,
    limits: { bodyBytesMax: settings.bodyBytesMax, headerBytesMax: settings.headerBytesMax },
    log,
    ...metricsAccess(config),
    ...(settings.publicUrl === null ? {} : { publicUrl: settings.publicUrl }),
    ...(tracer === undefined ? {} : { tracer }),
  });
  const webhooks = createWebhookJob(
    { ...deps, sender: createWebhookSender(config, log), signer: webhookSigner },
    (error) => log.fault(error, { requestId: '', surface: 'jobs', operation: 'webhooks' }),
  );
  const jobs = startJobs(
    [
      webhooks,
      { name: 'key-uses', everyMs: USES_EVERY_MS, run: () => authenticator.flushUses() },
      createBlobJob(deps, (error) =>
        log.fault(error, { requestId: '', surface: 'jobs', operation: 'blobs' }),
      ),
      { name: 'housekeeping', everyMs: HOUSEKEEPING_EVERY_MS, run: () => removeExpired(db, clock.now()) },
    ],
    (error, job) => log.fault(error, { requestId: '', surface: 'jobs', operation: job }),
  );
  const { host, port } = await server.listen(settings.host, settings.port);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  setOrigin(url);
  log.general.info({ url }, 'listening');
  return {
    url,
    server,
    deps,
    runJob: (name) => jobs.run(name),
    reload: () => places.reload(),
    async close() {
      await server.drain(settings.drainSeconds * 1000);
      await webhooks.stop(WEBHOOK_GRACE_MS);
      await jobs.stop();
      await authenticator
        .flushUses()
        .catch((error: unknown) =>
          log.fault(error, { requestId: '', surface: 'jobs', operation: 'key-uses' }),
        );
      await tracer?.flush();
      places.close();
      log.flush();
    },
  };
}
