import { InternalFault } from '../../errors.ts';
import type { FlowKind } from '../ports.ts';
import { CATALOGUE } from './catalogue.ts';

export type MessageId = keyof typeof CATALOGUE;

/** A message as clients get it. They translate by the id; the text is English. */
export interface UiText {
  /** Mostly a `MessageId`; of a schema's rule, the number that the rule has. */
  readonly id: number;
  readonly text: string;
  readonly type: 'info' | 'error' | 'success';
  readonly context?: { readonly [name: string]: unknown };
}

type Fills = { readonly [name: string]: unknown };

const NAME = /\{([A-Za-z_]+)\}/g;
const MINUTE_MS = 60 * 1000;

/**
 * @param context What a client that translates needs; it also fills the text's `{names}`.
 * @param fills For names that are no part of the context. Values are put in once: none is read as a name.
 * @throws InternalFault A name that nobody fills.
 */
export function sayText(id: MessageId, context: Fills = {}, fills: Fills = {}): UiText {
  const { type, text } = CATALOGUE[id];
  const values = { ...context, ...fills };
  const filled = text.replaceAll(NAME, (_, name: string) => {
    if (!Object.hasOwn(values, name)) throw new InternalFault(`message ${id} has nothing for ${name}`);
    return String(values[name as keyof typeof values]);
  });
  return { id, text: filled, type, ...(Object.keys(context).length === 0 ? {} : { context }) };
}

const EXPIRED = {
  login: 4010001,
  registration: 4040001,
  settings: 4050001,
  recovery: 4060005,
  verification: 4070005,
} as const satisfies Record<FlowKind, MessageId>;

/** On the flow that takes the place of one that expired. */
export function expiredText(kind: FlowKind, { expiredAt, now }: { expiredAt: Date; now: Date }): UiText {
  return sayText(EXPIRED[kind], timeContext('expired_at', expiredAt), { minutes: minutes(expiredAt, now) });
}

const NO_STRATEGY = {
  login: 4010002,
  registration: 4010003,
  settings: 4010004,
  recovery: 4010005,
  verification: 4010006,
} as const satisfies Record<FlowKind, MessageId>;

/** No method, or one that is switched off. */
export function noStrategyText(kind: FlowKind): UiText {
  return sayText(NO_STRATEGY[kind]);
}

/** After a recovery: until when settings may be changed without signing in. */
export function recoveredText({ until, now }: { until: Date; now: Date }): UiText {
  const context = {
    privilegedSessionExpiresAt: until.toISOString(),
    ...timeContext('privileged_session_expires_at', until),
  };
  return sayText(1060001, context, { minutes: minutes(now, until) });
}

/** A lookup code that was used. */
export function usedText(usedAt: Date): UiText {
  return sayText(1050014, timeContext('used_at', usedAt));
}

/** All backup codes of somebody, in one text; of those that were used, that they were. */
export function lookupCodesText(
  codes: readonly { readonly code: string; readonly usedAt?: string }[],
): UiText {
  const secrets = codes.map(({ code, usedAt }) =>
    usedAt === undefined ? sayText(1050009, { secret: code }) : usedText(new Date(usedAt)),
  );
  const list = codes.map(({ code, usedAt }) => (usedAt === undefined ? code : 'used')).join(', ');
  return sayText(1050015, { secrets }, { list });
}

/** The button that removes a security key or a passkey. */
export function removeKeyText(id: 1050018 | 1050020, key: { displayName: string; addedAt: Date }): UiText {
  return sayText(id, { display_name: key.displayName, ...timeContext('added_at', key.addedAt) });
}

/** How an account that is there already can be signed in to; says only what the caller decided to tell. */
export function duplicateText(hints: {
  readonly identifier: string | null;
  readonly types: readonly string[];
  readonly providers: readonly string[];
}): UiText {
  const { identifier, types, providers } = hints;
  const context = {
    available_credential_types: types,
    available_oidc_providers: providers,
    credential_identifier_hint: identifier ?? '',
  };
  const named = types.map((type) => WAYS[type] ?? type);
  const list = named.map((way, index) => (index > 0 && index === named.length - 1 ? `or ${way}` : way));
  const social = `one of the following social sign in providers: ${providers.join(', ')}`;
  const ways = [...(list.length === 0 ? [] : [list.join(', ')]), ...(providers.length === 0 ? [] : [social])];
  return sayText(4000028, context, {
    identifier: identifier ?? 'an email, phone, or username',
    ways: ways.map((way) => ` You can sign in using ${way}.`).join(''),
  });
}

const WAYS: Readonly<Record<string, string>> = {
  password: 'your password',
  oidc: 'social sign in',
  saml: 'social sign in',
  webauthn: 'your passkey or a security key',
  passkey: 'your passkey',
};

function timeContext(name: string, at: Date): Fills {
  return { [name]: at.toISOString(), [`${name}_unix`]: Math.floor(at.getTime() / 1000) };
}

function minutes(from: Date, to: Date): string {
  return ((to.getTime() - from.getTime()) / MINUTE_MS).toFixed(2);
}
