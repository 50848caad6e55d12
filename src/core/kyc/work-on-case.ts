import type { Deps } from '../deps.ts';
import { openIdentity, vaultFor } from '../identities/view.ts';
import { isVisible } from '../identities/visibility.ts';
import type { ActingContext, PoolId } from '../ports.ts';
import { openWithin, together } from '../records.ts';
import { askCompanies } from './ask-companies.ts';
import { blockByReport, changeCasesOf } from './case-changes.ts';
import type { ClaimedCase } from './case-ports.ts';
import { enabledProviders, type KycProviderConfig } from './config.ts';
import { countReport, type DecideCaseNeeds } from './decide-case.ts';
import { factsRevisionOf } from './facts-revision.ts';
import { cancelCase, replaceVerification, submitAnew } from './open-cases.ts';
import type { KycContext, KycProvider, KycReport } from './provider.ts';
import type { KycProviders } from './providers.ts';
import { buildSubmission } from './submission.ts';
import { isDocumentOfAnother } from './view-document.ts';

export type CaseWorkNeeds = DecideCaseNeeds &
  Pick<Deps, 'cases' | 'documents' | 'blobs' | 'identities' | 'verifications' | 'storage' | 'audit'> & {
    readonly providers: KycProviders;
  };

const MINUTE_MS = 60_000;
/** While nobody may be asked: the identity is blocked, or the provider switched off. */
const HOLD_MS = 60 * MINUTE_MS;
const REFRESH_MS = 5 * MINUTE_MS;
const BACKOFF_MAX_MS = 6 * 60 * MINUTE_MS;

/** Acts of the installation itself: no key, no request. */
export function actingFor(poolId: PoolId): ActingContext {
  return { principal: { poolId, keyId: null }, requestId: null, origin: null };
}

/** How long a task waits that failed so many times: a minute, then twice as long each time, six hours at most. */
export function backoffMs(attempts: number): number {
  return Math.min(MINUTE_MS * 2 ** Math.max(0, Math.min(attempts, 20) - 1), BACKOFF_MAX_MS);
}

/**
 * Does the task of a claimed case: asks its provider, and counts what it says. Whatever goes wrong with a provider keeps
 * the case pending and is tried again later; it is never a rejection (contract kyc 4.2).
 *
 * @throws What went wrong, after the task was given back: for the log.
 */
export async function workOnCase(deps: CaseWorkNeeds, claimed: ClaimedCase): Promise<void> {
  try {
    await doTask(deps, claimed);
  } catch (error) {
    const dueAt = new Date(deps.clock.now().getTime() + backoffMs(claimed.attempts));
    await deps.cases.releaseTask(claimed, { attempts: claimed.attempts, dueAt, task: claimed.task });
    throw error;
  }
}

async function doTask(deps: CaseWorkNeeds, claimed: ClaimedCase): Promise<void> {
  const { poolId, identityId, task } = claimed;
  const config = await deps.configs.current(poolId);
  const provider = enabledProviders(config.kyc).find(({ slug }) => slug === claimed.provider);
  if (task === 'cancel') return tellOfCancelling(deps, claimed, provider);
  if (task === 'companies') {
    await askCompanies(deps, actingFor(poolId), claimed);
    return endTask(deps, claimed);
  }
  const stored = await deps.identities.findIdentity(poolId, identityId);
  if (stored === null || !isVisible(stored)) {
    const context = actingFor(poolId);
    return together(deps, async (tx) => {
      const found = await tx.cases.findCase(poolId, identityId, claimed.provider);
      if (found !== null && found.version === claimed.version) await cancelCase(tx, deps, context, found);
    });
  }
  if (provider === undefined || stored.standing.blocked === true) return hold(deps, claimed);
  const report = await ask(deps, claimed, { config: provider, standing: stored.standing });
  if (report === 'outdated') return startAnew(deps, claimed);
  await count(deps, claimed, report);
}

