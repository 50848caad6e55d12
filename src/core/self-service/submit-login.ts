import { offerOf } from './begin-flow.ts';
import { prepareLogin } from './begin-login.ts';
import type { SelfServiceConfig } from './config.ts';
import { FirstFactorRequired, SessionAvailable } from './errors.ts';
import type { FlowUse } from './flow-use.ts';
import { requireOwner } from './get-flow.ts';
import { loginByCode } from './methods/login-code.ts';
import { loginByLookup } from './methods/login-lookup.ts';
import { loginByPassword } from './methods/login-password.ts';
import { loginByTotp } from './methods/login-totp.ts';
import type { Outcome } from './outcome.ts';
import type { Aal } from './ports.ts';
import { refuseMethod } from './show-again.ts';
import { type FlowDeps, type Submission, textOf } from './visit.ts';

interface LoginMethod {
  readonly aal: Aal;
  isOffered(methods: SelfServiceConfig['methods']): boolean;
  submit(deps: FlowDeps, submission: Submission): Promise<Outcome>;
}

const METHODS: ReadonlyMap<string, LoginMethod> = new Map([
  ['password', { aal: 'aal1', isOffered: ({ password }) => password.enabled, submit: loginByPassword }],
  ['code', { aal: 'aal1', isOffered: ({ code }) => code.enabled && code.passwordless, submit: loginByCode }],
  ['totp', { aal: 'aal2', isOffered: ({ totp }) => totp.enabled, submit: loginByTotp }],
  [
    'lookup_secret',
    { aal: 'aal2', isOffered: (methods) => methods.lookup_secret.enabled, submit: loginByLookup },
  ],
]);

export const LOGIN: FlowUse = { prepare: prepareLogin, submit: submitLogin };

/**
 * @throws SessionAvailable @throws FirstFactorRequired @throws FlowOfAnother
 * @see Contract iam 6.4.
 */
async function submitLogin(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  requireVisitor(submission);
  const { offered } = await offerOf(deps, submission);
  const method = METHODS.get(textOf(submission, 'method') ?? '');
  const isOffered = method?.isOffered(offered.methods) ?? false;
  if (method === undefined || !isOffered || method.aal !== submission.flow.requestedAal)
    return refuseMethod(deps, submission);
  return method.submit(deps, submission);
}

/** Who may submit it: as when it was begun. */
function requireVisitor({ flow, visitor }: Submission): void {
  if (flow.requestedAal === 'aal2' && visitor === null) throw new FirstFactorRequired();
  if (visitor === null) return;
  if (flow.requestedAal === 'aal1' && !flow.refresh) throw new SessionAvailable();
  requireOwner(flow, visitor.identity.stored.id);
}
