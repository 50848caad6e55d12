import type { Violation } from '../../traits/ports.ts';
import { type MessageId, sayText, type UiText } from './texts.ts';
import { nameOf, type Ui } from './ui.ts';

/** What a limit is called beside each message. */
const LIMIT_NAMES: Readonly<Record<number, string>> = {
  4000003: 'min_length',
  4000017: 'max_length',
  4000018: 'minimum',
  4000019: 'minimum',
  4000020: 'maximum',
  4000021: 'maximum',
  4000022: 'base',
  4000023: 'max_items',
  4000024: 'min_items',
};
/** Messages that have a text of their own, whatever the schema's rule says. */
const OWN_TEXTS: ReadonlySet<number> = new Set([4000040, 4000041]);

/** The nodes and messages without what an earlier submit was told. */
export function withoutMessages(ui: Ui): Ui {
  return { ...ui, messages: [], nodes: ui.nodes.map((node) => ({ ...node, messages: [] })) };
}

/** Adds a message on top, above all nodes. */
export function withMessage(ui: Ui, ...texts: readonly UiText[]): Ui {
  return { ...ui, messages: [...ui.messages, ...texts] };
}

/** Adds a message to the first node of that name; on top where there is none. */
export function withNodeMessage(ui: Ui, name: string, text: UiText): Ui {
  const place = ui.nodes.findIndex((node) => nameOf(node) === name);
  if (place < 0) return withMessage(ui, text);
  const nodes = ui.nodes.map((node, index) =>
    index === place ? { ...node, messages: [...node.messages, text] } : node,
  );
  return { ...ui, nodes };
}

/**
 * Puts what a schema has to say of traits on the nodes that it is about.
 * @param violations Their paths begin with `traits`; of an entry of a list, the list's node is told.
 */
export function withViolations(ui: Ui, violations: readonly Violation[]): Ui {
  return violations.reduce((told, violation) => {
    const path = violation.instancePath;
    const entry = path.findIndex((step) => typeof step === 'number');
    const name = (entry < 0 ? path : path.slice(0, entry)).join('.');
    return withNodeMessage(told, name, violationText(violation));
  }, ui);
}

/** Says what is demanded and nothing of what was sent. */
export function violationText({ messageId, text, params }: Violation): UiText {
  if (OWN_TEXTS.has(messageId)) return sayText(messageId as MessageId);
  const { limit, missingProperty } = params;
  if (missingProperty !== undefined) return sayText(4000002, { property: missingProperty });
  const name = LIMIT_NAMES[messageId];
  const context = name === undefined || limit === undefined ? { reason: text } : { [name]: limit };
  return { id: messageId, text, type: 'error', context };
}
