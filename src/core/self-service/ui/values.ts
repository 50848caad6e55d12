import { type InputType, nameOf, type Scalar, type UiNode } from './ui.ts';

/** Types of what a person types in and may see again: no password, no code, nothing hidden, no button. */
const SHOWN_AGAIN: ReadonlySet<InputType> = new Set<InputType>([
  ...(['text', 'email', 'tel', 'url', 'number', 'checkbox', 'date', 'datetime-local'] as const),
]);
/** By name, so that a code or a secret, which is a text too, never comes back. */
const OTHER_NAMES = new Set(['identifier', 'email', 'webauthn_register_displayname']);
const LENGTH_MAX = 1024;

/**
 * The nodes with what was submitted, or what a record holds, filled in. Passwords, codes and everything that a flow put
 * into a node itself stay as they are.
 *
 * @param values As a body is: `{ identifier, traits: { name: { first } } }`. What is no scalar, longer than 1024
 *   characters, or of another type than the node, is left out.
 */
export function withValues(nodes: readonly UiNode[], values: { readonly [name: string]: unknown }): UiNode[] {
  return nodes.map((node) => {
    if (node.type !== 'input') return node;
    const { name, type } = node.attributes;
    if (!SHOWN_AGAIN.has(type) || !(OTHER_NAMES.has(name) || name.startsWith('traits.'))) return node;
    const value = scalarOf(valueAt(values, name), type);
    return value === null ? node : { ...node, attributes: { ...node.attributes, value } };
  });
}

/** The nodes without what was filled in, where nothing of it may stay. */
export function withoutValue(nodes: readonly UiNode[], name: string): UiNode[] {
  return nodes.map((node) => {
    if (node.type !== 'input' || nameOf(node) !== name) return node;
    const { value: _, ...attributes } = node.attributes;
    return { ...node, attributes };
  });
}

function valueAt(values: unknown, name: string): unknown {
  return name
    .split('.')
    .reduce<unknown>(
      (at, key) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, key)
          ? (at as { readonly [key: string]: unknown })[key]
          : undefined,
      values,
    );
}

function scalarOf(value: unknown, type: InputType): Scalar | null {
  if (type === 'checkbox') return typeof value === 'boolean' ? value : null;
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.length <= LENGTH_MAX ? value : null;
}
