import type { FlowKind } from '../ports.ts';
import { nameOf, type UiGroup, type UiNode } from './ui.ts';

/** In which order groups stand; those that a kind does not name come last. */
const GROUPS: { readonly [K in FlowKind]: readonly UiGroup[] } = {
  login: [
    ...(['oidc', 'saml', 'default', 'identifier_first', 'webauthn', 'passkey', 'code', 'password'] as const),
    ...(['totp', 'lookup_secret', 'captcha'] as const),
  ],
  registration: [
    ...(['oidc', 'saml', 'default', 'webauthn', 'passkey', 'code', 'password', 'captcha'] as const),
    'profile',
  ],
  settings: [
    ...(['default', 'profile', 'password', 'oidc', 'lookup_secret', 'webauthn', 'passkey', 'totp'] as const),
  ],
  recovery: ['default', 'link', 'code'],
  verification: ['default', 'link', 'code'],
};

/** Within a group: these first, in this order; `password` after the traits. */
const FIRST = ['csrf_token', 'identifier'];
const THEN = [
  ...['password', 'code'],
  ...['lookup_secret_reveal', 'lookup_secret_regenerate', 'lookup_secret_codes', 'lookup_secret_confirm'],
  ...['webauthn_remove', 'webauthn_register_displayname', 'webauthn_register'],
  ...['passkey_remove', 'passkey_settings_register'],
  ...['totp_qr', 'totp_secret_key', 'totp_unlink', 'totp_code'],
];

/**
 * The nodes by group, and within a group with the button of the method last. What is not named anywhere, traits among
 * it, keeps its order; in recovery and verification everything does.
 */
export function inOrder(kind: FlowKind, nodes: readonly UiNode[]): UiNode[] {
  const groups = GROUPS[kind];
  const place = (node: UiNode): readonly [number, number] => {
    const group = groups.indexOf(node.group);
    const isFree = kind === 'recovery' || kind === 'verification';
    return [group < 0 ? groups.length : group, isFree ? 0 : placeWithin(nameOf(node))];
  };
  return [...nodes]
    .map((node) => ({ node, at: place(node) }))
    .sort((one, other) => one.at[0] - other.at[0] || one.at[1] - other.at[1])
    .map(({ node }) => node);
}

function placeWithin(name: string): number {
  const traits = FIRST.length;
  const others = traits + 1 + THEN.length;
  if (name === 'method') return others + 1;
  if (FIRST.includes(name)) return FIRST.indexOf(name);
  if (name.startsWith('traits.')) return traits;
  return THEN.includes(name) ? traits + 1 + THEN.indexOf(name) : others;
}
