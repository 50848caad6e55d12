import type { Flow } from '../../../core/self-service/flow.ts';
import type { UiText } from '../../../core/self-service/ui/texts.ts';
import type { InputNode, Ui, UiNode } from '../../../core/self-service/ui/ui.ts';
import { type Html, html } from '../../../http/html.ts';
import { drawBareForm, drawForm, type FormPlace } from './draw-form.ts';
import { idOf, labelOf } from './draw-node.ts';
import { type FormPlan, isButton, isField, planForms, standsAlone } from './forms.ts';
import type { PageScript } from './page.ts';
import type { PageTexts } from './texts.ts';

const BARE_FORM = 'bare';

export function titleOf(texts: PageTexts, { kind, state, refresh, requestedAal, content }: Flow): string {
  if (state === 'sent_email') return texts.enterCode;
  if (state === 'passed_challenge') return texts.done;
  if (kind === 'login' && requestedAal === 'aal2') return texts.secondStep;
  if (kind === 'login' && refresh) return texts.confirmItIsYou;
  if (kind === 'registration' && content.ui.nodes.some(isWayBack)) return texts.chooseCredential;
  return texts.kinds[kind];
}

function isWayBack({ attributes }: UiNode): boolean {
  return attributes.node_type === 'input' && attributes.name === 'screen';
}

/**
 * What a flow has to say and to ask, below the page's title.
 * @param ui With the CSRF token in place.
 */
export function drawFlow(texts: PageTexts, { kind }: Pick<Flow, 'kind'>, ui: Ui): Html {
  const place = { texts, action: ui.action, bareForm: BARE_FORM };
  const plans = planForms(ui.nodes);
  const needsScript = ui.nodes.some(({ type }) => type === 'script');
  const isSettings = kind === 'settings';
  return html`${drawProblems(texts, ui)}${ui.messages.filter(isNoProblem).map(drawNotice)}
${plans.map((plan, index) => (isSettings ? drawSection(place, plan) : drawWay(place, plan, index)))}
${plans.some(hasLoneButton) ? drawBareForm(place, hiddenOf(plans)) : ''}
${needsScript ? html`<p class="soft scriptless">${texts.needsScript}</p>` : ''}`;
}

function hasLoneButton({ parts }: FormPlan): boolean {
  return parts.some((part) => part.nodes.some((node) => isButton(node) && standsAlone(part, node)));
}

function hiddenOf([first]: readonly FormPlan[]): readonly InputNode[] {
  return first?.hidden.filter(({ group }) => group === 'default') ?? [];
}

function drawSection(place: FormPlace, plan: FormPlan): Html {
  const group = plan.parts[0]?.group ?? 'default';
  return html`<section aria-labelledby="part-${group}"><h2 id="part-${group}">${place.texts.groups[group] ?? group}</h2>
${drawForm(place, plan)}</section>
`;
}

function drawWay(place: FormPlace, plan: FormPlan, index: number): Html {
  const separator = index === 0 ? '' : html`<p class="or">${place.texts.or}</p>`;
  return html`${separator}${drawForm(place, plan)}`;
}

function isNoProblem({ type }: UiText): boolean {
  return type !== 'error';
}

function drawNotice({ text, type }: UiText): Html {
  return html`<p class="notice ${type}" role="status">${text}</p>
`;
}

/** All that is wrong, first on the page and read out at once; each leads to its field. */
function drawProblems(texts: PageTexts, { messages, nodes }: Ui): Html {
  const general = messages.filter(({ type }) => type === 'error');
  const ofFields = nodes.flatMap((node) =>
    node.messages.filter(({ type }) => type === 'error').map((message) => ({ node, message })),
  );
  if (general.length + ofFields.length === 0) return html``;
  const lines = [
    ...general.map(({ text }) => html`<li>${text}</li>`),
    ...ofFields.map(({ node, message }) => drawProblem(texts, node, message)),
  ];
  return html`<div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="problem"><h2 id="problem">${texts.problem}</h2>
<ul>${lines}</ul></div>
`;
}

function drawProblem(texts: PageTexts, node: UiNode, { text }: UiText): Html {
  const line = `${labelOf(texts, node)}: ${text}`;
  return isField(node) ? html`<li><a href="#${idOf(node)}">${line}</a></li>` : html`<li>${line}</li>`;
}

/** The script that the flow's nodes ask for. */
export function scriptOf({ nodes }: Ui): PageScript | undefined {
  for (const { attributes } of nodes) if (attributes.node_type === 'script') return attributes;
  return undefined;
}
