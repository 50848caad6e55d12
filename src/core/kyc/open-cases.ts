import type { Changing } from '../identities/revision.ts';
import type { ActingContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { tryAgain } from '../records.ts';
import type { VerificationId } from '../verification/ports.ts';
import { changeCasesOf } from './case-changes.ts';
import type { KycCase, StoredCase } from './case-ports.ts';
import {
  type CaseIdentity,
  changeVerification,
  endVerification,
  findVerification,
  insertVerification,
  type VerificationNeeds,
} from './case-verifications.ts';
import { enabledProviders } from './config.ts';
import { changesFacts, factsRevisionOf } from './facts-revision.ts';
import { viewRecord } from './record-view.ts';

type Stores = Pick<RecordStores, 'cases' | 'verifications'>;

/**
 * Opens a case at each of these providers that has none yet, with a verification each (contract kyc 3.1, 4.2). In a
 * sandbox nobody is asked: a case waits for its simulation.
 *
 * @param providers Slugs; default: those that are enabled.
 */
export async function openCases(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  identity: CaseIdentity,
  {
    known = [],
    providers = enabledSlugs(identity),
  }: { known?: readonly StoredCase[]; providers?: readonly string[] } = {},
): Promise<void> {
  for (const provider of providers) {
    if (!known.some((one) => one.provider === provider))
      await startVerification(tx, deps, context, { identity, provider, before: null });
  }
}

/**
 * After a change of these fields: what was decided of the old facts is asked again, what is being decided is asked anew,
 * and what was never asked is, once the record has all that a provider needs. Approvals stay.
 *
 * @see Contract kyc 3.4, 4.2; statements 62, 63.
 */
export async function askAgain(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  identity: CaseIdentity,
  fields: readonly string[],
): Promise<void> {
  if (!changesFacts(fields)) return;
  const { poolId, id } = identity.stored;
  const known = await tx.cases.listCases(poolId, [id]);
  const providers = enabledSlugs(identity);
  for (const before of known.filter(({ provider }) => providers.includes(provider))) {
    if (before.state === 'pending') await submitAnew(tx, deps, context, identity, before);
    else if (before.state !== 'approved') await replaceVerification(tx, deps, context, identity, before);
  }
  if (isComplete(identity)) await openCases(tx, deps, context, identity, { known, providers });
}

/** Opens what is missing and asks again where a verdict does not stand any more (contract kyc 3.10, activate). */
export async function startCases(
  tx: RecordStores,
  deps: VerificationNeeds,
  context: ActingContext,
  { stored }: Changing,
  providers: readonly string[],
): Promise<void> {
  const known = await tx.cases.listCases(stored.poolId, [stored.id]);
  const ended = known.filter(
    ({ provider, state }) => providers.includes(provider) && (state === 'rejected' || state === 'expired'),
  );
  const isMissing = (slug: string) => !known.some(({ provider }) => provider === slug);
  if (ended.length === 0 && !providers.some(isMissing)) return;
  const identity = await changeCasesOf(tx, deps, context, stored);
  for (const before of ended) await replaceVerification(tx, deps, context, identity, before);
  await openCases(tx, deps, context, identity, { known, providers });
}

/** With the identity that is being deleted, in the same transaction (contract kyc 3.5). */
export async function cancelCases(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  { poolId, identityId }: Pick<StoredCase, 'poolId' | 'identityId'>,
): Promise<void> {
  for (const one of await tx.cases.listCases(poolId, [identityId]))
    if (one.state === 'pending' || one.state === 'exception') await cancelCase(tx, deps, context, one);
}

/** Ends what nobody will decide any more: the identity is gone (contract kyc 3.5). The provider is told later. */
export async function cancelCase(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  before: StoredCase,
): Promise<void> {
  const at = deps.clock.now();
  await endVerification(tx, deps, context, before);
  const tells = before.externalRef !== null;
  const kycCase: KycCase = {
    ...before,
    ...{ state: 'expired', updatedAt: at, task: tells ? 'cancel' : null, dueAt: tells ? at : null },
  };
  if ((await tx.cases.putCase(kycCase, before.version)) === 'stale') tryAgain();
}

export function enabledSlugs({ config }: CaseIdentity): string[] {
  return enabledProviders(config.kyc).map(({ slug }) => slug);
}

/** Whether it has what every provider is told of; records of other surfaces may lack some of it (R11). */
export function isComplete({ config, ...opened }: CaseIdentity): boolean {
  const view = viewRecord(config, opened);
  const { name, type, birthday, gender, read } = view;
  const needed = [name, read('address.country'), read('tax.country'), read('tax.id_number')];
  const ofType =
    type === 'person'
      ? [birthday, gender]
      : [opened.stored.standing.identityOwner ?? null, read('tax.formation_region')];
  return ![...needed, ...ofType].includes(null);
}

/** Another verification of the same case: what the former was about is not so any more, or it was redacted. */
export function replaceVerification(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  identity: CaseIdentity,
  before: StoredCase,
): Promise<void> {
  return startVerification(tx, deps, context, { identity, provider: before.provider, before });
}

async function startVerification(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  { identity, provider, before }: { identity: CaseIdentity; provider: string; before: StoredCase | null },
): Promise<void> {
  if (before !== null) await endVerification(tx, deps, context, before);
  const isAgain = before !== null;
  const verificationId = await insertVerification(tx, deps, context, { identity, provider, isAgain });
  const kycCase = caseOf(identity, { provider, verificationId, before, at: deps.clock.now() });
  if ((await tx.cases.putCase(kycCase, before?.version ?? null)) === 'stale') tryAgain();
}

/** A case that waits for its provider; in a sandbox, for its simulation. */
export function caseOf(
  { stored, config }: CaseIdentity,
  {
    provider,
    verificationId,
    before,
    at,
  }: {
    provider: string;
    verificationId: VerificationId;
    before: StoredCase | null;
    at: Date;
  },
): KycCase {
  const isAsked = config.environment === 'live';
  return {
    ...{ poolId: stored.poolId, identityId: stored.id, provider, verificationId },
    ...{ state: 'pending', exceptions: [], checks: [], validUntil: null, externalRef: null },
    // What was found before says how much to trust, until something else is found.
    risk: before?.risk ?? null,
    revision: factsRevisionOf(stored.standing),
    ...{ task: isAsked ? 'submit' : null, dueAt: isAsked ? at : null },
    ...{ createdAt: before?.createdAt ?? at, updatedAt: at },
  };
}

/** What is being decided is asked once more, under the same verification: facts have changed meanwhile. */
export async function submitAnew(
  tx: Stores,
  deps: VerificationNeeds,
  context: ActingContext,
  { stored, config }: Pick<CaseIdentity, 'stored' | 'config'>,
  before: StoredCase,
): Promise<void> {
  const at = deps.clock.now();
  const isAsked = config.environment === 'live';
  const kycCase: KycCase = {
    ...before,
    revision: factsRevisionOf(stored.standing),
    ...{ task: isAsked ? 'submit' : null, dueAt: isAsked ? at : null, updatedAt: at },
  };
  if ((await tx.cases.putCase(kycCase, before.version)) === 'stale') tryAgain();
  const verification = await findVerification(tx, before);
  await changeVerification(tx, deps, context, verification, { type: 'session.updated', fields: ['data'] });
}
