import { NotFound } from '../errors.ts';
import { OpenIdFailed } from '../oidc/errors.ts';
import type { ProvenAccount } from '../oidc/ports.ts';
import { openProvider } from '../oidc/provider-secret.ts';
import { offerOf } from './begin-flow.ts';
import { type RequestProof, requireProof } from './csrf.ts';
import { type Flow, openFlow } from './flow.ts';
import type { FlowUses } from './flow-use.ts';
import { type Departed, openDeparted, stateDigestOf } from './methods/oidc-depart.ts';
import { atProvider, findOffered } from './methods/oidc-providers.ts';
import type { Outcome } from './outcome.ts';
import { refuseMethod } from './show-again.ts';
import { renewIfOver } from './submit-flow.ts';
import type { FlowDeps, Visit } from './visit.ts';

/** What clocks may differ by. */
const TOLERANCE_MS = 60_000;

export interface ComingBack extends Visit {
  /** Of the address that the provider sent the browser to. */
  readonly provider: string;
  /** Parameters as the provider gave them. */
  readonly answer: { readonly [name: string]: string };
  readonly proof: RequestProof;
}

/**
 * Goes on with a flow whose person comes back from a provider. The state finds the flow, is good once, and only in the
 * browser that the flow is of; in a native client's flow in any, since only who holds that flow's code has the session.
 *
 * @throws NotFound An unknown state, one that was used or is too old, another provider's: all look alike.
 * @throws CsrfViolation Another browser's. @throws FlowExpired @throws FlowReplaced And what the flow's kind says.
 * @see RFC 6749 section 10.12; RFC 9700 section 4.7.
 */
export async function comeBack(deps: FlowDeps, uses: FlowUses, request: ComingBack): Promise<Outcome> {
  const { provider: id, answer, proof, ...came } = request;
  const stateDigest = stateDigestOf(deps, answer.state ?? '');
  const flow = await flowOf(deps, request, stateDigest);
  const use = uses[flow.kind];
  if (use?.arrive === undefined) throw new NotFound();
  requireProof(deps.secrets, { flow, request: proof }, { isRead: true });
  // Whoever is signed in at this browser has no part in the flow of a native client.
  const visit: Visit = flow.type === 'api' ? { ...came, visitor: null, csrfCookie: null } : came;
  await use.admit?.(deps, visit, flow);
  const departed = await takeDeparted(deps, flow, stateDigest);
  if (departed.provider !== id) throw new NotFound();
  await renewIfOver(deps, use, flow, visit);
  const submission = { ...visit, flow, body: {}, isForm: false };
  const provider = findOffered(await offerOf(deps, submission), id);
  if (provider === null) return refuseMethod(deps, submission);
  const { arrive } = use;
  return atProvider(deps, submission, provider, async () => {
    const asked = await openProvider(deps, flow.poolId, provider);
    const account = await deps.openId.redeem(asked, departed, answer);
    if (flow.refresh) requireRecent(account, departed);
    return arrive(deps, submission, { provider, account, traits: departed.traits, isByBrowser: true });
  });
}

/**
 * Whoever confirms that it is them has to sign in at the provider now. Which a browser may leave out of what it is told to
 * ask for; so a provider's word on when that was counts, where it gives it.
 *
 * @throws OpenIdFailed
 */
function requireRecent({ claims }: ProvenAccount, { departedAt }: Departed): void {
  const { auth_time: seconds } = claims;
  if (typeof seconds === 'number' && seconds * 1000 < departedAt - TOLERANCE_MS)
    throw new OpenIdFailed('untrusted', 'authenticated_too_long_ago');
}

async function flowOf(
  { departures, flows, vault }: FlowDeps,
  { poolId }: Pick<Visit, 'poolId'>,
  stateDigest: Buffer,
): Promise<Flow> {
  const id = await departures.findDeparture(poolId, stateDigest);
  const stored = id === null ? null : await flows.findFlow(poolId, id);
  if (stored === null) throw new NotFound();
  return openFlow(await vault.pool(poolId, stored.configVersion), stored);
}

async function takeDeparted(
  { departures, clock }: FlowDeps,
  flow: Flow,
  stateDigest: Buffer,
): Promise<Departed> {
  const box = await departures.takeDeparture(flow.poolId, stateDigest, clock.now());
  if (box === null) throw new NotFound();
  return openDeparted(flow, box);
}
