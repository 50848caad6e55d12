import type { TraitField } from '../../traits/ports.ts';
import type { SelfServiceConfig } from '../config.ts';
import { fieldNodes } from '../ui/field-nodes.ts';
import { inputNode, submitNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import { withValues } from '../ui/values.ts';

type Offered = Pick<SelfServiceConfig, 'methods' | 'registrationStyle'>;

/** What somebody who signs up is shown first. */
export function firstNodes(offered: Offered, fields: readonly TraitField[]): UiNode[] {
  if (asksProfileFirst(offered))
    return [...fieldNodes(fields, 'profile'), submitNode('profile', { value: 'profile', labelId: 1040001 })];
  return [...fieldNodes(fields, 'default'), ...credentialNodes(offered)];
}

/** Whether credentials are for the second step only. */
export function asksProfileFirst({ methods, registrationStyle }: Offered): boolean {
  return registrationStyle === 'profile_first' && methods.profile.enabled;
}

/** The second step: traits go along unseen, and may be gone back to. */
export function secondNodes(offered: Offered, fields: readonly TraitField[], traits: unknown): UiNode[] {
  return [
    ...hiddenTraits(fields, traits),
    submitNode('profile', { name: 'screen', value: 'previous', labelId: 1040008 }),
    ...credentialNodes(offered),
  ];
}

/** In the place of all others, once a code was sent. */
export function sentCodeNodes(fields: readonly TraitField[], traits: unknown): UiNode[] {
  return [
    ...hiddenTraits(fields, traits),
    inputNode(
      'code',
      { name: 'code', type: 'text', required: true, autocomplete: 'one-time-code' },
      sayText(1070012),
    ),
    submitNode('code', { value: 'code', labelId: 1070009 }),
    submitNode('code', { name: 'resend', value: 'code', labelId: 1070008 }),
  ];
}

function credentialNodes({ methods }: Offered): UiNode[] {
  return [
    ...(methods.code.enabled && methods.code.passwordless
      ? [submitNode('code', { value: 'code', labelId: 1040006 })]
      : []),
    ...(methods.password.enabled
      ? [
          inputNode(
            'password',
            { name: 'password', type: 'password', required: true, autocomplete: 'new-password' },
            sayText(1070001),
          ),
          submitNode('password', { value: 'password', labelId: 1040001 }),
        ]
      : []),
  ];
}

function hiddenTraits(fields: readonly TraitField[], traits: unknown): UiNode[] {
  return withValues(fieldNodes(fields, 'default'), { traits }).flatMap((node) => {
    if (node.type !== 'input') return [];
    const { name, value, disabled } = node.attributes;
    return value === undefined ? [] : [inputNode('default', { name, type: 'hidden', value, disabled })];
  });
}
