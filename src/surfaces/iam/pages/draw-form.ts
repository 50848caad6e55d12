import type { InputNode, UiNode } from '../../../core/self-service/ui/ui.ts';
import { type Html, html } from '../../../http/html.ts';
import { drawButton, drawField, drawHidden, drawShown } from './draw-node.ts';
import { type FormPart, type FormPlan, isButton, isField, skipsChecks, standsAlone } from './forms.ts';
import type { PageTexts } from './texts.ts';

export interface FormPlace {
  readonly texts: PageTexts;
  /** Where it is sent to. */
  readonly action: string;
  /** Of the page's form beside the others, which holds nothing but what goes along unseen. */
  readonly bareForm: string;
}

/** Names of buttons that nobody should press by the way. */
const TAKES_AWAY = /(?:unlink|remove|disable)$/;

/** A form of a flow. */
export function drawForm(place: FormPlace, plan: FormPlan): Html {
  const [first] = plan.parts.flatMap(({ nodes }) => nodes).filter(isButton);
  const parts = plan.parts.map((part, index) => {
    const separator =
      index > 0 && isWayOfItsOwn(plan, index) ? html`<p class="or">${place.texts.or}</p>` : '';
    return html`${separator}${part.nodes.map((node) => drawPart(place, { plan, part, node, first }))}`;
  });
  return html`<form method="post" action="${place.action}">${plan.hidden.map(drawHidden)}${drawUserName(plan)}
${parts}</form>
`;
}

/** Beside a password and no name, for what keeps passwords: unseen, and not sent. */
function drawUserName({ parts, userName }: FormPlan): Html {
  const fields = parts.flatMap(({ nodes }) => nodes).filter(isField);
  const types = fields.map(({ attributes }) => attributes.type);
  if (userName === null || !types.includes('password') || types.some((type) => type !== 'password'))
    return html``;
  return html`<input type="text" autocomplete="username" value="${userName}" hidden>`;
}

/** After the common fields the first way stands without an "or". */
function isWayOfItsOwn({ parts }: FormPlan, index: number): boolean {
  return parts[index - 1]?.group !== 'default';
}

/** A name that is sent twice would be a list. */
function isSentUnseen({ hidden }: FormPlan, { attributes: { name, value } }: InputNode): boolean {
  return hidden.some(({ attributes }) => attributes.name === name && attributes.value === value);
}

interface Drawn {
  readonly plan: FormPlan;
  readonly part: FormPart;
  readonly node: UiNode;
  /** The first button of the form. */
  readonly first: InputNode | undefined;
}

function drawPart({ texts, bareForm }: FormPlace, { plan, part, node, first }: Drawn): Html {
  if (isButton(node)) {
    const isAlone = standsAlone(part, node);
    return drawButton(texts, node, {
      isMain: node === first && !TAKES_AWAY.test(node.attributes.name),
      skipsChecks: skipsChecks(plan, node),
      isNamed: !isSentUnseen(plan, node),
      ...(isAlone ? { form: bareForm } : {}),
    });
  }
  if (isField(node)) return drawField(texts, node);
  return drawShown(texts, node);
}

/** For buttons that must not be pressed by Enter. */
export function drawBareForm({ action, bareForm }: FormPlace, hidden: readonly InputNode[]): Html {
  return html`<form method="post" id="${bareForm}" action="${action}">${hidden.map(drawHidden)}</form>
`;
}
