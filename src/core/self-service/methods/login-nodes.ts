import type { Credentials } from '../../credentials/credentials.ts';
import type { Derived } from '../../traits/ports.ts';
import type { CodeAddress } from '../code-addresses.ts';
import type { SelfServiceConfig } from '../config.ts';
import { inputNode, submitNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';

type Methods = Pick<SelfServiceConfig, 'methods'>;

const identifierNode = (): UiNode =>
  inputNode('default', { name: 'identifier', type: 'text', required: true, value: '' }, sayText(1070004));

/** What somebody unknown signs in with. */
export function firstFactorNodes({ methods }: Methods): UiNode[] {
  const nodes = credentialNodes({ methods });
  return nodes.length === 0 ? [] : [identifierNode(), ...nodes];
}

/** The first of two steps: only who somebody says they are. */
export function identifierFirstNodes(): UiNode[] {
  const identifier = { name: 'identifier', type: 'text', required: true, value: '' } as const;
  return [
    inputNode('identifier_first', { ...identifier, autocomplete: 'username webauthn' }, sayText(1070004)),
    submitNode('identifier_first', { value: 'identifier_first', labelId: 1070009 }),
  ];
}

/** Of somebody who has said who they are. */
export function namedNode(identifier: string): UiNode {
  return inputNode('default', { name: 'identifier', type: 'hidden', value: identifier });
}

/** What is shown of oneself beside saying who one is. */
export function credentialNodes({ methods }: Methods): UiNode[] {
  const withPassword = methods.password.enabled;
  const withCode = methods.code.enabled && methods.code.passwordless;
  return [
    ...(withCode ? [submitNode('code', { value: 'code', labelId: 1010015 })] : []),
    ...(withPassword ? passwordNodes(1010022) : []),
  ];
}

/** What a visitor, who is known, can show again: only what they have. */
export function refreshNodes(
  { methods }: Methods,
  { credentials, derived }: { credentials: Credentials; derived: Derived },
): UiNode[] {
  const identifierOf = (type: 'password' | 'code') =>
    derived.identifiers.find((one) => one.type === type)?.value;
  const hasHash = (credentials.password?.hash ?? null) !== null;
  const password = methods.password.enabled && hasHash ? identifierOf('password') : undefined;
  const code = methods.code.enabled && methods.code.passwordless ? identifierOf('code') : undefined;
  const identifier = password ?? code;
  return [
    ...(identifier === undefined ? [] : [namedNode(identifier)]),
    ...(code === undefined ? [] : [submitNode('code', { value: 'code', labelId: 1010015 })]),
    ...(password === undefined ? [] : passwordNodes(1010001)),
  ];
}

export function secondFactorNodes(factors: readonly string[]): UiNode[] {
  return [
    ...(factors.includes('totp')
      ? [
          inputNode('totp', { name: 'totp_code', type: 'text', required: true, value: '' }, sayText(1010006)),
          submitNode('totp', { value: 'totp', labelId: 1010009 }),
        ]
      : []),
    ...(factors.includes('lookup_secret')
      ? [
          inputNode(
            'lookup_secret',
            { name: 'lookup_secret', type: 'text', required: true, value: '' },
            sayText(1010007),
          ),
          submitNode('lookup_secret', { value: 'lookup_secret', labelId: 1010010 }),
        ]
      : []),
  ];
}

/** A button for each address that a code may go to. */
export function codeAddressNodes(addresses: readonly CodeAddress[]): UiNode[] {
  return addresses.map(({ identifier, via }) => {
    const label = sayText(1010023, { address: identifier, channel: via });
    return inputNode('code', { name: 'address', type: 'submit', value: identifier }, label);
  });
}

/** In the place of all others, once a code was sent. */
export function sentCodeNodes(identifier: string): UiNode[] {
  return [
    inputNode('code', { name: 'identifier', type: 'hidden', value: identifier }),
    inputNode(
      'code',
      { name: 'code', type: 'text', required: true, autocomplete: 'one-time-code' },
      sayText(1070013),
    ),
    submitNode('code', { value: 'code', labelId: 1070009 }),
    submitNode('code', { name: 'resend', value: 'code', labelId: 1070008 }),
  ];
}

function passwordNodes(labelId: 1010001 | 1010022): UiNode[] {
  return [
    inputNode(
      'password',
      { name: 'password', type: 'password', required: true, autocomplete: 'current-password' },
      sayText(1070001),
    ),
    submitNode('password', { value: 'password', labelId }),
  ];
}
