import { loadConfig } from '../../src/config/load.ts';
import type { Deps } from '../../src/core/deps.ts';
import type { KycContext, KycProvider, KycReport, KycSubmission } from '../../src/core/kyc/provider.ts';
import { createKycJob } from '../../src/jobs/kyc.ts';
import { wireCore } from '../../src/wiring/core.ts';
import { openDatabase } from '../../src/wiring/database.ts';
import type { TestServer } from '../harness/server.ts';
import { recordStatement } from '../harness/statements.ts';

export interface Answering {
  /** What the provider answers; default: nothing is wrong. */
  answer: (submission: KycSubmission, context: KycContext) => Promise<KycReport>;
}

/** What works on cases, on a server's own database and beside it, with an outside provider that a test speaks for. */
export interface Workshop extends AsyncDisposable, Answering {
  readonly deps: Parameters<typeof createKycJob>[0] & Deps;
  readonly faults: unknown[];
  /** All that is due, to the end. */
  work(): Promise<void>;
}

export const SOUND: KycReport = { state: 'approved', exceptions: [], checks: [], risk: 'low' };

export async function openWorkshop(server: TestServer): Promise<Workshop> {
  const { config } = loadConfig({
    mode: 'start',
    environment: { DATABASE_URL: server.database.url, SELFSAME_DATA_DIR: server.database.dataDir },
  });
  const opened = await openDatabase(config, { clock: server.clock, onStatement: recordStatement });
  const wired = await wireCore(config, opened);
  const faults: unknown[] = [];
  const provider: KycProvider = {
    ...{ slug: 'builtin', operations: [] },
    submit: (submission, context) => workshop.answer(submission, context),
  };
  const deps = { ...wired.deps, providers: { open: async () => provider } };
  const job = createKycJob(deps, (error) => faults.push(error));
  const workshop: Workshop = {
    ...{ deps, faults },
    answer: async () => SOUND,
    work: async () => {
      await job.settled?.();
    },
    async [Symbol.asyncDispose]() {
      await wired.providers.close();
      wired.places.close();
      await opened.close();
    },
  };
  return workshop;
}
