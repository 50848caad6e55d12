import type { AccountsCredential, OidcAccount } from '../../credentials/credentials.ts';
import { enabledProviders, type OidcProviderConfig } from '../../oidc/config.ts';
import { OpenIdFailed, type OpenIdProblem } from '../../oidc/errors.ts';
import type { Offer } from '../begin-flow.ts';
import type { Outcome } from '../outcome.ts';
import { refuseWith } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import type { FlowDeps, Submission } from '../visit.ts';

/** Providers that people of a pool may sign in at now. */
export function offeredProviders({ config, offered }: Offer): readonly OidcProviderConfig[] {
  return offered.methods.oidc.enabled ? enabledProviders(config.oidc) : [];
}

export function findOffered(offer: Offer, id: string | undefined): OidcProviderConfig | null {
  return offeredProviders(offer).find((one) => one.id === id) ?? null;
}

/** An identity's account at a provider; those of its organisations are not its own. */
export function ownAccountAt(
  oidc: AccountsCredential<OidcAccount> | undefined,
  provider: string,
): OidcAccount | null {
  const found = oidc?.providers.find((one) => one.provider === provider && one.organization === undefined);
  return found ?? null;
}

/**
 * Runs a step at a provider; where that fails, the flow is shown again and says so.
 */
export async function atProvider(
  deps: FlowDeps,
  submission: Submission,
  { label }: OidcProviderConfig,
  step: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof OpenIdFailed)) throw error;
    const reason = REASONS[error.problem](label);
    return refuseWith(deps, submission, [sayText(4000001, { reason })], 'oidc');
  }
}

const REASONS: Readonly<Record<OpenIdProblem, (label: string) => string>> = {
  denied: (label) => `Signing in with ${label} was cancelled.`,
  unavailable: (label) => `${label} cannot be reached at the moment. Please try again.`,
  untrusted: (label) => `The answer of ${label} could not be verified. Please try again.`,
};
