import { type Offer, offerOf } from './begin-flow.ts';
import { prepareRegistration } from './begin-registration.ts';
import type { SelfServiceConfig } from './config.ts';
import { FlowDisabled, SessionAvailable } from './errors.ts';
import type { FlowUse } from './flow-use.ts';
import { enterByAccount } from './methods/oidc-enter.ts';
import { enterByProvider } from './methods/oidc-submit.ts';
import { registerByCode } from './methods/registration-code.ts';
import { registerByPasskey, registerByWebAuthn } from './methods/registration-key.ts';
import { registerByPassword } from './methods/registration-password.ts';
import { registerProfile } from './methods/registration-profile.ts';
import type { Outcome } from './outcome.ts';
import { refuseMethod } from './show-again.ts';
import { type FlowDeps, type Submission, textOf } from './visit.ts';

interface RegistrationMethod {
  /** A field that submits it without naming it: no button is pressed where a script sends the form. */
  readonly answer?: string;
  isOffered(methods: SelfServiceConfig['methods']): boolean;
  submit(deps: FlowDeps, submission: Submission): Promise<Outcome>;
}

const METHODS: ReadonlyMap<string, RegistrationMethod> = new Map<string, RegistrationMethod>([
  ['password', { isOffered: ({ password }) => password.enabled, submit: registerByPassword }],
  [
    'code',
    {
      ...{ answer: 'resend', submit: registerByCode },
      isOffered: ({ code }) => code.enabled && code.passwordless,
    },
  ],
  [
    'passkey',
    { answer: 'passkey_register', isOffered: ({ passkey }) => passkey.enabled, submit: registerByPasskey },
  ],
  [
    'webauthn',
    {
      ...{ answer: 'webauthn_register', submit: registerByWebAuthn },
      isOffered: ({ webauthn }) => webauthn.enabled && webauthn.passwordless,
    },
  ],
  ['oidc', { answer: 'provider', isOffered: ({ oidc }) => oidc.enabled, submit: enterByProvider }],
  ['profile', { isOffered: ({ profile }) => profile.enabled, submit: registerProfile }],
]);

export const REGISTRATION: FlowUse = {
  prepare: prepareRegistration,
  submit: submitRegistration,
  async arrive(deps, submission, arrival) {
    requireNewcomer(submission, await offerOf(deps, submission));
    return enterByAccount(deps, submission, arrival);
  },
};

/**
 * @throws FlowDisabled @throws SessionAvailable
 * @see Contract iam 6.4.
 */
async function submitRegistration(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const offer = await offerOf(deps, submission);
  requireNewcomer(submission, offer);
  const method = methodOf(submission);
  if (method === undefined || !method.isOffered(offer.offered.methods)) return refuseMethod(deps, submission);
  return method.submit(deps, submission);
}

function requireNewcomer({ visitor }: Submission, { offered }: Offer): void {
  if (!offered.enabled.registration) throw new FlowDisabled('Registration is not allowed.');
  if (visitor !== null) throw new SessionAvailable();
}

function methodOf(submission: Submission): RegistrationMethod | undefined {
  if (textOf(submission, 'screen') === 'previous') return METHODS.get('profile');
  const named = textOf(submission, 'method');
  if (named !== undefined) return METHODS.get(named);
  return [...METHODS.values()].find(({ answer }) => answer !== undefined && textOf(submission, answer));
}
