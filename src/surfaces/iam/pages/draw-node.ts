import type { UiText } from '../../../core/self-service/ui/texts.ts';
import type { InputNode, UiNode } from '../../../core/self-service/ui/ui.ts';
import { type Html, html } from '../../../http/html.ts';
import type { PageTexts } from './texts.ts';

/** How a button stands in its form. */
export interface ButtonUse {
  /** The one that Enter presses. */
  readonly isMain: boolean;
  /** Fields that it has no use for may stay empty. */
  readonly skipsChecks: boolean;
  /** Else what it says goes along unseen already. */
  readonly isNamed: boolean;
  /** The id of another form that it submits instead. */
  readonly form?: string;
}

/** The id of a node's element: nodes of different groups may have one name. */
export function idOf({ group, attributes }: UiNode): string {
  return `${group}-${attributes.node_type === 'input' ? attributes.name : attributes.id}`;
}

export function labelOf(texts: PageTexts, node: UiNode): string {
  const own = node.attributes.node_type === 'input' ? node.attributes.label : undefined;
  const label = node.meta.label ?? own;
  if (label !== undefined) return sayIn(texts, label);
  const name = node.attributes.node_type === 'input' ? node.attributes.name : node.attributes.id;
  return name.slice(name.lastIndexOf('.') + 1).replaceAll('_', ' ');
}

function sayIn({ labels }: PageTexts, { id, text }: UiText): string {
  return labels[id] ?? text;
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** True stands without a value; false and undefined are left out. */
function drawAttributes(attributes: Attributes): Html {
  const drawn = Object.entries(attributes).map(([name, value]) => {
    if (value === undefined || value === false) return '';
    return value === true ? html` ${name}` : html` ${name}="${value}"`;
  });
  return html`${drawn}`;
}

export function drawHidden({ attributes: { name, value = '' } }: InputNode): Html {
  return html`<input${drawAttributes({ type: 'hidden', name, value: String(value) })}>`;
}

/** A field with its label and what is wrong with it. */
export function drawField(texts: PageTexts, node: InputNode): Html {
  const { type, name, value = '' } = node.attributes;
  const id = idOf(node);
  const label = html`<label for="${id}">${labelOf(texts, node)}</label>`;
  const common = { id, name, type, ...checksOf(node), ...toldOf(node) };
  if (type === 'checkbox') {
    const ticked = drawAttributes({ ...common, value: 'true', checked: value === true });
    return html`<div class="field"><div class="check"><input${ticked}>${label}</div>${drawMessages(node)}</div>
`;
  }
  const filled = drawAttributes({ ...common, value: value === '' ? undefined : String(value) });
  return html`<div class="field">${label}<input${filled}>${drawMessages(node)}</div>
`;
}

/** What browsers check and fill in. */
function checksOf({ attributes }: InputNode): Attributes {
  const { name, type, required, disabled, pattern, maxlength, autocomplete } = attributes;
  return {
    ...{ required, disabled, pattern, maxlength },
    autocomplete: autocomplete ?? AUTOCOMPLETE.get(name),
    inputmode: NUMERIC.has(name) ? 'numeric' : undefined,
    step: type === 'number' ? 'any' : undefined,
  };
}

/** Of fields whose nodes do not say it themselves. */
const AUTOCOMPLETE: ReadonlyMap<string, string> = new Map([
  ['identifier', 'username'],
  ['email', 'email'],
  ['code', 'one-time-code'],
  ['totp_code', 'one-time-code'],
  ['lookup_secret', 'off'],
]);
const NUMERIC = new Set(['code', 'totp_code']);

function toldOf(node: InputNode): Attributes {
  if (node.messages.length === 0) return {};
  const isWrong = node.messages.some(({ type }) => type === 'error');
  return {
    'aria-describedby': `${idOf(node)}-told`,
    ...(isWrong ? { 'aria-invalid': 'true' } : {}),
  };
}

function drawMessages(node: UiNode): Html {
  if (node.messages.length === 0) return html``;
  const lines = node.messages.map(({ text, type }) => html`<span class="${type}">${text}</span> `);
  return html`<p class="message" id="${idOf(node)}-told">${lines}</p>`;
}

/** `submit` sends the form with the button's name; what else is a button is there once the script has found it. */
export function drawButton(texts: PageTexts, node: InputNode, use: ButtonUse): Html {
  const { type, name, value = '', disabled } = node.attributes;
  const sends = type === 'submit';
  const attributes = drawAttributes({
    type: sends ? 'submit' : 'button',
    class: use.isMain ? 'main' : 'plain',
    ...(use.isNamed ? { name, value: String(value) } : {}),
    ...{ form: use.form, disabled, formnovalidate: sends && use.skipsChecks, hidden: !sends },
    ...toldOf(node),
  });
  return html`<button${attributes}>${labelOf(texts, node)}</button>${drawMessages(node)}
`;
}

/** Everything that is no input. */
export function drawShown(texts: PageTexts, node: Exclude<UiNode, InputNode>): Html {
  const { attributes } = node;
  switch (attributes.node_type) {
    case 'text':
      return html`<div class="field"><p>${labelOf(texts, node)}</p>${drawText(attributes.text)}${drawMessages(node)}</div>
`;
    case 'img': {
      const { src, width, height } = attributes;
      if (!src.startsWith('data:image/')) return html``;
      return html`<p><img${drawAttributes({ src, alt: labelOf(texts, node), width, height })}></p>
`;
    }
    case 'a':
      return html`<a class="button main" href="${attributes.href}">${sayIn(texts, attributes.title)}</a>
`;
    default:
      return html``;
  }
}

/** Of backup codes, each a line; all else as it is. */
function drawText({ text, context }: UiText): Html {
  const secrets = context?.secrets;
  if (!Array.isArray(secrets)) return html`<p><code>${text}</code></p>`;
  const lines = secrets.map((one: UiText) => html`<li><code>${one.text}</code></li>`);
  return html`<ol class="codes">${lines}</ol>`;
}
