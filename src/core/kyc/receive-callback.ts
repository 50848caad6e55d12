import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import { isVisible } from '../identities/visibility.ts';
import type { PoolId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { together } from '../records.ts';
import type { VerificationId } from '../verification/ports.ts';
import { CallbackRefused } from './callback-address.ts';
import { changeCasesOf } from './case-changes.ts';
import type { StoredCase } from './case-ports.ts';
import { enabledProviders, type KycProviderConfig } from './config.ts';
import { countReport, type DecideCaseNeeds, type VerdictOutcome } from './decide-case.ts';
import { replaceVerification } from './open-cases.ts';
import type { ProviderNotice, ProviderVerdict } from './provider.ts';
import { actingFor } from './work-on-case.ts';

type Needs = DecideCaseNeeds & Pick<Deps, 'records' | 'kycProviders'>;

/**
 * Takes a verdict that a provider sends by itself. Nothing is looked up for it but the provider and its secret before
 * the provider has made sure who sent it. What comes twice, about older facts, or about a case that is no more counts
 * for nothing, and is no error: whoever sent it has done its part.
 *
 * @returns `late` where nothing changed.
 * @throws CallbackRefused There is no such application or provider, it is switched off, it takes no notices, or the
 *   sender is not the provider: all look the same.
 * @throws InvalidInput Signed by the provider, but no verdict.
 * @see Contract kyc 4.2, 4.4; statement 63; docs/kyc-provider.md.
 */
export async function receiveCallback(
  deps: Needs,
  { poolId, slug, notice }: { poolId: PoolId; slug: string; notice: ProviderNotice },
): Promise<VerdictOutcome> {
  const config = await findProvider(deps, poolId, slug);
  const provider = config === undefined ? null : await deps.kycProviders.open(poolId, config);
  if (provider?.callback === undefined) throw new CallbackRefused('no such provider that takes notices');
  const verdict = await provider.callback(notice);
  if (verdict === null) return 'late';
  return together(deps, (tx) => countVerdict(tx, deps, { poolId, slug }, verdict));
}

async function findProvider(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
  slug: string,
): Promise<KycProviderConfig | undefined> {
  try {
    const { kyc } = await configs.current(poolId);
    return enabledProviders(kyc).find((provider) => provider.slug === slug);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

async function countVerdict(
  tx: RecordStores,
  deps: Needs,
  { poolId, slug }: { poolId: PoolId; slug: string },
  { verificationId, revision, report, sentAt }: ProviderVerdict,
): Promise<VerdictOutcome> {
  const found = await tx.cases.findByVerification(poolId, verificationId as VerificationId);
  if (found === null || found.provider !== slug || isReplayed(found, sentAt)) return 'late';
  const { identityId } = found;
  const acting = actingFor(poolId);
  const verification = await tx.verifications.findVerification(poolId, found.verificationId);
  if (verification === null || verification.redactedAt !== null) {
    const identity = await tx.identities.findIdentity(poolId, identityId);
    // As where the case is submitted: a verdict has no place in what was redacted, so the case gets another one.
    if (found.state === 'pending' && identity !== null && isVisible(identity))
      await replaceVerification(tx, deps, acting, await changeCasesOf(tx, deps, acting, identity), found);
    return 'late';
  }
  return countReport(
    tx,
    deps,
    acting,
    { poolId, identityId, provider: slug, verificationId, revision },
    report,
  );
}

/**
 * A notice that is older than what was decided: without this a rejection that a person has turned could be played once
 * more. A case that waits takes any notice, so that a provider's clock may be late.
 */
function isReplayed({ state, updatedAt }: StoredCase, sentAt: Date): boolean {
  return state !== 'pending' && sentAt.getTime() < Math.floor(updatedAt.getTime() / 1000) * 1000;
}
