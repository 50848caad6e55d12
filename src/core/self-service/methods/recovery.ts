import type { IamRecord } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import type { RecordStores } from '../../record-stores.ts';
import { revokeOtherSessions } from '../../sessions/end-sessions.ts';
import { newFlowOf, offerOf } from '../begin-flow.ts';
import { createFlowWithin } from '../create-flow.ts';
import { FlowDisabled, SessionAvailable } from '../errors.ts';
import type { FlowUse } from '../flow-use.ts';
import {
  accepted,
  type ContinueWith,
  type Outcome,
  type SignedIn,
  type SignedInSession,
} from '../outcome.ts';
import { refuseMethod, refuseWith } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type FlowStart, type Submission, textOf, type Visit } from '../visit.ts';
import { isByAdministrator } from './recovery-data.ts';
import { hasAddress, isProved } from './recovery-kinds.ts';
import { addressNodes } from './recovery-nodes.ts';
import { sendCode } from './recovery-send-code.ts';
import { settingsAfterRecovery } from './recovery-settings.ts';
import { type ProvedByCode, proveByCode, refuseMissing, wrongCode } from './recovery-use-code.ts';
import { type Judgement, signIn } from './sign-in.ts';

const KIND = 'recovery';
const CODE = { method: 'code_recovery', aal: 'aal1' } as const;

/** Lets somebody back in by a code that is sent to an address of theirs, or that an administrator gave them. */
export const RECOVERY: FlowUse = {
  async prepare(deps: FlowDeps, start: FlowStart) {
    requireStranger(start);
    const { offered } = await offerOf(deps, start);
    if (!offered.enabled.recovery) throw new FlowDisabled('Recovery is switched off.');
    return newFlowOf(start, offered, { kind: KIND, nodes: addressNodes() });
  },

  async submit(deps, submission) {
    requireStranger(submission);
    const { offered } = await offerOf(deps, submission);
    if (textOf(submission, 'method') !== 'code' || !offered.methods.code.enabled)
      return refuseMethod(deps, submission);
    // Both come from a form whose button says: send it again. What an administrator made is for one person only.
    const email = textOf(submission, 'email');
    if (email !== undefined && !isByAdministrator(submission.flow))
      return sendCode(deps, submission, KIND, email);
    const code = textOf(submission, 'code');
    return code === undefined ? refuseMissing(deps, submission) : recover(deps, submission, code);
  },

  isExempt: (flow) => isByAdministrator(flow),
};

/** @throws SessionAvailable Whoever is signed in has no need of it, and must not end up with another's session. */
function requireStranger({ visitor }: Visit): void {
  if (visitor !== null) throw new SessionAvailable();
}

/**
 * One transaction: the flow is used up, the address is proved (R4), a session begins, all others end, and settings are
 * ready in which to choose a password.
 */
async function recover(deps: FlowDeps, submission: Submission, code: string): Promise<Outcome> {
  const proved = await proveByCode(deps, submission, KIND, code);
  if ('ended' in proved) return proved.ended;
  const outcome = await signIn(deps, submission, {
    ...{ identityId: proved.identityId, method: CODE, active: 'code' },
    judge: (record) => judge(deps, record, proved),
    also: (tx, signedIn) => enter(tx, deps, submission, signedIn),
  });
  if (outcome.kind === 'signed_in') return onward(deps, outcome);
  if (outcome.why === 'blocked') return refuseWith(deps, submission, [sayText(4010011)], 'code');
  return wrongCode(deps, submission, KIND);
}

function judge(
  { clock }: FlowDeps,
  { derived, profile }: IamRecord,
  { address }: ProvedByCode,
): Judgement<'not_theirs'> {
  if (address === null) return { is: 'good' };
  if (!hasAddress(KIND, derived, address)) return { is: 'not_theirs' };
  if (isProved(profile, address) || !hasAddress('verification', derived, address)) return { is: 'good' };
  return { is: 'good', fields: ['addresses'], profile: proveAddress(profile, address, clock.now()) };
}

async function enter(
  tx: RecordStores,
  deps: FlowDeps,
  submission: Submission,
  { session, identity, token }: SignedInSession,
): Promise<ContinueWith[]> {
  // Whoever was in before may be the one that the person wants out.
  await revokeOtherSessions({ ...deps, sessions: tx.sessions }, submission.context, session);
  const flow = await createFlowWithin(
    tx,
    deps,
    settingsAfterRecovery(deps, submission, { identity, session }),
  );
  const settings: ContinueWith = { next: 'settings', flow };
  return submission.flow.type === 'api' ? [{ next: 'session_token', token }, settings] : [settings];
}

/** @see Contract iam 6.4, "Recovery (code)": with and without the continue-with flag. */
function onward({ selfService }: FlowDeps, { flow, signedIn, continueWith }: SignedIn): Outcome {
  const settings = continueWith.find((one) => one.next === 'settings');
  if (selfService.continuesWith || settings?.next !== 'settings')
    return accepted(flow, { signedIn, continueWith });
  return { kind: 'elsewhere', flow, to: settings.flow, signedIn };
}
