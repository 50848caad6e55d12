import { isIamVisible } from '../../iam/record.ts';
import { proveAddress } from '../../identities/addresses.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import { changeWithin, openWithin, together } from '../../records.ts';
import { newFlowOf, offerOf } from '../begin-flow.ts';
import { FlowDisabled } from '../errors.ts';
import type { Flow } from '../flow.ts';
import type { FlowUse } from '../flow-use.ts';
import { accepted, type Outcome } from '../outcome.ts';
import { refuseMethod } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type FlowStart, type Submission, textOf } from '../visit.ts';
import { hasAddress, isProved } from './recovery-kinds.ts';
import { addressNodes, continueNodes } from './recovery-nodes.ts';
import { sendCode } from './recovery-send-code.ts';
import { type ProvedByCode, proveByCode, refuseMissing, wrongCode } from './recovery-use-code.ts';
import { useUp } from './use-up.ts';

const KIND = 'verification';
const VERIFIED = { email: 1080002, sms: 1080005 } as const;

/** Proves that an address is the person's, by a code that is sent there. Nobody is signed in by it (contract iam 6.4). */
export const VERIFICATION: FlowUse = {
  async prepare(deps: FlowDeps, start: FlowStart) {
    const { offered } = await offerOf(deps, start);
    if (!offered.enabled.verification) throw new FlowDisabled('Verification is switched off.');
    return newFlowOf(start, offered, { kind: KIND, nodes: addressNodes() });
  },

  async submit(deps, submission) {
    const { offered } = await offerOf(deps, submission);
    if (textOf(submission, 'method') !== 'code' || !offered.methods.code.enabled)
      return refuseMethod(deps, submission);
    // Both come from a form whose button says: send it again.
    const email = textOf(submission, 'email');
    if (email !== undefined) return sendCode(deps, submission, KIND, email);
    const code = textOf(submission, 'code');
    if (code !== undefined) return verify(deps, submission, code);
    return refuseMissing(deps, submission);
  },

  // The code is the proof: it may be entered in another browser than the one that asked for it.
  isExempt: (_flow, body) =>
    textOf({ body }, 'code') !== undefined && textOf({ body }, 'email') === undefined,
};

async function verify(deps: FlowDeps, submission: Submission, code: string): Promise<Outcome> {
  const proved = await proveByCode(deps, submission, KIND, code);
  if ('ended' in proved) return proved.ended;
  const done = await writeProof(deps, submission, proved);
  return done === null ? wrongCode(deps, submission, KIND) : accepted(done);
}

/** @returns Null where the address is the person's no more: the code is worth nothing then. */
function writeProof(
  deps: FlowDeps,
  { flow, poolId, context, base }: Submission,
  { identityId, address }: ProvedByCode,
): Promise<Flow | null> {
  return together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, identityId);
    if (address === null || stored === null || !isIamVisible(stored)) return null;
    const changing = openWithin(deps, stored);
    const { config, profile } = changing;
    const derived = derivedOf(config, { schemaId: stored.schemaId, traits: profile.traits });
    if (!hasAddress(KIND, derived, address)) return null;
    const nodes = continueNodes(flow.content.returnTo ?? `${deps.selfService.uiUrl ?? base}/`);
    const messages = [sayText(VERIFIED[address.via])];
    const ui = { ...flow.content.ui, nodes, messages };
    const finished = await useUp(tx, deps, flow, { active: 'code', identityId, content: { ui } });
    const revision = {
      ...{ action: 'identity.updated', fields: ['addresses'] },
      profile: proveAddress(profile, address, deps.clock.now()),
    };
    await changeWithin(tx, deps, context, changing, isProved(profile, address) ? null : revision);
    return finished;
  });
}
