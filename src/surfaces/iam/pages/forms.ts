import type { InputNode, UiGroup, UiNode } from '../../../core/self-service/ui/ui.ts';

/** One `<form>` of a page. */
export interface FormPlan {
  /** Of whoever the flow is about, as far as its nodes say; null: they do not. */
  readonly userName: string | null;
  /** What goes along unseen. */
  readonly hidden: readonly InputNode[];
  /** In the order in which they stand: the first button is the one that Enter presses. */
  readonly parts: readonly FormPart[];
}

export interface FormPart {
  readonly group: UiGroup;
  /** Fields, texts, pictures and buttons, in the flow's order. */
  readonly nodes: readonly UiNode[];
}

/** Ways that Enter is most likely meant for come first, other sites last. */
const FIRST: readonly UiGroup[] = ['default', 'password', 'identifier_first', 'code'];
const LAST: readonly UiGroup[] = ['oidc', 'saml'];

/**
 * The forms that a flow's nodes make: one for each group, so that Enter sends what was typed into it, and one for all where
 * they have a field in common.
 */
export function planForms(nodes: readonly UiNode[]): FormPlan[] {
  const drawn = nodes.filter(({ type }) => type !== 'script');
  const shared = drawn.filter(({ group }) => group === 'default');
  const parts = partsOf(drawn.filter(({ group }) => group !== 'default'));
  const common = shared.filter((node) => !isHidden(node));
  const hidden = shared.filter(isHidden);
  const userName = userNameOf(drawn);
  if (common.length === 0) return parts.map((part) => formOf({ hidden, userName }, [part]));
  const inOrder = [...parts].sort((one, other) => rank(one.group) - rank(other.group));
  return [formOf({ hidden, userName }, [{ group: 'default', nodes: common }, ...inOrder])];
}

function partsOf(nodes: readonly UiNode[]): FormPart[] {
  const groups = [...new Set(nodes.map(({ group }) => group))];
  return groups.map((group) => ({ group, nodes: nodes.filter((node) => node.group === group) }));
}

/** What somebody signs in with: the first of these that is filled in. */
const USER_NAMES = [/^identifier$/, /^traits\..*e-?mail/i, /^traits\./];

function userNameOf(nodes: readonly UiNode[]): string | null {
  const filled = nodes.filter((node) => node.type === 'input' && typeof node.attributes.value === 'string');
  const inputs = (filled as InputNode[]).filter(({ attributes }) => attributes.value !== '');
  for (const pattern of USER_NAMES) {
    const found = inputs.find(({ attributes }) => pattern.test(attributes.name));
    if (found !== undefined) return String(found.attributes.value);
  }
  return null;
}

function formOf(
  { hidden, userName }: Pick<FormPlan, 'hidden' | 'userName'>,
  parts: readonly FormPart[],
): FormPlan {
  const own = parts.flatMap(({ nodes }) => nodes.filter(isHidden));
  return {
    userName,
    hidden: [...hidden, ...own],
    parts: parts.map(({ group, nodes }) => ({ group, nodes: nodes.filter((node) => !isHidden(node)) })),
  };
}

function rank(group: UiGroup): number {
  if (LAST.includes(group)) return FIRST.length + 1;
  return FIRST.includes(group) ? FIRST.indexOf(group) : FIRST.length;
}

function isHidden(node: UiNode): node is InputNode {
  return node.type === 'input' && node.attributes.type === 'hidden';
}

export function isButton(node: UiNode): node is InputNode {
  return node.type === 'input' && (node.attributes.type === 'submit' || node.attributes.type === 'button');
}

/** Something that is typed in or ticked. */
export function isField(node: UiNode): node is InputNode {
  return node.type === 'input' && !isHidden(node) && !isButton(node);
}

/** Whether browsers would keep this button back for a field that it has no use for. */
export function skipsChecks({ parts }: FormPlan, button: InputNode): boolean {
  const isMethod = button.attributes.name === 'method';
  const foreign = parts.filter(({ group }) => group !== 'default' && group !== button.group);
  return !isMethod || foreign.some(({ nodes }) => nodes.some(isRequired));
}

function isRequired(node: UiNode): boolean {
  return isField(node) && node.attributes.required === true;
}

/**
 * Whether a button must not be the one that Enter presses in a field of its group: it removes something, or shows it.
 */
export function standsAlone({ nodes }: FormPart, button: InputNode): boolean {
  if (button.attributes.type !== 'submit' || button.attributes.name === 'method') return false;
  const isSent = nodes.some((node) => isButton(node) && node.attributes.name === 'method');
  return !isSent && nodes.some(isField);
}
