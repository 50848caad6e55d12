import { type IamRecord, openIamRecord } from '../iam/record.ts';
import { offerOf } from './begin-flow.ts';
import { prepareSettings } from './begin-settings.ts';
import type { SelfServiceConfig } from './config.ts';
import { RefreshRequired } from './errors.ts';
import type { Flow } from './flow.ts';
import type { FlowUse } from './flow-use.ts';
import { requireOwner } from './get-flow.ts';
import { changeAccounts, linkArrival } from './methods/settings-accounts.ts';
import { changePasskeys, changeWebAuthn } from './methods/settings-key.ts';
import { changeLookup } from './methods/settings-lookup.ts';
import { changePassword } from './methods/settings-password.ts';
import { changeProfile, changesLogin } from './methods/settings-profile.ts';
import { changeTotp } from './methods/settings-totp.ts';
import { type OwnSubmission, requireFresh, requireVisitor } from './methods/settings-visitor.ts';
import type { Outcome } from './outcome.ts';
import { refuse, refuseMethod } from './show-again.ts';
import { type FlowDeps, type Submission, textOf, type Visit } from './visit.ts';

export interface SettingsMethod {
  /** Names of buttons that submit it without naming it, as `totp_unlink` does. */
  readonly buttons?: readonly string[];
  isOffered(methods: SelfServiceConfig['methods']): boolean;
  /** Whether only somebody who has signed in lately may do this (contract iam 6.4, "Privileged changes"). */
  isPrivileged(submission: OwnSubmission, person: IamRecord): boolean;
  /** @param person As they were when the request came. */
  submit(deps: FlowDeps, submission: OwnSubmission, person: IamRecord): Promise<Outcome>;
}

const METHODS: ReadonlyMap<string, SettingsMethod> = new Map<string, SettingsMethod>([
  [
    'profile',
    { isOffered: ({ profile }) => profile.enabled, isPrivileged: changesLogin, submit: changeProfile },
  ],
  [
    'password',
    { isOffered: ({ password }) => password.enabled, isPrivileged: always, submit: changePassword },
  ],
  [
    'totp',
    {
      ...{ buttons: ['totp_unlink'], isOffered: ({ totp }) => totp.enabled },
      ...{ isPrivileged: always, submit: changeTotp },
    },
  ],
  [
    'lookup_secret',
    {
      buttons: ['regenerate', 'reveal', 'confirm', 'disable'].map((what) => `lookup_secret_${what}`),
      isOffered: ({ lookup_secret: lookup }) => lookup.enabled,
      ...{ isPrivileged: always, submit: changeLookup },
    },
  ],
  [
    'webauthn',
    {
      ...{ buttons: ['webauthn_remove', 'webauthn_register'], isOffered: ({ webauthn }) => webauthn.enabled },
      ...{ isPrivileged: always, submit: changeWebAuthn },
    },
  ],
  [
    'passkey',
    {
      ...{ buttons: ['passkey_remove', 'passkey_settings_register'] },
      ...{ isOffered: ({ passkey }) => passkey.enabled, isPrivileged: always, submit: changePasskeys },
    },
  ],
  [
    'oidc',
    {
      ...{ buttons: ['link', 'unlink'], isOffered: ({ oidc }) => oidc.enabled },
      ...{ isPrivileged: always, submit: changeAccounts },
    },
  ],
]);

function always(): boolean {
  return true;
}

/** Settings are never used up: after a change they show what is so by now, and may be submitted again. */
export const SETTINGS: FlowUse = {
  ...{ prepare: prepareSettings, submit: submitSettings },
  ...{ admit: admitOwner, arrive: linkArrival },
};

/** @throws SessionInactive @throws AssuranceTooLow @throws FlowOfAnother */
async function admitOwner(deps: FlowDeps, visit: Visit, flow: Flow): Promise<void> {
  const { identity } = requireVisitor(visit, await offerOf(deps, { ...visit, flow }));
  requireOwner(flow, identity.stored.id);
}

/**
 * @throws RefreshRequired What was typed stays on the form.
 * @see Contract iam 6.4, "Settings" and "Privileged changes".
 */
async function submitSettings(deps: FlowDeps, plain: Submission): Promise<Outcome> {
  const offer = await offerOf(deps, plain);
  const { offered } = offer;
  const visitor = requireVisitor(plain, offer);
  const submission: OwnSubmission = { ...plain, visitor };
  const [name, method] = methodOf(submission);
  if (method === undefined || !method.isOffered(offered.methods)) return refuseMethod(deps, submission);
  const person = await openIamRecord(deps, visitor.identity.stored);
  try {
    if (method.isPrivileged(submission, person)) requireFresh(deps, offered, submission, visitor.session);
    return await method.submit(deps, submission, person);
  } catch (error) {
    if (error instanceof RefreshRequired) await refuse(deps, submission, (ui) => ui, { active: name });
    throw error;
  }
}

function methodOf(submission: Submission): readonly [string, SettingsMethod | undefined] {
  const named = textOf(submission, 'method');
  if (named !== undefined) return [named, METHODS.get(named)];
  const { body } = submission;
  // Fields that a script would have filled in come along empty.
  const isPressed = (name: string) => Object.hasOwn(body, name) && body[name] !== '';
  const found = [...METHODS].find(([, { buttons = [] }]) => buttons.some(isPressed));
  return found ?? ['', undefined];
}
