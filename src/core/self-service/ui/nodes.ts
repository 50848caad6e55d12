import { type MessageId, sayText, type UiText } from './texts.ts';
import {
  type AnchorAttributes,
  type DivisionAttributes,
  type ImageAttributes,
  type InputAttributes,
  type InputNode,
  nameOf,
  type Scalar,
  type ScriptAttributes,
  type UiGroup,
  type UiNode,
} from './ui.ts';

type Given<Attributes> = Omit<Attributes, 'node_type' | 'disabled' | 'label'> & {
  readonly disabled?: boolean;
};

/** @param label Beside the field, or on the button. */
export function inputNode(group: UiGroup, attributes: Given<InputAttributes>, label?: UiText): InputNode {
  const { name, type, disabled = false, ...rest } = attributes;
  return {
    ...{ type: 'input', group, messages: [], meta: label === undefined ? {} : { label } },
    attributes: { name, type, ...rest, disabled, node_type: 'input' },
  };
}

/** The button that submits a form with `name=value`: `method=password`, `totp_unlink=true`. */
export function submitNode(
  group: UiGroup,
  { name = 'method', value, labelId }: { name?: string; value: Scalar; labelId: MessageId },
): InputNode {
  return inputNode(group, { name, type: 'submit', value }, sayText(labelId));
}

/** Every flow's first node. The token is filled in as a flow is shown; of API flows it stays empty. */
export function csrfNode(token = ''): InputNode {
  return inputNode('default', { name: 'csrf_token', type: 'hidden', value: token, required: true });
}

export function textNode(group: UiGroup, { id, text }: { id: string; text: UiText }, label?: UiText): UiNode {
  return {
    ...{ type: 'text', group, messages: [], meta: label === undefined ? {} : { label } },
    attributes: { text, id, node_type: 'text' },
  };
}

export function imageNode(
  group: UiGroup,
  { src, id, width, height }: Given<ImageAttributes>,
  label?: UiText,
): UiNode {
  return {
    ...{ type: 'img', group, messages: [], meta: label === undefined ? {} : { label } },
    attributes: { src, id, width, height, node_type: 'img' },
  };
}

export function anchorNode(group: UiGroup, { href, title, id }: Given<AnchorAttributes>): UiNode {
  return {
    ...{ type: 'a', group, messages: [], meta: { label: title } },
    attributes: { href, title, id, node_type: 'a' },
  };
}

export function divisionNode(group: UiGroup, { id, class: name, data }: Given<DivisionAttributes>): UiNode {
  return {
    ...{ type: 'div', group, messages: [], meta: {} },
    attributes: {
      ...(name === undefined ? {} : { class: name }),
      ...(data === undefined ? {} : { data }),
      ...{ id, node_type: 'div' },
    },
  };
}

/** Loads what the triggers of `webauthn` and `passkey` nodes call. Of browser flows only. */
export function scriptNode(
  group: UiGroup,
  { id, src, integrity, nonce }: Pick<ScriptAttributes, 'id' | 'src' | 'integrity' | 'nonce'>,
): UiNode {
  return {
    ...{ type: 'script', group, messages: [], meta: {} },
    attributes: {
      ...{ src, async: true, referrerpolicy: 'no-referrer', crossorigin: 'anonymous', integrity },
      ...{ type: 'text/javascript', id, nonce, node_type: 'script' },
    },
  };
}

/** The nodes with the token in place. */
export function withCsrfToken(nodes: readonly UiNode[], token: string): UiNode[] {
  return nodes.map((node) => (nameOf(node) === 'csrf_token' ? csrfNode(token) : node));
}

/** The nodes with the script as it is served now, and a nonce for pages that let scripts through by one. */
export function withScript(
  nodes: readonly UiNode[],
  newScript: () => Pick<ScriptAttributes, 'integrity' | 'nonce'>,
): UiNode[] {
  return nodes.map((node) =>
    node.type === 'script' ? { ...node, attributes: { ...node.attributes, ...newScript() } } : node,
  );
}

/** In the place of the nodes of the same names and groups, or at the end. */
export function withNodes(nodes: readonly UiNode[], added: readonly UiNode[]): UiNode[] {
  const isSame = (one: UiNode, other: UiNode): boolean =>
    one.group === other.group && nameOf(one) === nameOf(other);
  return [
    ...nodes.map((node) => added.find((one) => isSame(one, node)) ?? node),
    ...added.filter((one) => !nodes.some((node) => isSame(one, node))),
  ];
}

export function withoutGroups(nodes: readonly UiNode[], groups: readonly UiGroup[]): UiNode[] {
  return nodes.filter(({ group }) => !groups.includes(group));
}