/** @returns `outdated`: what the case is about is not what the record says any more, or its verification is redacted. */
async function ask(
  deps: CaseWorkNeeds,
  claimed: ClaimedCase,
  { config, standing }: { config: KycProviderConfig; standing: Parameters<typeof factsRevisionOf>[0] },
): Promise<KycReport | 'outdated'> {
  const { poolId, identityId, verificationId, revision, task, externalRef } = claimed;
  const verification = await deps.verifications.findVerification(poolId, verificationId);
  const isRedacted = verification === null || verification.redactedAt !== null;
  if (isRedacted || factsRevisionOf(standing) !== revision) return 'outdated';
  const provider = await deps.providers.open(poolId, config);
  const context = contextFor(deps, claimed);
  if (task === 'refresh' && externalRef !== null && provider.refresh !== undefined)
    return waiting(provider, await provider.refresh(externalRef, context));
  const stored = await deps.identities.findIdentity(poolId, identityId);
  if (stored === null) return 'outdated';
  const opened = openIdentity(await vaultFor(deps, stored), stored);
  const poolConfig = await deps.configs.at(poolId, stored.configVersion);
  const submission = await buildSubmission(deps, poolConfig, opened, claimed);
  if (submission === null)
    return { state: 'exception', exceptions: ['incomplete_data'], checks: [], risk: null };
  return waiting(provider, await provider.submit(submission, context));
}

/** A provider that is to be asked again says so by having `refresh`. */
function waiting(provider: KycProvider, report: KycReport): KycReport & { readonly asksAgain?: boolean } {
  return report.state === 'pending' && provider.refresh !== undefined
    ? { ...report, asksAgain: true }
    : report;
}

function contextFor(deps: CaseWorkNeeds, { poolId, identityId, provider }: ClaimedCase): KycContext {
  return {
    now: () => deps.clock.now(),
    isDocumentOfAnother: (sha256) => isDocumentOfAnother(deps, { poolId, identityId, sha256 }),
    async report(verificationId, revision, report) {
      const about = { poolId, identityId, provider, verificationId, revision };
      await together(deps, (tx) => countReport(tx, deps, actingFor(poolId), about, report));
    },
  };
}

async function count(
  deps: CaseWorkNeeds,
  claimed: ClaimedCase,
  report: KycReport & { readonly asksAgain?: boolean },
): Promise<void> {
  if (report.state === 'pending') {
    if (report.block === true) await blockNow(deps, claimed);
    const asksAgain = report.asksAgain === true;
    return deps.cases.releaseTask(claimed, {
      attempts: 0,
      dueAt: asksAgain ? new Date(deps.clock.now().getTime() + REFRESH_MS) : null,
      task: asksAgain ? 'refresh' : null,
      ...(typeof report.externalRef === 'string' ? { externalRef: report.externalRef } : {}),
    });
  }
  await together(deps, (tx) => countReport(tx, deps, actingFor(claimed.poolId), claimed, report));
}

/** A case that goes on waiting, and its claim, are left as they are. */
async function blockNow(deps: CaseWorkNeeds, { poolId, identityId }: ClaimedCase): Promise<void> {
  await together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, identityId);
    if (stored !== null && isVisible(stored)) await blockByReport(tx, deps, actingFor(poolId), stored);
  });
}

async function startAnew(deps: CaseWorkNeeds, claimed: ClaimedCase): Promise<void> {
  const { poolId, identityId, provider, version } = claimed;
  const context = actingFor(poolId);
  await together(deps, async (tx) => {
    const found = await tx.cases.findCase(poolId, identityId, provider);
    const stored = await tx.identities.findIdentity(poolId, identityId);
    if (found === null || stored === null || found.version !== version) return;
    const verification = await tx.verifications.findVerification(poolId, found.verificationId);
    if (verification === null || verification.redactedAt !== null)
      await replaceVerification(tx, deps, context, await changeCasesOf(tx, deps, context, stored), found);
    else await submitAnew(tx, deps, context, openWithin(deps, stored), found);
  });
}

function hold(deps: CaseWorkNeeds, claimed: ClaimedCase): Promise<void> {
  const dueAt = new Date(deps.clock.now().getTime() + HOLD_MS);
  return deps.cases.releaseTask(claimed, { attempts: 0, dueAt, task: claimed.task });
}

/** A provider that is switched off by now is not told: nothing is sent to it any more. */
async function tellOfCancelling(
  deps: CaseWorkNeeds,
  claimed: ClaimedCase,
  config: KycProviderConfig | undefined,
): Promise<void> {
  if (config !== undefined && claimed.externalRef !== null) {
    const provider = await deps.providers.open(claimed.poolId, config);
    await provider.cancel?.(claimed.externalRef);
  }
  await endTask(deps, claimed);
}

function endTask({ cases }: CaseWorkNeeds, claimed: ClaimedCase): Promise<void> {
  return cases.releaseTask(claimed, { attempts: 0, dueAt: null, task: null });
}
