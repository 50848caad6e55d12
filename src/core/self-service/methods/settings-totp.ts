import type { IamRecord } from '../../iam/record.ts';
import { offerOf } from '../begin-flow.ts';
import type { Flow } from '../flow.ts';
import { type Attempt, checkAllowed, clearFailures, recordFailure } from '../lockout.ts';
import type { Outcome } from '../outcome.ts';
import { refuse, refuseMethod } from '../show-again.ts';
import { withMessage, withNodeMessage } from '../ui/messages.ts';
import { noStrategyText, sayText, type UiText } from '../ui/texts.ts';
import { type FlowDeps, textOf } from '../visit.ts';
import { changeOwn, type OwnJudgement } from './change-own.ts';
import { isPressed } from './pressed.ts';
import { pendingTotp } from './settings-totp-nodes.ts';
import type { OwnSubmission } from './settings-visitor.ts';
import { matchStep } from './totp.ts';

const TOTP = { method: 'totp', aal: 'aal2' } as const;
const ACTIVE = TOTP.method;

/**
 * Sets up an authenticator app by a code that it shows, or removes it. The code counts as shown: the session has the
 * second factor from now on, and nobody signs in by that code again.
 *
 * @throws LockedOut
 * @see Contract iam 6.3, 6.4, "TOTP" and "Adding a 2nd factor in settings".
 */
export async function changeTotp(
  deps: FlowDeps,
  submission: OwnSubmission,
  { credentials }: IamRecord,
): Promise<Outcome> {
  if (isPressed(submission, 'totp_unlink'))
    return changeOwn(deps, submission, { active: ACTIVE, judge: unlinked });
  // Whoever has an app already removes it first.
  if (credentials.totp !== undefined) return refuseMethod(deps, submission);
  const code = textOf(submission, 'totp_code');
  if (code === undefined) return refuseCode(deps, submission, sayText(4000002, { property: 'totp_code' }));
  const { offered } = await offerOf(deps, submission);
  const attempt = attemptOf(submission);
  await checkAllowed(deps, offered.lockout, attempt);
  if (stepOf(deps, submission.flow, code) === null) {
    await recordFailure(deps, offered.lockout, attempt);
    return refuseCode(deps, submission, sayText(4000008));
  }
  await clearFailures(deps, offered.lockout, attempt);
  return changeOwn(deps, submission, {
    active: ACTIVE,
    judge: (record, flow) => linked(deps, record, { flow, code }),
  });
}

/** Apart from guesses at an app that is set up: success here must not forget those. */
function attemptOf({ poolId, flow, visitor, address }: OwnSubmission): Attempt {
  return { poolId, vault: flow.vault, identifier: `totp_setup:${visitor.identity.stored.id}`, address };
}

/** @returns Null for a wrong code, and where no app is being set up any more. */
function stepOf({ counterCodes, clock }: FlowDeps, { content }: Flow, code: string): number | null {
  const pending = pendingTotp(content.data);
  return pending === null
    ? null
    : matchStep(counterCodes, { url: pending.url, code, at: clock.now(), after: null });
}

function linked(
  deps: FlowDeps,
  { credentials }: IamRecord,
  { flow, code }: { flow: Flow; code: string },
): OwnJudgement {
  const pending = pendingTotp(flow.content.data);
  const usedStep = stepOf(deps, flow, code);
  // Set up by another submit at the same moment.
  if (credentials.totp !== undefined || pending === null || usedStep === null) return notOffered();
  const at = deps.clock.now().toISOString();
  return {
    ...{ is: 'good', gains: TOTP },
    credentials: { ...credentials, totp: { url: pending.url, usedStep, createdAt: at, updatedAt: at } },
  };
}

function unlinked({ credentials }: IamRecord): OwnJudgement {
  const { totp, ...rest } = credentials;
  return totp === undefined ? notOffered() : { is: 'good', credentials: rest };
}

function notOffered(): OwnJudgement {
  return { is: 'refused', tell: (ui) => withMessage(ui, noStrategyText('settings')) };
}

function refuseCode(deps: FlowDeps, submission: OwnSubmission, text: UiText): Promise<Outcome> {
  return refuse(deps, submission, (ui) => withNodeMessage(ui, 'totp_code', text), { active: ACTIVE });
}
