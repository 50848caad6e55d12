import { WrongState } from '../../errors.ts';
import type { PreparedImports } from '../../iam/import-credentials.ts';
import { toIamRecord } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import { claimOf, isSameClaim } from '../../identities/claims.ts';
import type { IdentifierClaim } from '../../identities/ports.ts';
import type { PoolConfig } from '../../pools/ports.ts';
import type { IdentityId, PoolVault } from '../../ports.ts';
import type { RecordStores } from '../../record-stores.ts';
import { createWithin, heldWithin, together } from '../../records.ts';
import { identifierSpaceOf } from '../../traits/normalise-identifier.ts';
import type { DerivedAddress, Violation } from '../../traits/ports.ts';
import { selfServiceOf } from '../config.ts';
import type { ContinueWith, Outcome, Registered } from '../outcome.ts';
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
  /** Addresses that were shown to be the person's (R4). */
  readonly proved: readonly DerivedAddress[];
  /** Also where the pool signs nobody in who signs up. */
  readonly signsIn?: boolean;
  /** What else is done in the transaction; gives what a client may do next. */
  readonly also?: (tx: RecordStores, registered: Registered) => Promise<ContinueWith[]>;
  /** What becomes of somebody whose identifier another identity has; default: they are told. */
  readonly whenTaken?: (taken: Taken) => Promise<Outcome>;
}

/** An identifier that another identity has. */
export interface Taken {
  readonly holder: IdentityId;
  /** Normalised; null: it is none of those that people type. */
  readonly identifier: string | null;
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
  const { method, whenTaken } = registration;
  const outcome = await together(deps, (tx) => make(tx, deps, submission, registration));
  if ('holder' in outcome)
    return whenTaken?.(outcome) ?? refuseWith(deps, submission, [sayText(4000007)], method.method);
  if (!('violations' in outcome)) return outcome;
  const { violations } = outcome;
  return refuse(deps, submission, (ui) => withViolations(ui, violations), { active: method.method });
}

async function make(
  tx: RecordStores,
  deps: FlowDeps,
  submission: Submission,
  registration: Registration,
): Promise<Registered | Taken | { readonly violations: readonly Violation[] }> {
  const { poolId, context } = submission;
  const { method } = registration;
  const { config, vault } = heldWithin(deps, poolId);
  if (!config.isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
  const person = draftPerson(deps, config, registration);
  if ('violations' in person) return person;
  // Whoever comes with a flow that was used up is told so, and not that they exist already.
  const usable = await getUsable(tx, deps, submission.flow);
  const [held] = await tx.identities.findHolders(poolId, claimsOf(vault, config, person));
  if (held !== undefined) return takenBy(vault, person, held);
  const id = deps.ids.next() as IdentityId;
  const drafting = { config, vault, schemaId: person.draft.schemaId };
  const draft = withCodes(deps, config, withProof(deps, person, registration)).draft;
  const changed = await createWithin(tx, deps, context, { drafting, draft, id });
  // The flow is the identity's from now on, which therefore has to be there.
  const flow = await useUp(tx, deps, usable, { active: method.method, identityId: id });
  const signsIn = registration.signsIn ?? selfServiceOf(deps, config).sessionAfterRegistration;
  const newcomer: Newcomer = { changed, identity: toIamRecord(changed, changed), method, signsIn };
  let registered: Registered = {
    ...{ kind: 'registered', flow, identity: newcomer.identity, signedIn: null, continueWith: [] },
  };
  for (const step of AFTER_REGISTRATION)
    registered = await step(tx, deps, submission, { newcomer, registered });
  const more = (await registration.also?.(tx, registered)) ?? [];
  return { ...registered, continueWith: [...registered.continueWith, ...more] };
}

function takenBy(
  vault: PoolVault,
  { derived }: NewPerson,
  held: IdentifierClaim & { identityId: IdentityId },
): Taken {
  const typed = [...derived.identifiers, ...derived.verifiable, ...derived.recovery].find(({ value }) =>
    isSameClaim(claimOf(vault, { space: identifierSpaceOf(value), value }), held),
  );
  return { holder: held.identityId, identifier: typed?.value ?? null };
}

/** With codes on their way to what nobody has proved yet. */
function withCodes(deps: FlowDeps, config: PoolConfig, { draft, derived }: NewPerson): NewPerson {
  const { profile } = draft;
  const addresses = addressesToVerify(selfServiceOf(deps, config), { profile, derived });
  const marked = withCodesSent(profile, addresses, deps.clock.now());
  return { derived, draft: { ...draft, profile: marked } };
}

function withProof({ clock }: FlowDeps, person: NewPerson, { proved }: Registration): NewPerson {
  const { draft, derived } = person;
  const theirs = proved.filter(({ via, value }) =>
    derived.verifiable.some((one) => one.via === via && one.value === value),
  );
  const profile = theirs.reduce((known, one) => proveAddress(known, one, clock.now()), draft.profile);
  return { ...person, draft: { ...draft, profile } };
}
