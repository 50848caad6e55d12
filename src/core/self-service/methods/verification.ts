import { proveAddress } from '../../identities/addresses.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import { isVisible } from '../../identities/visibility.ts';
import { changeWithin, openWithin, together } from '../../records.ts';
import { newFlowOf, offerOf } from '../begin-flow.ts';
import type { SelfServiceConfig } from '../config.ts';
import { FlowDisabled } from '../errors.ts';
import type { Flow } from '../flow.ts';
import type { FlowUse } from '../flow-use.ts';
import { accepted, type Outcome } from '../outcome.ts';
import { refuseMethod } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import { type FlowDeps, type FlowStart, type Submission, textOf } from '../visit.ts';
import { type AddressProof, hasAddress, isProved, proofOffered, proofWanted } from './recovery-kinds.ts';
import { addressNodes, continueNodes } from './recovery-nodes.ts';
import { sendProof } from './recovery-send-code.ts';
import { type Proved, proveByCode, refuseMissing, wrongCode } from './recovery-use-code.ts';
import { proveByLink } from './recovery-use-link.ts';
import { useUp } from './use-up.ts';

const KIND = 'verification';
const VERIFIED = { email: 1080002, sms: 1080005 } as const;

/** Proves that an address is the person's, by a code or a link that is sent there. Nobody is signed in by it (contract iam 6.4). */
export const VERIFICATION: FlowUse = {
  async prepare(deps: FlowDeps, start: FlowStart) {
    const { offered } = await offerOf(deps, start);
    if (!offered.enabled.verification) throw new FlowDisabled('Verification is switched off.');
    return newFlowOf(start, offered, { kind: KIND, nodes: addressNodes(proofOffered(offered)) });
  },

  async submit(deps, submission) {
    const { offered } = await offerOf(deps, submission);
    const proof = proofWanted(offered, submission);
    if (proof === null) return refuseMethod(deps, submission);
    // Both come from a form whose button says: send it again.
    const email = textOf(submission, 'email');
    if (email !== undefined) return sendProof(deps, submission, { kind: KIND, proof, typed: email });
    const code = textOf(submission, 'code');
    if (code === undefined || proof === 'link') return refuseMissing(deps, submission, proof);
    return verifyByCode(deps, submission, code);
  },

  async follow(deps, submission, token) {
    const proved = await proveByLink(deps, submission, KIND, token);
    return proved === null ? null : verify(deps, submission, { proved, proof: 'link' });
  },

  // The code is the proof: it may be entered in another browser than the one that asked for it.
  isExempt: (_flow, body) =>
    textOf({ body }, 'code') !== undefined && textOf({ body }, 'email') === undefined,
};

async function verifyByCode(deps: FlowDeps, submission: Submission, code: string): Promise<Outcome> {
  const proved = await proveByCode(deps, submission, KIND, code);
  if ('ended' in proved) return proved.ended;
  const outcome = await verify(deps, submission, { proved, proof: 'code' });
  return outcome ?? wrongCode(deps, submission, KIND);
}

interface Evidence {
  readonly proved: Proved;
  readonly proof: AddressProof;
}

/** @returns Null where the address is the person's no more: what was sent there is worth nothing then. */
async function verify(deps: FlowDeps, submission: Submission, evidence: Evidence): Promise<Outcome | null> {
  const { uiUrl } = (await offerOf(deps, submission)).offered;
  const done = await writeProof(deps, submission, { ...evidence, uiUrl });
  return done === null ? null : accepted(done);
}

function writeProof(
  deps: FlowDeps,
  { flow, poolId, context, base, csrfCookie }: Submission,
  { proved: { identityId, address }, proof, uiUrl }: Evidence & Pick<SelfServiceConfig, 'uiUrl'>,
): Promise<Flow | null> {
  return together(deps, async (tx) => {
    const stored = await tx.identities.findIdentity(poolId, identityId);
    if (address === null || stored === null || !isVisible(stored)) return null;
    const changing = openWithin(deps, stored);
    const { config, profile } = changing;
    const derived = derivedOf(config, { schemaId: stored.schemaId, traits: profile.traits });
    if (!hasAddress(KIND, derived, address)) return null;
    const nodes = continueNodes(proof, flow.content.returnTo ?? `${uiUrl ?? base}/`);
    const messages = [sayText(VERIFIED[address.via])];
    const ui = { ...flow.content.ui, nodes, messages };
    // Whoever opened the link is shown the outcome, in whichever browser.
    const isElsewhere = proof === 'link' && flow.csrfDigest !== null && csrfCookie !== null;
    const finished = await useUp(tx, deps, flow, {
      ...{ active: proof, identityId, content: { ui } },
      ...(isElsewhere ? { csrfCookie } : {}),
    });
    const revision = {
      ...{ action: 'identity.updated', fields: ['addresses'] },
      profile: proveAddress(profile, address, deps.clock.now()),
    };
    await changeWithin(tx, deps, context, changing, isProved(profile, address) ? null : revision);
    return finished;
  });
}
