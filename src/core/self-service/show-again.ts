import { NotFound } from '../errors.ts';
import { changeFlow, type FlowChange } from './change-flow.ts';
import { FlowChanged } from './errors.ts';
import type { Flow, FlowContent } from './flow.ts';
import { findFlow, requireUnfinished } from './get-flow.ts';
import { refused, type Stayed } from './outcome.ts';
import { withMessage, withoutMessages } from './ui/messages.ts';
import { noStrategyText, type UiText } from './ui/texts.ts';
import type { Ui } from './ui/ui.ts';
import { withValues } from './ui/values.ts';
import type { FlowDeps, Submission } from './visit.ts';

/** The form with what was typed, without what an earlier submit was told, and with what this one is. */
export function formAgain({ flow, body }: Submission, tell: (ui: Ui) => Ui): Ui {
  const plain = withoutMessages(flow.content.ui);
  return tell({ ...plain, nodes: withValues(plain.nodes, body) });
}

/**
 * Shows a flow again with what is wrong. Another submit at the same moment may have written it already: then this answer
 * is shown and not kept, unless the other one has used the flow up.
 *
 * @throws FlowFinished @throws FlowReplaced
 */
export async function refuse(
  deps: FlowDeps,
  submission: Submission,
  tell: (ui: Ui) => Ui,
  {
    data,
    waiting,
    ...change
  }: Omit<FlowChange, 'content'> & Partial<Pick<FlowContent, 'data' | 'waiting'>> = {},
): Promise<Stayed> {
  const content = {
    ui: formAgain(submission, tell),
    ...(data === undefined ? {} : { data }),
    ...(waiting === undefined ? {} : { waiting }),
  };
  // What was saved before is not what the form shows now.
  const state = submission.flow.kind === 'settings' ? ({ state: 'show_form' } as const) : {};
  return refused(await keep(deps, submission.flow, { ...state, ...change, content }));
}

/** As `refuse`, with messages on top of the form. */
export function refuseWith(
  deps: FlowDeps,
  submission: Submission,
  texts: readonly UiText[],
  active?: string,
): Promise<Stayed> {
  return refuse(deps, submission, (ui) => withMessage(ui, ...texts), active === undefined ? {} : { active });
}

/** No method was named, or one that is not offered here. */
export function refuseMethod(deps: FlowDeps, submission: Submission): Promise<Stayed> {
  return refuseWith(deps, submission, [noStrategyText(submission.flow.kind)]);
}

async function keep(deps: FlowDeps, flow: Flow, change: FlowChange): Promise<Flow> {
  try {
    return await changeFlow(deps, deps, flow, change);
  } catch (error) {
    if (!(error instanceof FlowChanged)) throw error;
    const now = await findFlow(deps, flow);
    // One of which nothing is stored, and which expired meanwhile.
    if (now === null) throw flow.unstoredKey === undefined ? new NotFound() : error;
    requireUnfinished(now);
    // It was taken for one of which nothing is stored, and there is.
    if (flow.unstoredKey !== undefined) return keep(deps, now, change);
    return { ...now, content: { ...now.content, ui: change.content?.ui ?? now.content.ui } };
  }
}
