import { offerOf } from './begin-flow.ts';
import { prepareLogin, STATELESS_LOGIN } from './begin-login.ts';
import type { SelfServiceConfig } from './config.ts';
import { FirstFactorRequired, FlowOfAnother, SessionAvailable } from './errors.ts';
import type { FlowUse } from './flow-use.ts';
import { requireOwner } from './get-flow.ts';
import { loginByCode } from './methods/login-code.ts';
import { nameIdentifier } from './methods/login-identifier-first.ts';
import { loginByLookup } from './methods/login-lookup.ts';
import { loginByPasskey } from './methods/login-passkey.ts';
import { loginByPassword } from './methods/login-password.ts';
import { loginBySecondCode } from './methods/login-second-code.ts';
import { loginByTotp } from './methods/login-totp.ts';
import { loginByWebAuthn } from './methods/login-webauthn.ts';
import { enterByAccount } from './methods/oidc-enter.ts';
import { enterByProvider } from './methods/oidc-submit.ts';
import type { Outcome } from './outcome.ts';
import type { Aal } from './ports.ts';
import { refuseMethod, refuseWith } from './show-again.ts';
import { sayText } from './ui/texts.ts';
import { type FlowDeps, type Submission, textOf } from './visit.ts';

interface LoginMethod {
  /** Fields that submit it without naming it: of a button of its own, or where a script sends the form. */
  readonly answers?: readonly string[];
  isOffered(methods: SelfServiceConfig['methods']): boolean;
  submit(deps: FlowDeps, submission: Submission): Promise<Outcome>;
}

const METHODS: Readonly<Record<Aal, ReadonlyMap<string, LoginMethod>>> = {
  aal1: new Map<string, LoginMethod>([
    ['password', { isOffered: ({ password }) => password.enabled, submit: loginByPassword }],
    [
      'code',
      {
        ...{ answers: ['resend'], submit: loginByCode },
        isOffered: ({ code }) => code.enabled && code.passwordless,
      },
    ],
    ['identifier_first', { isOffered: () => true, submit: nameIdentifier }],
    ['oidc', { answers: ['provider'], isOffered: ({ oidc }) => oidc.enabled, submit: enterByProvider }],
    [
      'passkey',
      { answers: ['passkey_login'], isOffered: ({ passkey }) => passkey.enabled, submit: loginByPasskey },
    ],
    [
      'webauthn',
      {
        ...{ answers: ['webauthn_login'], submit: loginByWebAuthn },
        isOffered: ({ webauthn }) => webauthn.enabled && webauthn.passwordless,
      },
    ],
  ]),
  aal2: new Map<string, LoginMethod>([
    [
      'code',
      {
        ...{ answers: ['address', 'resend'], submit: loginBySecondCode },
        isOffered: ({ code }) => code.enabled && code.mfa,
      },
    ],
    ['totp', { isOffered: ({ totp }) => totp.enabled, submit: loginByTotp }],
    ['lookup_secret', { isOffered: (methods) => methods.lookup_secret.enabled, submit: loginByLookup }],
    [
      'webauthn',
      { answers: ['webauthn_login'], isOffered: ({ webauthn }) => webauthn.enabled, submit: loginByWebAuthn },
    ],
  ]),
};

export const LOGIN: FlowUse = {
  prepare: prepareLogin,
  submit: submitLogin,
  async arrive(deps, submission, arrival) {
    requireVisitor(submission);
    return enterByAccount(deps, submission, arrival);
  },
  stateless: STATELESS_LOGIN,
};

/**
 * @throws SessionAvailable @throws FirstFactorRequired @throws FlowOfAnother
 * @see Contract iam 6.4.
 */
async function submitLogin(deps: FlowDeps, submission: Submission): Promise<Outcome> {
  requireVisitor(submission);
  const { offered } = await offerOf(deps, submission);
  const method = methodOf(submission);
  if (method === undefined || !method.isOffered(offered.methods)) return refuseMethod(deps, submission);
  try {
    return await method.submit(deps, submission);
  } catch (error) {
    const isLinking = submission.flow.content.waiting !== undefined;
    if (!(error instanceof FlowOfAnother && isLinking)) throw error;
    return refuseWith(deps, submission, [sayText(4010009)]);
  }
}

function methodOf(submission: Submission): LoginMethod | undefined {
  const methods = METHODS[submission.flow.requestedAal];
  const named = textOf(submission, 'method');
  if (named !== undefined) return methods.get(named);
  const isAnswer = (name: string) => textOf(submission, name) !== undefined;
  return [...methods.values()].find(({ answers = [] }) => answers.some(isAnswer));
}

/** Who may submit it: as when it was begun. */
function requireVisitor({ flow, visitor }: Submission): void {
  if (flow.requestedAal === 'aal2' && visitor === null) throw new FirstFactorRequired();
  if (visitor === null) return;
  if (flow.requestedAal === 'aal1' && !flow.refresh) throw new SessionAvailable();
  requireOwner(flow, visitor.identity.stored.id);
}
