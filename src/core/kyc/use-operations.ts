import type { Deps } from '../deps.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import type { IdentityId, Principal, RequestContext } from '../ports.ts';
import { openWithin, together } from '../records.ts';
import { enabledProviders } from './config.ts';
import { findKycRecord } from './find-identity.ts';
import { OperationNotActive } from './identity-errors.ts';
import { startCases } from './open-cases.ts';
import { type Operation, type OperationAction, offers, operationsOf } from './operations.ts';
import { typeOf } from './record-view.ts';

type Reading = Pick<Deps, 'identities' | 'configs' | 'cases'>;

/** @throws NotFound @see Contract kyc 3.8. */
export async function listOperations(
  deps: Reading,
  principal: Principal,
  id: IdentityId,
): Promise<Operation[]> {
  return operationsOfRecord(deps, await findKycRecord(deps, principal, id));
}

/** Whether some enabled provider allows it. @throws NotFound @throws OperationNotActive @see Contract kyc 3.10. */
export async function validateOperation(
  deps: Reading,
  principal: Principal,
  { identityId, code, action }: { identityId: IdentityId; code: string; action: OperationAction },
): Promise<void> {
  const operations = await listOperations(deps, principal, identityId);
  const allows = (one: Operation) => one.code === code && one.action === action && one.status === 'active';
  if (!operations.some(allows)) throw new OperationNotActive();
}

/**
 * Starts what an operation waits for: a case at each enabled provider that offers it, where there is none or its verdict
 * does not stand any more. What is active, or is being decided, is left alone.
 *
 * @throws NotFound @throws OperationNotActive Nobody offers it to this type of identity, or the identity is blocked.
 * @see Contract kyc 3.10.
 */
export async function activateOperation(
  deps: Pick<Deps, 'clock' | 'ids' | 'vault' | 'configs' | 'records'>,
  context: RequestContext,
  { identityId, code }: { identityId: IdentityId; code: string },
): Promise<void> {
  await together(deps, async (tx) => {
    const stored = await findKycRecord(tx, context.principal, identityId);
    const identity = openWithin(deps, stored);
    const type = typeOf(stored.standing);
    const providers = enabledProviders(identity.config.kyc)
      .filter((provider) => offers(provider, { code, type }))
      .map(({ slug }) => slug);
    if (providers.length === 0 || stored.standing.blocked === true) throw new OperationNotActive();
    await startCases(tx, deps, context, identity, providers);
  });
}

async function operationsOfRecord(
  { configs, cases }: Reading,
  { poolId, id, standing, configVersion }: StoredIdentity,
): Promise<Operation[]> {
  const { kyc } = await configs.at(poolId, configVersion);
  return operationsOf(kyc, standing, await cases.listCases(poolId, [id]));
}
