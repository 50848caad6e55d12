import type { FlowKind } from '../../../core/self-service/ports.ts';

/** What pages say of their own, in one language. Messages and labels of flows come from the flows. */
export interface PageTexts {
  /** For the `lang` attribute. */
  readonly language: string;
  readonly skip: string;
  readonly service: string;
  readonly kinds: Readonly<Record<FlowKind, string>>;
  readonly confirmItIsYou: string;
  readonly secondStep: string;
  readonly enterCode: string;
  readonly chooseCredential: string;
  readonly done: string;
  /** Over the list of what is wrong with a form. */
  readonly problem: string;
  readonly or: string;
  readonly needsScript: string;
  /** Parts of settings, by group. */
  readonly groups: Readonly<Record<string, string>>;
  /** In the place of a flow's own text, by its id. */
  readonly labels: Readonly<Record<number, string>>;
  readonly links: Readonly<
    Record<
      | 'signIn'
      | 'register'
      | 'recover'
      | 'verify'
      | 'settings'
      | 'sessions'
      | 'signOut'
      | 'start'
      | 'reference'
      | 'secondFactor'
      | 'again',
      string
    >
  >;
  readonly welcome: { readonly title: string; readonly text: string };
  readonly home: {
    readonly title: string;
    readonly signedInAs: string;
    readonly addresses: string;
    readonly verified: string;
    readonly unverified: string;
    readonly needsSecondFactor: string;
  };
  readonly sessions: {
    readonly title: string;
    readonly current: string;
    readonly others: string;
    readonly none: string;
    readonly signedInAt: string;
    readonly unknownDevice: string;
    readonly revoke: string;
    readonly revokeAll: string;
    /** How many there are beyond those that are listed. */
    readonly more: string;
  };
  readonly signedOut: { readonly title: string; readonly text: string };
  readonly error: {
    readonly title: string;
    /** By the error's code. */
    readonly reasons: Readonly<Record<string, string>>;
    /** What is our own fault. */
    readonly fault: string;
    /** Whatever else there may be. */
    readonly other: string;
  };
}

const EN: PageTexts = {
  language: 'en',
  skip: 'Skip to content',
  service: 'Selfsame',
  kinds: {
    login: 'Sign in',
    registration: 'Create an account',
    settings: 'Account settings',
    recovery: 'Recover your account',
    verification: 'Verify your address',
  },
  confirmItIsYou: 'Confirm that it is you',
  secondStep: 'Second step',
  enterCode: 'Enter the code',
  chooseCredential: 'Choose how you will sign in',
  done: 'Done',
  problem: 'There is a problem',
  or: 'or',
  needsScript: 'Security keys and passkeys need JavaScript, which is switched off.',
  groups: {
    default: 'General',
    profile: 'Profile',
    password: 'Password',
    oidc: 'Linked accounts',
    saml: 'Linked accounts',
    totp: 'Authenticator app',
    lookup_secret: 'Backup codes',
    webauthn: 'Security keys',
    passkey: 'Passkeys',
    code: 'Code',
  },
  labels: { 1070004: 'E-mail address, phone number or user name' },
  links: {
    signIn: 'Sign in',
    register: 'Create an account',
    recover: 'Cannot sign in?',
    verify: 'Verify an address',
    settings: 'Account settings',
    sessions: 'Signed-in devices',
    signOut: 'Sign out',
    start: 'To the start page',
    reference: 'API reference',
    secondFactor: 'Go on to the second step',
    again: 'Start again',
  },
  welcome: {
    title: 'Welcome',
    text: 'Sign in to see and change your account, or create one.',
  },
  home: {
    title: 'Your account',
    signedInAs: 'You are signed in as',
    addresses: 'Addresses',
    verified: 'verified',
    unverified: 'not verified yet',
    needsSecondFactor: 'You are almost in: your account has a second factor, which you have not shown yet.',
  },
  sessions: {
    title: 'Signed-in devices',
    current: 'This device',
    others: 'Other devices',
    none: 'You are signed in nowhere else.',
    signedInAt: 'Signed in',
    unknownDevice: 'Unknown device',
    revoke: 'Sign out',
    revokeAll: 'Sign out everywhere else',
    more: 'Older ones are not listed; the button above signs them out too.',
  },
  signedOut: { title: 'You are signed out', text: 'Close the browser too if others use this device.' },
  error: {
    title: 'This did not work',
    reasons: {
      security_csrf_violation:
        'This page was opened in another browser, or your browser does not keep cookies. Start again in one window.',
      self_service_flow_return_to_forbidden:
        'The page that you came from is not one that we send people back to.',
      self_service_flow_disabled: 'This is switched off here.',
      self_service_flow_finished: 'This was done already.',
      self_service_flow_changed: 'This was sent twice at the same moment. Look at it again.',
      session_required: 'You have to sign in first.',
      session_inactive: 'You have to sign in first.',
      session_aal1_required: 'You have to sign in first.',
      session_aal2_required: 'You have to show your second factor first.',
      session_refresh_required: 'You have to confirm first that it is you.',
      security_identity_mismatch:
        'This page belongs to another account than the one that you are signed in to.',
      locked_out: 'There were too many failed attempts. Wait a while, then try again.',
      not_found: 'There is no such page, or it is not there any more.',
    },
    fault: 'Something went wrong on our side. Try again in a moment.',
    other: 'That could not be done. Go back to the start page and try again.',
  },
};

/** By language tag; another language is an entry here. */
const TEXTS: Readonly<Record<string, PageTexts>> = { en: EN };

/** @param languages As `preferredLanguages` gives them. */
export function textsFor(languages: readonly string[]): PageTexts {
  const tag = languages.find((one) => TEXTS[one] !== undefined);
  return (tag === undefined ? undefined : TEXTS[tag]) ?? EN;
}
