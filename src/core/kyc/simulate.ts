import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import { emailClaim } from '../identities/claims.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { heldWithin, openWithin, together } from '../records.ts';
import type { StoredCase } from './case-ports.ts';
import { type CaseIdentity, findVerification } from './case-verifications.ts';
import { enabledProviders } from './config.ts';
import { type DecideCaseNeeds, decideWithState } from './decide-case.ts';
import { openCases, replaceVerification } from './open-cases.ts';

type Needs = DecideCaseNeeds & Pick<Deps, 'records'>;

/** Whom a simulation is about: at least one; both name the same. */
export interface Selector {
  readonly identityId?: IdentityId | undefined;
  readonly email?: string | undefined;
}

/**
 * Decides the cases of an identity at every enabled provider, whatever its documents are: what real outcomes do, in a
 * sandbox (contract kyc 3.9). Repeating it is harmless, and the later decision counts.
 *
 * @throws NotFound @throws InvalidInput The selectors name different identities.
 */
export async function simulateDecision(
  deps: Needs,
  context: RequestContext,
  selector: Selector,
  { state, exceptions }: { state: 'approved' | 'rejected'; exceptions: readonly string[] },
): Promise<void> {
  await together(deps, async (tx) => {
    const stored = await findSelected(tx, deps, context, selector);
    const identity = openWithin(deps, stored);
    for (const one of await openedCases(tx, deps, context, identity)) {
      await decideWithState(tx, deps, context, one, {
        state,
        report: { exceptions, validUntil: null },
        processingMode: 'simulated',
      });
    }
  });
}

/** Its cases at enabled providers, each with a verification that can be decided. */
async function openedCases(
  tx: RecordStores,
  deps: Needs,
  context: RequestContext,
  identity: CaseIdentity,
): Promise<StoredCase[]> {
  const { stored, config } = identity;
  const enabled = enabledProviders(config.kyc).map(({ slug }) => slug);
  const list = async () =>
    (await tx.cases.listCases(stored.poolId, [stored.id])).filter(({ provider }) =>
      enabled.includes(provider),
    );
  const known = await list();
  for (const one of known) {
    const { redactedAt } = await findVerification(tx, one);
    if (redactedAt !== null) await replaceVerification(tx, deps, context, identity, one);
  }
  await openCases(tx, deps, context, identity, { known });
  return list();
}

async function findSelected(
  tx: RecordStores,
  deps: Pick<Deps, 'configs' | 'vault'>,
  { principal: { poolId } }: RequestContext,
  { identityId, email }: Selector,
): Promise<StoredIdentity> {
  const byId = identityId === undefined ? null : await tx.identities.findIdentity(poolId, identityId);
  const { vault } = heldWithin(deps, poolId);
  const claim = email === undefined ? null : emailClaim(vault, email);
  const byEmail = claim === null ? null : await tx.identities.findByClaim(poolId, claim);
  const found = identityId === undefined ? byEmail : byId;
  if (found === null || !isVisible(found)) throw new NotFound();
  if (email !== undefined && byEmail?.id !== found.id) {
    const message = 'must be the e-mail address of the identity that identityId names';
    throw new InvalidInput([{ path: ['email'], code: 'invalid', rule: 'format', message }]);
  }
  return found;
}
