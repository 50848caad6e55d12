import type { Deps } from '../core/deps.ts';
import type { KeyAuthenticator } from '../core/keys/authenticate-key.ts';
import type { KycProviders } from '../core/kyc/providers.ts';
import type { WebhookSender } from '../core/webhooks/ports.ts';
import { webhookSigner } from '../crypto/webhook-signer.ts';
import type { Log } from '../http/logging.ts';
import { createBlobJob } from '../jobs/blobs.ts';
import { createKycJob, createKycSweepJob } from '../jobs/kyc.ts';
import { startJobs } from '../jobs/periodic.ts';
import { createWebhookJob } from '../jobs/webhooks.ts';
import type { Database } from '../store/postgres.ts';
import { removeExpired } from '../store/repositories/housekeeping.ts';
import type { Courier } from './courier.ts';

/** For messages under way when the server stops. */
const SENDING_GRACE_MS = 2000;
const USES_EVERY_MS = 10_000;
const HOUSEKEEPING_EVERY_MS = 60_000;

export interface BackgroundJobs {
  /** Runs a job to its end, now: `webhooks`, `courier`, `courier-clean-up`, `kyc`, `kyc-sweep`, `blobs`, `housekeeping`, `key-uses`. */
  run(name: string): Promise<void>;
  /** Waits for what is under way, then writes the uses of keys that were gathered. */
  stop(): Promise<void>;
}

/** Everything that runs without a request. What fails in one of them is reported under its name. */
export function startBackgroundJobs(input: {
  deps: Deps;
  db: Database;
  authenticator: KeyAuthenticator;
  sender: WebhookSender;
  courier: Courier;
  providers: KycProviders;
  log: Log;
  /** False: jobs run only when they are told to. */
  isTimed: boolean;
}): BackgroundJobs {
  const { deps, db, authenticator, sender, courier, providers, log, isTimed } = input;
  const report = (operation: string) => (error: unknown) =>
    log.fault(error, { requestId: '', surface: 'jobs', operation });
  const webhooks = createWebhookJob({ ...deps, sender, signer: webhookSigner }, report('webhooks'));
  const jobs = startJobs(
    [
      webhooks,
      courier.job,
      courier.cleanUp,
      { name: 'key-uses', everyMs: USES_EVERY_MS, run: () => authenticator.flushUses() },
      createBlobJob(deps, report('blobs')),
      createKycJob({ ...deps, providers }, report('kyc')),
      createKycSweepJob(deps),
      {
        name: 'housekeeping',
        everyMs: HOUSEKEEPING_EVERY_MS,
        run: () => removeExpired(db, deps.clock.now()),
      },
    ],
    (error, job) => report(job)(error),
    { isTimed },
  );
  return {
    run: (name) => jobs.run(name),
    async stop() {
      await Promise.all([webhooks.stop(SENDING_GRACE_MS), courier.job.stop(SENDING_GRACE_MS)]);
      await jobs.stop();
      await authenticator.flushUses().catch(report('key-uses'));
    },
  };
}
