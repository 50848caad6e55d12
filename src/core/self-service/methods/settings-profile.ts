import { isSameJson } from '../../../kit/same-json.ts';
import { InvalidInput } from '../../errors.ts';
import { InvalidTraits } from '../../iam/errors.ts';
import type { IamRecord } from '../../iam/record.ts';
import { withTraits } from '../../iam/traits.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import type { Violation } from '../../traits/ports.ts';
import { offerOf } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { countSend } from '../send-limit.ts';
import { refuse, refuseWith } from '../show-again.ts';
import { withViolations } from '../ui/messages.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps } from '../visit.ts';
import { changeOwn, type OwnJudgement } from './change-own.ts';
import { violationOf } from './new-person.ts';
import { ownTraits } from './own-traits.ts';
import { ownSchema } from './settings-profile-nodes.ts';
import { type OwnSubmission, requireFresh } from './settings-visitor.ts';
import { addressesToVerify } from './verification-start.ts';

/** Whether the traits that were sent change what somebody signs in, or is reached, by. */
export function changesLogin(submission: OwnSubmission, person: IamRecord): boolean {
  const schema = ownSchema(person);
  const traits = traitsOf(submission, person);
  if (schema === undefined || traits === undefined) return false;
  const { identifiers, verifiable, recovery } = schema.derive(traits);
  const { derived } = person;
  return !isSameJson(
    { identifiers, verifiable, recovery },
    { identifiers: derived.identifiers, verifiable: derived.verifiable, recovery: derived.recovery },
  );
}

/**
 * Replaces the traits. Addresses that are new get their codes where verification is on; what is locked stays (R1).
 *
 * @throws RefreshRequired @throws LockedOut Too many codes were sent to one of the addresses.
 * @see Contract iam 6.3, 6.4, "Settings".
 */
export async function changeProfile(
  deps: FlowDeps,
  submission: OwnSubmission,
  person: IamRecord,
): Promise<Outcome> {
  const active = 'profile';
  if (traitsOf(submission, person) === undefined)
    return refuseWith(
      deps,
      submission,
      [sayText(4000001, { reason: 'Did not receive any value changes.' })],
      active,
    );
  await countCodes(deps, submission, person);
  try {
    return await changeOwn(deps, submission, { active, judge: await judgeOf(deps, submission) });
  } catch (error) {
    const violations = violationsIn(error);
    if (violations === null) throw error;
    return refuse(deps, submission, (ui) => withViolations(ui, violations), { active });
  }
}

async function judgeOf(
  deps: FlowDeps,
  submission: OwnSubmission,
): Promise<(record: IamRecord) => OwnJudgement> {
  const { offered } = await offerOf(deps, submission);
  return (record) => {
    // It may have been changed since the request came.
    if (changesLogin(submission, record)) requireFresh(deps, offered, submission, submission.visitor.session);
    const { profile, changed } = retraited(deps, submission, record);
    return { is: 'good', profile, fields: changed };
  };
}

/** @throws InvalidTraits @throws InvalidInput */
function retraited(
  { ids }: Pick<FlowDeps, 'ids'>,
  submission: OwnSubmission,
  record: IamRecord,
): ReturnType<typeof withTraits> {
  const { config, stored, profile } = record;
  const { schemaId, standing } = stored;
  const traits = traitsOf(submission, record);
  return withTraits(config, { schemaId, profile, standing }, { schemaId, traits, judges: 'changes' }, () =>
    ids.next(),
  );
}

/** Of the codes that are about to be sent. What will be refused sends none. */
async function countCodes(deps: FlowDeps, submission: OwnSubmission, person: IamRecord): Promise<void> {
  const { poolId, flow, address } = submission;
  const { vault } = flow;
  const { offered } = await offerOf(deps, submission);
  const { schemaId } = person.stored;
  let next: ReturnType<typeof withTraits>['profile'];
  try {
    next = retraited(deps, submission, person).profile;
  } catch (error) {
    if (violationsIn(error) === null) throw error;
    return;
  }
  const derived = derivedOf(person.config, { schemaId, traits: next.traits });
  for (const { via, value } of addressesToVerify(offered, { profile: next, derived }))
    if (!person.derived.verifiable.some((one) => one.via === via && one.value === value))
      await countSend(deps, offered.lockout, {
        poolId,
        vault,
        purpose: 'verification',
        recipient: value,
        address,
      });
}

function violationsIn(error: unknown): readonly Violation[] | null {
  if (error instanceof InvalidTraits) return error.violations;
  return error instanceof InvalidInput ? error.problems.map(violationOf) : null;
}

function traitsOf(submission: OwnSubmission, person: IamRecord): unknown {
  return ownTraits(submission, ownSchema(person)?.fields ?? [], person.profile.traits);
}
