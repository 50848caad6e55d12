import { WrongState } from '../../errors.ts';
import type { PreparedImports } from '../../iam/import-credentials.ts';
import { toIamRecord } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import type { PoolConfig } from '../../pools/ports.ts';
import type { IdentityId } from '../../ports.ts';
import type { RecordStores } from '../../record-stores.ts';
import { createWithin, heldWithin, together } from '../../records.ts';
import type { DerivedAddress, Violation } from '../../traits/ports.ts';
import { selfServiceOf } from '../config.ts';
import type { Outcome, Registered } from '../outcome.ts';
import { refuse, refuseWith } from '../show-again.ts';
import { withViolations } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { AFTER_REGISTRATION, type Newcomer } from './after-registration.ts';
import type { Method } from './begin-session.ts';
import { claimsOf, draftPerson, type NewPerson } from './new-person.ts';
import { getUsable, useUp } from './use-up.ts';
import { addressesToVerify, withCodesSent } from './verification-start.ts';

export interface Registration {
  readonly traits: unknown;
  readonly imports: PreparedImports;
  readonly method: Method;
  /** An address that was shown to be the person's (R4). */
  readonly proved: DerivedAddress | null;
}

/**
 * Makes the identity, in one transaction: the record is made with its credentials, the flow is used up, and what follows
 * a registration is done. Of many at once with one identifier exactly one is made; all others are told that it is taken.
 *
 * @throws FlowFinished @throws FlowReplaced @throws WrongState The pool is closed.
 */
export async function register(
  deps: FlowDeps,
  submission: Submission,
  registration: Registration,
): Promise<Outcome> {
  const { method } = registration;
  const outcome = await together(deps, (tx) => make(tx, deps, submission, registration));
  if (outcome === 'taken') return refuseWith(deps, submission, [sayText(4000007)], method.method);
  if (!('violations' in outcome)) return outcome;
  const { violations } = outcome;
  return refuse(deps, submission, (ui) => withViolations(ui, violations), { active: method.method });
}

async function make(
  tx: RecordStores,
  deps: FlowDeps,
  submission: Submission,
  registration: Registration,
): Promise<Registered | 'taken' | { readonly violations: readonly Violation[] }> {
  const { poolId, context } = submission;
  const { method } = registration;
  const { config, vault } = heldWithin(deps, poolId);
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  const person = draftPerson(deps, config, registration);
  if ('violations' in person) return person;
  // Whoever comes with a flow that was used up is told so, and not that they exist already.
  const usable = await getUsable(tx, deps, submission.flow);
  const holders = await tx.identities.findHolders(poolId, claimsOf(vault, config, person));
  if (holders.length > 0) return 'taken';
  const id = deps.ids.next() as IdentityId;
  const drafting = { config, vault, schemaId: person.draft.schemaId };
  const draft = withCodes(deps, config, withProof(deps, person, registration)).draft;
  const changed = await createWithin(tx, deps, context, { drafting, draft, id });
  // The flow is the identity's from now on, which therefore has to be there.
  const flow = await useUp(tx, deps, usable, { active: method.method, identityId: id });
  const newcomer: Newcomer = { changed, identity: toIamRecord(changed, changed), method };
  let registered: Registered = {
    ...{ kind: 'registered', flow, identity: newcomer.identity, signedIn: null, continueWith: [] },
  };
  for (const step of AFTER_REGISTRATION)
    registered = await step(tx, deps, submission, { newcomer, registered });
  return registered;
}

/** With codes on their way to what nobody has proved yet. */
function withCodes(deps: FlowDeps, config: PoolConfig, { draft, derived }: NewPerson): NewPerson {
  const { profile } = draft;
  const addresses = addressesToVerify(selfServiceOf(deps, config), { profile, derived });
  const marked = withCodesSent(profile, addresses, deps.clock.now());
  return { derived, draft: { ...draft, profile: marked } };
}

function withProof({ clock }: FlowDeps, person: NewPerson, { proved }: Registration): NewPerson {
  if (proved === null) return person;
  const { draft } = person;
  const isTheirs = person.derived.verifiable.some(
    ({ via, value }) => via === proved.via && value === proved.value,
  );
  if (!isTheirs) return person;
  return { ...person, draft: { ...draft, profile: proveAddress(draft.profile, proved, clock.now()) } };
}
