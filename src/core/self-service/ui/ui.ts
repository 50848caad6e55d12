import type { UiText } from './texts.ts';

// The names are the contract's own (iam 6.1), also in what is stored: nodes are data that clients draw, and nothing
// here reads them back but by name and type.

export type UiGroup =
  | 'default'
  | 'password'
  | 'code'
  | 'oidc'
  | 'profile'
  | 'totp'
  | 'lookup_secret'
  | 'webauthn'
  | 'passkey'
  | 'link'
  | 'identifier_first'
  | 'captcha'
  | 'saml';

export type InputType =
  | 'text'
  | 'password'
  | 'number'
  | 'checkbox'
  | 'hidden'
  | 'email'
  | 'tel'
  | 'submit'
  | 'button'
  | 'datetime-local'
  | 'date'
  | 'url';

export type Autocomplete =
  | 'email'
  | 'tel'
  | 'url'
  | 'current-password'
  | 'new-password'
  | 'one-time-code'
  | 'username'
  | 'username webauthn';

/** Functions of the script that a `script` node loads. */
export type Trigger =
  | 'oryWebAuthnRegistration'
  | 'oryWebAuthnLogin'
  | 'oryPasskeyLogin'
  | 'oryPasskeyLoginAutocompleteInit'
  | 'oryPasskeyRegistration'
  | 'oryPasskeySettingsRegistration';

export type Scalar = string | number | boolean;

export interface InputAttributes {
  readonly name: string;
  readonly type: InputType;
  readonly value?: Scalar;
  readonly required?: true;
  readonly disabled: boolean;
  readonly autocomplete?: Autocomplete;
  readonly pattern?: string;
  readonly maxlength?: number;
  readonly onclickTrigger?: Trigger;
  readonly onloadTrigger?: Trigger;
  readonly label?: UiText;
  readonly node_type: 'input';
}

export interface TextAttributes {
  readonly id: string;
  readonly text: UiText;
  readonly node_type: 'text';
}

export interface ImageAttributes {
  readonly id: string;
  readonly src: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly node_type: 'img';
}

export interface AnchorAttributes {
  readonly id: string;
  readonly href: string;
  readonly title: UiText;
  readonly node_type: 'a';
}

export interface ScriptAttributes {
  readonly id: string;
  readonly src: string;
  readonly async: boolean;
  readonly referrerpolicy: string;
  readonly crossorigin: string;
  /** Subresource integrity, `sha512-…`. */
  readonly integrity: string;
  readonly type: string;
  readonly nonce: string;
  readonly node_type: 'script';
}

export interface DivisionAttributes {
  readonly id: string;
  readonly class?: string;
  readonly data?: { readonly [name: string]: string };
  readonly node_type: 'div';
}

interface Node<Attributes extends { readonly node_type: string }> {
  readonly type: Attributes['node_type'];
  readonly group: UiGroup;
  readonly attributes: Attributes;
  readonly messages: readonly UiText[];
  readonly meta: { readonly label?: UiText };
}

export type InputNode = Node<InputAttributes>;
export type UiNode =
  | InputNode
  | Node<TextAttributes>
  | Node<ImageAttributes>
  | Node<AnchorAttributes>
  | Node<ScriptAttributes>
  | Node<DivisionAttributes>;

/** What a client draws, and where it sends it. */
export interface Ui {
  readonly action: string;
  readonly method: 'POST';
  readonly nodes: readonly UiNode[];
  readonly messages: readonly UiText[];
}

/** What a node is known by: an input by its name, all others by their id. */
export function nameOf({ attributes }: UiNode): string {
  return attributes.node_type === 'input' ? attributes.name : attributes.id;
}
