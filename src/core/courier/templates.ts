/** How a message goes. */
export const CHANNELS = ['email', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

/** What templates may name. `minutes`: how long the code, or the link, can be used. */
export type Placeholder = 'recipient' | 'code' | 'link' | 'minutes';

export type CodeType =
  | 'recovery_code_valid'
  | 'verification_code_valid'
  | 'login_code_valid'
  | 'registration_code_valid';
export type LinkType = 'recovery_valid' | 'verification_valid';
/** To addresses that nobody has: whoever asked for it learns as much as from any other. */
export type NoticeType =
  | 'recovery_invalid'
  | 'recovery_code_invalid'
  | 'verification_invalid'
  | 'verification_code_invalid';
/** Contract iam 4.3. */
export type TemplateType = CodeType | LinkType | NoticeType;

/** What a message is about. */
export type Occasion =
  | { readonly template: CodeType; readonly code: string; readonly minutes: number }
  | { readonly template: LinkType; readonly link: string; readonly minutes: number }
  | { readonly template: NoticeType };

interface Kind {
  /** What the message is for: a template of it must name this one. */
  readonly essential: 'code' | 'link' | null;
  readonly channels: readonly Channel[];
}

const CODE: Kind = { essential: 'code', channels: CHANNELS };
const LINK: Kind = { essential: 'link', channels: ['email'] };
const NOTICE: Kind = { essential: null, channels: ['email'] };

export const TEMPLATE_KINDS: Readonly<Record<TemplateType, Kind>> = {
  recovery_valid: LINK,
  recovery_invalid: NOTICE,
  recovery_code_valid: CODE,
  recovery_code_invalid: NOTICE,
  verification_valid: LINK,
  verification_invalid: NOTICE,
  verification_code_valid: CODE,
  verification_code_invalid: NOTICE,
  login_code_valid: CODE,
  registration_code_valid: CODE,
};
export const TEMPLATE_TYPES = Object.keys(TEMPLATE_KINDS) as readonly TemplateType[];

export function isTemplateType(text: string): text is TemplateType {
  return Object.hasOwn(TEMPLATE_KINDS, text);
}

/** What a template of the type may name in its texts. A subject may not name what the message is for: it is kept. */
export function placeholdersOf(type: TemplateType): readonly Placeholder[] {
  const { essential } = TEMPLATE_KINDS[type];
  return essential === null ? ['recipient'] : ['recipient', essential, 'minutes'];
}

export function subjectPlaceholdersOf(type: TemplateType): readonly Placeholder[] {
  return placeholdersOf(type).filter((name) => name !== TEMPLATE_KINDS[type].essential);
}

/** Texts with `{{ name }}` in them. */
export interface Template {
  /** One line; null for SMS. */
  readonly subject: string | null;
  readonly text: string;
  /** Null: the message is plain text. */
  readonly html: string | null;
}

/** Any language without a template of its own. */
export const ANY_LOCALE = '*';

/** A pool's own template. */
export interface StoredTemplate extends Template {
  readonly templateType: TemplateType;
  readonly channel: Channel;
  /** Language tag in lower case, or `*`. */
  readonly locale: string;
  readonly updatedAt: Date;
}
