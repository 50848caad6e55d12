import { mapClaims } from '../../oidc/map-claims.ts';
import type { Violation } from '../../traits/ports.ts';
import type { Arrival } from '../arrival.ts';
import { newFlowOf, offerOf } from '../begin-flow.ts';
import { createFlow } from '../create-flow.ts';
import type { WaitingAccount } from '../flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuse } from '../show-again.ts';
import { closeExchange } from '../token-exchange.ts';
import { fieldNodes } from '../ui/field-nodes.ts';
import { withViolations } from '../ui/messages.ts';
import { csrfNode } from '../ui/nodes.ts';
import { inOrder } from '../ui/order.ts';
import { withValues } from '../ui/values.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { goTo, startAfter } from './link-account.ts';
import { draftPerson } from './new-person.ts';
import { accountOf, methodOf, provedAddresses } from './oidc-account.ts';
import { continueNode } from './oidc-nodes.ts';
import { type Registration, register } from './register.ts';
import { fieldsOf } from './registration-traits.ts';

type Json = { readonly [name: string]: unknown };

/**
 * Signs somebody up by an account at a provider: with what it says of them, and over that what they typed. What the
 * schema misses they are asked for; the account waits in the flow meanwhile.
 *
 * @see Contract iam 6.4.
 */
export async function registerAccount(
  deps: FlowDeps,
  submission: Submission,
  { arrival, whenTaken }: { readonly arrival: Arrival } & Required<Pick<Registration, 'whenTaken'>>,
): Promise<Outcome> {
  const { flow } = submission;
  const { config } = await offerOf(deps, submission);
  const fields = fieldsOf(config);
  const { provider, account, isByBrowser } = arrival;
  const mapped = mapClaims(provider.mapping, account.claims, fields);
  const traits = merge(mapped.traits, arrival.traits);
  const isForNative = isByBrowser && flow.type === 'api';
  const signsIn = flow.kind === 'login' || isForNative || flow.content.waiting?.signsIn;
  const imports = { oidc: [accountOf(arrival)] };
  const person = draftPerson(deps, config, { traits, imports });
  if ('violations' in person) {
    const waiting = { provider: provider.id, account, signsIn: signsIn === true };
    return askForRest(deps, submission, { arrival, traits, waiting, violations: person.violations });
  }
  return register(deps, submission, {
    ...{ traits, imports, method: methodOf(arrival), whenTaken },
    ...(signsIn === true ? { signsIn } : {}),
    proved: provedAddresses(deps, arrival, { fields, addresses: person.derived.verifiable }),
    also: async (tx, { signedIn }) =>
      isForNative && signedIn !== null ? closeExchange(tx, deps, flow, signedIn.token) : [],
  });
}

/** Of somebody who came to sign in, and of a native client, another flow to sign up in takes the place of theirs. */
async function askForRest(
  deps: FlowDeps,
  submission: Submission,
  rest: {
    readonly arrival: Arrival;
    readonly traits: unknown;
    readonly waiting: WaitingAccount;
    readonly violations: readonly Violation[];
  },
): Promise<Outcome> {
  const { arrival, traits, waiting, violations } = rest;
  const { config, offered } = await offerOf(deps, submission);
  const filled = withValues(fieldNodes(fieldsOf(config), 'default'), { traits });
  const nodes = inOrder('registration', [csrfNode(), ...filled, continueNode(arrival.provider)]);
  const { flow } = submission;
  // Whoever began a native client's flow knows its id; what another browser brought is for whom that one leads to.
  if (flow.kind === 'registration' && !(flow.type === 'api' && arrival.isByBrowser))
    return refuse(deps, submission, (ui) => withViolations({ ...ui, nodes }, violations), {
      ...{ active: 'oidc', waiting },
    });
  const next = newFlowOf(startAfter(submission), offered, { kind: 'registration', nodes: [] });
  const ui = withViolations({ ...next.content.ui, nodes }, violations);
  return goTo(flow, await createFlow(deps, { ...next, content: { ...next.content, ui, waiting } }));
}

function merge(mapped: Json, typed: unknown): unknown {
  if (typed === undefined || typed === null) return mapped;
  if (!isObject(typed)) return typed;
  const own = Object.entries(typed).map(([name, value]) => {
    const below = mapped[name];
    return [name, isObject(below) ? merge(below, value) : value];
  });
  return { ...mapped, ...Object.fromEntries(own) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
