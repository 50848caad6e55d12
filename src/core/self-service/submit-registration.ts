import { offerOf } from './begin-flow.ts';
import { prepareRegistration } from './begin-registration.ts';
import type { SelfServiceConfig } from './config.ts';
import { FlowDisabled, SessionAvailable } from './errors.ts';
import type { FlowUse } from './flow-use.ts';
import { registerByCode } from './methods/registration-code.ts';
import { registerByPassword } from './methods/registration-password.ts';
import { registerProfile } from './methods/registration-profile.ts';
import type { Outcome } from './outcome.ts';
import { refuseMethod } from './show-again.ts';
import { type FlowDeps, type Submission, textOf } from './visit.ts';

interface RegistrationMethod {
  isOffered(methods: SelfServiceConfig['methods']): boolean;
  submit(deps: FlowDeps, submission: Submission): Promise<Outcome>;
}

const METHODS: ReadonlyMap<string, RegistrationMethod> = new Map([
  ['password', { isOffered: ({ password }) => password.enabled, submit: registerByPassword }],
  ['code', { isOffered: ({ code }) => code.enabled && code.passwordless, submit: registerByCode }],
  ['profile', { isOffered: ({ profile }) => profile.enabled, submit: registerProfile }],
]);

export const REGISTRATION: FlowUse = { prepare: prepareRegistration, submit: submitRegistration };

/**
 * @throws FlowDisabled @throws SessionAvailable
 * @see Contract iam 6.4.
 */
async function submitRegistration(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  const { offered } = await offerOf(deps, submission);
  if (!offered.enabled.registration) throw new FlowDisabled('Registration is not allowed.');
  if (submission.visitor !== null) throw new SessionAvailable();
  const isBack = textOf(submission, 'screen') === 'previous';
  const method = METHODS.get(isBack ? 'profile' : (textOf(submission, 'method') ?? ''));
  if (method === undefined || !method.isOffered(offered.methods)) return refuseMethod(deps, submission);
  return method.submit(deps, submission);
}
