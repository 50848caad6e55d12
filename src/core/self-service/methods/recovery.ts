import type { IamRecord } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import type { RecordStores } from '../../record-stores.ts';
import { revokeOtherSessions } from '../../sessions/end-sessions.ts';
import { newFlowOf, type Offer, offerOf } from '../begin-flow.ts';
import { selfServiceOf } from '../config.ts';
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
import { type AddressProof, hasAddress, isProved, proofOffered, proofWanted } from './recovery-kinds.ts';
import { addressNodes } from './recovery-nodes.ts';
import { sendProof } from './recovery-send-code.ts';
import { settingsAfterRecovery } from './recovery-settings.ts';
import { type Proved, proveByCode, refuseMissing, wrongCode } from './recovery-use-code.ts';
import { proveByLink } from './recovery-use-link.ts';
import { type Judgement, signIn } from './sign-in.ts';

const KIND = 'recovery';
const METHODS = {
  code: { method: 'code_recovery', aal: 'aal1' },
  link: { method: 'link_recovery', aal: 'aal1' },
} as const;

/** Lets somebody back in by a code or a link that is sent to an address of theirs, or that an administrator gave them. */
export const RECOVERY: FlowUse = {
  async prepare(deps: FlowDeps, start: FlowStart) {
    requireStranger(start);
    const { offered } = await offerOf(deps, start);
    if (!offered.enabled.recovery) throw new FlowDisabled('Recovery is switched off.');
    return newFlowOf(start, offered, { kind: KIND, nodes: addressNodes(proofOffered(offered)) });
  },

  async submit(deps, submission) {
    requireStranger(submission);
    const { offered } = await offerOf(deps, submission);
    const proof = proofWanted(offered, submission);
    if (proof === null) return refuseMethod(deps, submission);
    // Both come from a form whose button says: send it again. What an administrator made is for one person only.
    const email = textOf(submission, 'email');
    if (email !== undefined && !isByAdministrator(submission.flow))
      return sendProof(deps, submission, { kind: KIND, proof, typed: email });
    const code = textOf(submission, 'code');
    if (code === undefined || proof === 'link') return refuseMissing(deps, submission, proof);
    return recoverByCode(deps, submission, code);
  },

  async follow(deps, submission, token) {
    requireStranger(submission);
    const proved = await proveByLink(deps, submission, KIND, token);
    return proved === null ? null : recover(deps, submission, { proved, proof: 'link' });
  },

  isExempt: (flow) => isByAdministrator(flow),
};

/** @throws SessionAvailable Whoever is signed in has no need of it, and must not end up with another's session. */
function requireStranger({ visitor }: Visit): void {
  if (visitor !== null) throw new SessionAvailable();
}

async function recoverByCode(deps: FlowDeps, submission: Submission, code: string): Promise<Outcome> {
  const proved = await proveByCode(deps, submission, KIND, code);
  if ('ended' in proved) return proved.ended;
  const outcome = await recover(deps, submission, { proved, proof: 'code' });
  return outcome ?? wrongCode(deps, submission, KIND);
}

/**
 * One transaction: the flow is used up, the address is proved (R4), a session begins, all others end, and settings are
 * ready in which to choose a password.
 *
 * @returns Null where the address is the person's no more: what was sent there is worth nothing then.
 */
async function recover(
  deps: FlowDeps,
  submission: Submission,
  { proved, proof }: { proved: Proved; proof: AddressProof },
): Promise<Outcome | null> {
  const outcome = await signIn(deps, submission, {
    ...{ identityId: proved.identityId, method: METHODS[proof], active: proof },
    judge: (record) => judge(deps, record, proved),
    also: (tx, signedIn) => enter(tx, deps, submission, signedIn),
  });
  if (outcome.kind === 'signed_in') return onward(await offerOf(deps, submission), outcome);
  if (outcome.why === 'blocked') return refuseWith(deps, submission, [sayText(4010011)], proof);
  return null;
}

function judge(
  { clock }: FlowDeps,
  { derived, profile }: IamRecord,
  { address }: Proved,
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
  if (selfServiceOf(deps, identity.config).hooks.revokeOtherSessions.recovery)
    await revokeOtherSessions({ ...deps, sessions: tx.sessions }, submission.context, session);
  const flow = await createFlowWithin(
    tx,
    deps,
    await settingsAfterRecovery(deps, submission, { identity, session }),
  );
  const settings: ContinueWith = { next: 'settings', flow };
  return submission.flow.type === 'api' ? [{ next: 'session_token', token }, settings] : [settings];
}

/** @see Contract iam 6.4, "Recovery (code)": with and without the continue-with flag. */
function onward({ offered }: Offer, { flow, signedIn, continueWith }: SignedIn): Outcome {
  const settings = continueWith.find((one) => one.next === 'settings');
  if (offered.continuesWith || settings?.next !== 'settings')
    return accepted(flow, { signedIn, continueWith });
  return { kind: 'elsewhere', flow, to: settings.flow, signedIn };
}
