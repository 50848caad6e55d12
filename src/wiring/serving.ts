import type { Config } from '../config/load.ts';
import type { Deps } from '../core/deps.ts';
import { createLog } from '../http/logging.ts';
import { createOtlpExporter } from '../http/otlp-exporter.ts';
import { createRateLimiter } from '../http/rate-limiter.ts';
import { createServer, type Server } from '../http/server.ts';
import { createTracer } from '../http/tracing.ts';
import { lowerWorkerPriority } from '../providers/passwords/worker-priority.ts';
import { checkMigrations } from '../store/migrate.ts';
import { createRateLeaseStore } from '../store/repositories/rate-leases.ts';
import { wireCore } from './core.ts';
import { createCourier } from './courier.ts';
import type { Opened, OpenOptions } from './database.ts';
import { putProjectsFile } from './identify-files.ts';
import { startBackgroundJobs } from './jobs.ts';
import { createWebhookSender } from './outgoing.ts';
import { packageVersion } from './package-version.ts';
import { createSurfaces } from './surfaces.ts';

/** `start` shows its metrics to this machine; in production nobody gets them without a token. */
function metricsAccess({ mode, server: { metricsToken } }: Config) {
  if (metricsToken !== null) return { metricsToken: metricsToken.reveal() };
  return { offersMetrics: mode === 'start' };
}

/** Spans leave only where the operator says so. */
function openTracer({ telemetry: { otlpEndpoint } }: Config) {
  if (otlpEndpoint === null) return;
  return createTracer(
    createOtlpExporter({
      endpoint: otlpEndpoint,
      serviceName: 'selfsame',
      serviceVersion: packageVersion(),
    }),
  );
}

/** A server that takes requests. */
export interface Serving {
  readonly url: string;
  readonly server: Server;
  readonly deps: Deps;
  /** As `BackgroundJobs.run`. */
  runJob(name: string): Promise<void>;
  /** Reads data files and projects again. @throws What could not be used, which stays as it was; the rest is new. */
  reload(): Promise<void>;
  /** Drains, writes what was gathered, gives everything back. */
  close(): Promise<void>;
}

/** @throws MigrationError Migrations are missing or changed. @throws RootKeyMismatch @throws ConfigError @throws CoreError */
export async function serve(config: Config, opened: Opened, options: OpenOptions = {}): Promise<Serving> {
  const { db, clock } = opened;
  await checkMigrations(db);
  await lowerWorkerPriority();
  const { deps, authenticator, places, providers, pools, closePasswords, setOrigin } = await wireCore(
    config,
    opened,
  );
  const { environment = {} } = options;
  const putProjects = () => putProjectsFile(deps, { identify: config.identify, environment });
  await putProjects().catch(async (error: unknown) => {
    await providers.close();
    await closePasswords();
    places.close();
    throw error;
  });
  const log = createLog({ level: config.log.level, destination: options.logDestination });
  const tracer = openTracer(config);
  const { server: settings } = config;
  const server = createServer({
    surfaces: createSurfaces(config, deps, log, pools),
    verifier: authenticator,
    pools,
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
  const sender = createWebhookSender(config, log);
  const jobs = startBackgroundJobs({
    deps,
    db,
    authenticator,
    sender,
    courier: createCourier(config, log, deps),
    providers,
    log,
    isTimed: options.jobsWait !== true && settings.runsJobs,
  });
  const { host, port } = await server.listen(settings.host, settings.port);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  setOrigin(url);
  log.general.info({ url }, 'listening');
  return {
    url,
    server,
    deps,
    runJob: (name) => jobs.run(name),
    reload: inTurn([() => places.reload(), putProjects]),
    async close() {
      await server.drain(settings.drainSeconds * 1000);
      // First the readers, so that a job in the midst of a picture gives it up and leaves the case for later.
      await providers.close();
      await jobs.stop();
      await closePasswords();
      await tracer?.flush();
      places.close();
      log.flush();
    },
  };
}

/** Does all of it, whatever fails. Calls at once wait for each other: what the last one reads is what stays. */
function inTurn(steps: readonly (() => Promise<void>)[]): () => Promise<void> {
  const run = async () => {
    const results = await Promise.allSettled(steps.map((step) => step()));
    const failures = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(wordsOf).join('\n'));
  };
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(run, run);
    return last;
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
