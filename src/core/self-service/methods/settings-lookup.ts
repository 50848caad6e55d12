import type { RandomSource } from '../../deps.ts';
import type { IamRecord } from '../../iam/record.ts';
import { offerOf } from '../begin-flow.ts';
import { changeFlow } from '../change-flow.ts';
import type { Flow, FlowContent } from '../flow.ts';
import { accepted, type Outcome } from '../outcome.ts';
import { refuseMethod, refuseWith } from '../show-again.ts';
import { withMessage } from '../ui/messages.ts';
import { noStrategyText, sayText } from '../ui/texts.ts';
import type { FlowDeps } from '../visit.ts';
import { changeOwn, type OwnJudgement } from './change-own.ts';
import { isPressed } from './pressed.ts';
import { lookupDataOf, withLookupData } from './settings-lookup-nodes.ts';
import { settingsAgain } from './settings-nodes.ts';
import type { OwnSubmission } from './settings-visitor.ts';

const LOOKUP = { method: 'lookup_secret', aal: 'aal2' } as const;
const ACTIVE = LOOKUP.method;
const CODES = 12;
const LENGTH = 8;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Bytes from here on would make the first letters likelier than the others. */
const BYTE_END = 256 - (256 % LETTERS.length);
const NOT_MADE = sayText(4000001, {
  reason: 'You must (re-)generate recovery backup codes before you can save them.',
});

/**
 * Makes backup codes, takes them over once they were confirmed, shows them again, or does away with them. Confirming
 * counts as showing one: the session has the second factor from now on.
 *
 * @throws FlowChanged
 * @see Contract iam 6.3, 6.4, "Lookup" and "Adding a 2nd factor in settings".
 */
export async function changeLookup(
  deps: FlowDeps,
  submission: OwnSubmission,
  person: IamRecord,
): Promise<Outcome> {
  const has = (what: string) => isPressed(submission, `lookup_secret_${what}`);
  const { data } = submission.flow.content;
  if (has('confirm'))
    return changeOwn(deps, submission, { active: ACTIVE, judge: (...now) => confirmed(deps, ...now) });
  if (has('disable')) return changeOwn(deps, submission, { active: ACTIVE, judge: disabled });
  if (has('regenerate')) {
    const pending = Array.from({ length: CODES }, () => makeCode(deps.random));
    return show(deps, submission, { person, data: withLookupData(data, { pending }) });
  }
  if (!has('reveal')) return refuseMethod(deps, submission);
  if (person.credentials.lookup_secret === undefined)
    return refuseWith(deps, submission, [sayText(4000014)], ACTIVE);
  return show(deps, submission, { person, data: withLookupData(data, { isRevealed: true }) });
}

/** Nothing of the person changes: only what the flow shows does. */
async function show(
  deps: FlowDeps,
  submission: OwnSubmission,
  { person, data }: { person: IamRecord; data: FlowContent['data'] },
): Promise<Outcome> {
  const { flow } = submission;
  const { offered } = await offerOf(deps, submission);
  const drawing = { visit: submission, type: flow.type, offered, person, data };
  const content = await settingsAgain(deps, flow, drawing);
  return accepted(await changeFlow(deps, deps, flow, { state: 'show_form', active: ACTIVE, content }));
}

function confirmed({ clock }: FlowDeps, { credentials }: IamRecord, { content }: Flow): OwnJudgement {
  const { pending } = lookupDataOf(content.data);
  if (pending === undefined) return { is: 'refused', tell: (ui) => withMessage(ui, NOT_MADE) };
  const updatedAt = clock.now().toISOString();
  const createdAt = credentials.lookup_secret?.createdAt ?? updatedAt;
  const codes = pending.map((code) => ({ code }));
  return {
    ...{ is: 'good', gains: LOOKUP, data: withLookupData(content.data, undefined) },
    credentials: { ...credentials, lookup_secret: { codes, createdAt, updatedAt } },
  };
}

function disabled({ credentials }: IamRecord, { content }: Flow): OwnJudgement {
  const { lookup_secret: lookup, ...rest } = credentials;
  if (lookup === undefined)
    return { is: 'refused', tell: (ui) => withMessage(ui, noStrategyText('settings')) };
  return { is: 'good', credentials: rest, data: withLookupData(content.data, undefined) };
}

function makeCode(random: RandomSource): string {
  let code = '';
  while (code.length < LENGTH)
    for (const byte of random.bytes(LENGTH)) if (byte < BYTE_END) code += LETTERS[byte % LETTERS.length];
  return code.slice(0, LENGTH);
}
