import type { Deps } from '../deps.ts';
import { isVisible } from '../identities/visibility.ts';
import type { ActingContext, IdentityId } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { together } from '../records.ts';
import { changeCasesOf } from './case-changes.ts';
import type { ClaimedCase, StoredCase } from './case-ports.ts';
import { replaceVerification } from './open-cases.ts';
import { OWNER_NOT_VERIFIED } from './provider.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'cases' | 'records'>;

/** Companies a read. */
const BATCH = 100;

/**
 * Asks a provider again about every company that waits for a person because its owner was not approved there: now the
 * owner is. Each company is a transaction of its own, and comes out under another verification; what was done before a
 * crash is passed over when this is run again.
 *
 * @param owner The owner's case, approved when its task was made; where it is not any more, nothing is asked.
 * @see Contract kyc 4.5, `owner_verified`.
 */
export async function askCompanies(
  deps: Needs,
  context: ActingContext,
  { poolId, identityId: owner, provider }: ClaimedCase,
): Promise<void> {
  let after: IdentityId | null = null;
  for (;;) {
    const companies: IdentityId[] = await deps.cases.listWaitingForOwner(poolId, {
      ...{ owner, provider, after, limit: BATCH },
    });
    for (const identityId of companies)
      await together(deps, (tx) => askCompany(tx, deps, context, { poolId, identityId, provider }));
    if (companies.length < BATCH) return;
    after = companies.at(-1) ?? null;
  }
}

/** Once more within the transaction: everything may be otherwise by now. */
async function askCompany(
  tx: RecordStores,
  deps: Needs,
  context: ActingContext,
  { poolId, identityId, provider }: Pick<StoredCase, 'poolId' | 'identityId' | 'provider'>,
): Promise<void> {
  const found = await tx.cases.findCase(poolId, identityId, provider);
  if (found?.state !== 'exception' || !found.exceptions.includes(OWNER_NOT_VERIFIED)) return;
  const company = await tx.identities.findIdentity(poolId, identityId);
  const owner = company?.standing.identityOwner;
  if (company === null || owner === undefined || !isVisible(company)) return;
  if ((await tx.cases.findCase(poolId, owner, provider))?.state !== 'approved') return;
  const changed = await changeCasesOf(tx, deps, context, company);
  await replaceVerification(tx, deps, context, changed, found);
}
