import { anchorNode, csrfNode, inputNode, submitNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import type { AddressKind, AddressProof } from './recovery-kinds.ts';

const CODE_LABELS = { recovery: 1070010, verification: 1070011 } as const satisfies Record<
  AddressKind,
  number
>;
const CODE = { type: 'text', required: true, pattern: '[0-9]+', maxlength: 6 } as const;

/**
 * Asks for the address, beside the node of every flow. @see Contract iam 6.1.
 * @param sentTo Where a link was sent already: it can be sent again.
 */
export function addressNodes(proof: AddressProof, sentTo?: string): UiNode[] {
  const value = sentTo === undefined ? {} : { value: sentTo };
  const email = { name: 'email', type: 'email', required: true, ...value } as const;
  return [inputNode(proof, email, sayText(1070007)), submitNode(proof, { value: proof, labelId: 1070009 })];
}

/**
 * Asks for the code.
 * @param sentTo The address that it may be sent to again; null: it was given to an administrator.
 */
export function codeNodes(kind: AddressKind, sentTo: string | null): UiNode[] {
  const hidden = { name: 'method', type: 'hidden', value: 'code' } as const;
  return [
    csrfNode(),
    inputNode('code', { name: 'code', ...CODE }, sayText(CODE_LABELS[kind])),
    inputNode('code', hidden),
    submitNode('code', { value: 'code', labelId: 1070009 }),
    ...(sentTo === null ? [] : [submitNode('code', { name: 'email', value: sentTo, labelId: 1070008 })]),
  ];
}

/** After a verification: the way on. */
export function continueNodes(proof: AddressProof, href: string): UiNode[] {
  return [csrfNode(), anchorNode(proof, { href, title: sayText(1070009), id: 'continue' })];
}
