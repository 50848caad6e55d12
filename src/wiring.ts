import { mkdir } from 'node:fs/promises';
import type { Installation, Progress, Quickstart } from './cli/wiring-types.ts';
import type { Config } from './config/load.ts';
import { ensureSignatureSecret } from './core/identify/configure.ts';
import { migrate } from './store/migrate.ts';
import { writeFactOnce } from './store/repositories/installation.ts';
import {
  administerAccounts,
  administerIam,
  administerIdentities,
  administerKeys,
  administerKyc,
  administerOidc,
  administerRotations,
  administerVerification,
  administerWebhooks,
} from './wiring/administration.ts';
import { wireCore } from './wiring/core.ts';
import { type OpenOptions, openDatabase } from './wiring/database.ts';
import { examine } from './wiring/doctor.ts';
import { administerIdentify } from './wiring/identify-administration.ts';
import {
  ensureKeys,
  ensureOrganisation,
  type QuickstartFile,
  quickstartLines,
  quickstartPath,
  writeQuickstart,
} from './wiring/quickstart.ts';
import { putSchemaFiles } from './wiring/schema-files.ts';
import { type Serving, serve } from './wiring/serving.ts';

/** A crashed database cannot be served from; whatever supervises the process starts it again. */
function endProcess(log: Progress): (reason: string) => void {
  return (reason) => {
    log(`The embedded database stopped: ${reason}`);
    process.exit(1);
  };
}

/** Database and vault for commands; see `Wiring`. */
export async function openInstallation(
  config: Config,
  options: { log: Progress } & OpenOptions,
): Promise<Installation> {
  const opened = await openDatabase(config, { onDatabaseExit: endProcess(options.log), ...options });
  let serving: Serving | null = null;
  // Not before it is needed: `migrate` and `doctor` must work where there are no tables yet.
  const withDeps = async <Result>(use: (deps: Serving['deps']) => Promise<Result>): Promise<Result> => {
    if (serving !== null) return use(serving.deps);
    const { deps, places } = await wireCore(config, opened);
    try {
      return await use(deps);
    } finally {
      places.close();
    }
  };
  return {
    migrate: () => migrate(opened.db),
    keys: {
      create: (input) => withDeps((deps) => administerKeys(deps).create(input)),
      createForIdentity: (input) => withDeps((deps) => administerKeys(deps).createForIdentity(input)),
      list: () => withDeps((deps) => administerKeys(deps).list()),
      revoke: (id) => withDeps((deps) => administerKeys(deps).revoke(id)),
      suspend: (id) => withDeps((deps) => administerKeys(deps).suspend(id)),
      resume: (id) => withDeps((deps) => administerKeys(deps).resume(id)),
    },
    accounts: {
      create: (input) =>
        withDeps(async (deps) => {
          const made = await administerAccounts(deps).create(input);
          // The first account's live pool answers where a request names none (DESIGN 7.1).
          await writeFactOnce(opened.db, 'default_pool', made.live.poolId);
          for (const { poolId } of [made.live, made.sandbox]) await ensureSignatureSecret(deps, poolId);
          return made;
        }),
    },
    identities: { purge: (input) => withDeps((deps) => administerIdentities(deps, opened.db).purge(input)) },
    rotations: {
      rotate: (input) =>
        withDeps((deps) => administerRotations(deps, opened.db, config.rootKey).rotate(input)),
      rotateRoot: (input) =>
        withDeps((deps) => administerRotations(deps, opened.db, config.rootKey).rotateRoot(input)),
      stageRoot: () => withDeps((deps) => administerRotations(deps, opened.db, config.rootKey).stageRoot()),
    },
    verification: {
      show: (poolId) => withDeps((deps) => administerVerification(deps).show(poolId)),
      configure: (input) => withDeps((deps) => administerVerification(deps).configure(input)),
    },
    iam: {
      show: (input) => withDeps((deps) => administerIam(deps).show(input)),
      configure: (input) => withDeps((deps) => administerIam(deps).configure(input)),
      showSelfService: (input) => withDeps((deps) => administerIam(deps).showSelfService(input)),
    },
    kyc: {
      list: (poolId) => withDeps((deps) => administerKyc(deps).list(poolId)),
      set: (input) => withDeps((deps) => administerKyc(deps).set(input)),
      remove: (input) => withDeps((deps) => administerKyc(deps).remove(input)),
    },
    oidc: {
      list: (poolId) => withDeps((deps) => administerOidc(deps).list(poolId)),
      set: (input) => withDeps((deps) => administerOidc(deps).set(input)),
      remove: (input) => withDeps((deps) => administerOidc(deps).remove(input)),
    },
    identify: {
      show: (poolId) => withDeps((deps) => administerIdentify(deps).show(poolId)),
      configure: (input) => withDeps((deps) => administerIdentify(deps).configure(input)),
      rotateSecret: (poolId) => withDeps((deps) => administerIdentify(deps).rotateSecret(poolId)),
      verifySignature: (poolId, triple) =>
        withDeps((deps) => administerIdentify(deps).verifySignature(poolId, triple)),
    },
    webhooks: {
      add: (input) => withDeps((deps) => administerWebhooks(deps).add(input)),
      list: (poolId) => withDeps((deps) => administerWebhooks(deps).list(poolId)),
    },
    doctor: () => examine(config, opened),
    async listen() {
      serving = await serve(config, opened, options);
      await putSchemaFiles(config, { deps: serving.deps, db: opened.db, log: options.log });
      return { url: serving.url };
    },
    async reload() {
      await serving?.reload();
    },
    async close() {
      await serving?.close();
      await opened.close();
    },
  };
}

/** Migrates, makes what is missing (DESIGN 7.1) and serves. */
export async function startQuickstart(
  config: Config,
  options: { log: Progress } & OpenOptions,
): Promise<Quickstart & { serving: Serving; file: QuickstartFile }> {
  // Root key and quickstart.json go there, also where the database is elsewhere. Where it is ours, its launcher
  // makes the directory, with the mode that the database's account needs.
  if (config.database.url !== null) await mkdir(config.data.dir, { recursive: true, mode: 0o700 });
  const opened = await openDatabase(config, { onDatabaseExit: endProcess(options.log), ...options });
  let begun: Serving | null = null;
  try {
    await migrate(opened.db);
    const serving = await serve(config, opened, options);
    begun = serving;
    const organisation = await ensureOrganisation(serving.deps, opened.db);
    const keys = await ensureKeys(serving.deps, config, organisation);
    for (const poolId of [organisation.live, organisation.sandbox])
      await ensureSignatureSecret(serving.deps, poolId);
    await putSchemaFiles(config, { deps: serving.deps, db: opened.db, log: options.log });
    const file: QuickstartFile = { url: serving.url, ...keys };
    const path = quickstartPath(config);
    await writeQuickstart(path, file);
    return {
      url: serving.url,
      quickstartFile: path,
      lines: quickstartLines(file, path),
      serving,
      file,
      reload: () => serving.reload(),
      async close() {
        await serving.close();
        await opened.close();
      },
    };
  } catch (error) {
    await begun?.close();
    await opened.close();
    throw error;
  }
}
