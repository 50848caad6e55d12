import { isSameJson } from '../../../kit/same-json.ts';
import type { Credentials } from '../../credentials/credentials.ts';
import { changedFields } from '../../iam/changed-fields.ts';
import { IdentifierTaken } from '../../iam/errors.ts';
import { type IamRecord, toIamRecord } from '../../iam/record.ts';
import { derivedOf } from '../../identities/login-identifiers.ts';
import type { Profile } from '../../identities/profile.ts';
import type { Changing, Revision } from '../../identities/revision.ts';
import { isVisible } from '../../identities/visibility.ts';
import type { RecordStores } from '../../record-stores.ts';
import { changeWithin, openWithin, together, tryAgain } from '../../records.ts';
import { isActiveSession } from '../../sessions/active.ts';
import { addMethod } from '../../sessions/add-method.ts';
import { revokeOtherSessions } from '../../sessions/end-sessions.ts';
import type { DerivedAddress } from '../../traits/ports.ts';
import { changeFlow } from '../change-flow.ts';
import { selfServiceOf } from '../config.ts';
import { FlowChanged, SessionInactive } from '../errors.ts';
import type { Flow, FlowContent } from '../flow.ts';
import { accepted, type Outcome, type Stayed } from '../outcome.ts';
import { refuse, refuseWith } from '../show-again.ts';
import { sayText } from '../ui/texts.ts';
import type { Ui } from '../ui/ui.ts';
import type { FlowDeps } from '../visit.ts';
import type { Method } from './begin-session.ts';
import { settingsAgain } from './settings-nodes.ts';
import type { OwnSubmission } from './settings-visitor.ts';
import { getUsable } from './use-up.ts';
import { addressesToVerify, startVerifications, withCodesSent } from './verification-start.ts';

/** What somebody changes of their own; what is left out stays. */
export interface OwnChange {
  readonly profile?: Profile;
  /** All of them. */
  readonly credentials?: Credentials;
  /** Names of what changes, beside what shows by itself. */
  readonly fields?: readonly string[];
  /** A factor that was shown by being set up: the session has it from now on. */
  readonly gains?: Method;
  /** All other sessions end. */
  readonly endsOthers?: true;
  /** What methods keep from now on, all of it; default as before. */
  readonly data?: FlowContent['data'];
}

/** `refused` says on the form what is wrong. */
export type OwnJudgement =
  | ({ readonly is: 'good' } & OwnChange)
  | { readonly is: 'refused'; readonly tell: (ui: Ui) => Ui };

/**
 * Changes somebody's own record, in one transaction: record (R7), session, and flow, which goes to `success` and shows
 * what is so by now; addresses that are new get their codes. Of several submits at once each finds what the others left.
 *
 * @param input.active How the flow names the method.
 * @param input.judge Asked on record and flow as they are by now, so that what can be used once is used once.
 * @throws SessionInactive It has ended meanwhile.
 * @see Contract iam 6.4, "Settings" and "Adding a 2nd factor in settings".
 */
export async function changeOwn(
  deps: FlowDeps,
  submission: OwnSubmission,
  input: {
    readonly active: string;
    readonly judge: (record: IamRecord, flow: Flow) => OwnJudgement;
  },
): Promise<Outcome> {
  const { active, judge } = input;
  try {
    const ended = await together(deps, async (tx) => {
      const { flow, changing } = await readOwn(tx, deps, submission);
      const judgement = judge(toIamRecord(changing, changing), flow);
      if (judgement.is === 'refused') return judgement;
      return write(tx, deps, submission, { active, flow, changing, change: judgement });
    });
    return 'kind' in ended ? ended : await refuse(deps, submission, ended.tell, { active });
  } catch (error) {
    if (!(error instanceof IdentifierTaken)) throw error;
    return refuseWith(deps, submission, [sayText(4000007)], active);
  }
}

/** @throws SessionInactive @throws NotFound */
async function readOwn(
  tx: RecordStores,
  deps: FlowDeps,
  { poolId, flow, visitor }: OwnSubmission,
): Promise<{ flow: Flow; changing: Changing }> {
  const owned = await tx.sessions.findSession(poolId, visitor.session.id);
  if (owned === null || !isActiveSession(owned.session, owned.owner, deps.clock.now()))
    throw new SessionInactive();
  const stored = await tx.identities.findIdentity(poolId, visitor.identity.stored.id);
  if (stored === null || !isVisible(stored)) throw new SessionInactive();
  return { flow: await getUsable(tx, deps, flow), changing: openWithin(deps, stored) };
}

async function write(
  tx: RecordStores,
  deps: FlowDeps,
  submission: OwnSubmission,
  { active, flow, changing, change }: { active: string; flow: Flow; changing: Changing; change: OwnChange },
): Promise<Stayed> {
  const { poolId, context, visitor } = submission;
  const before = toIamRecord(changing, changing);
  const { revision, added } = await revisionOf(tx, deps, before, change);
  const changed = await changeWithin(tx, deps, context, changing, revision);
  const identity = toIamRecord(changed, changed);
  if (change.gains !== undefined) {
    const method = { ...change.gains, completedAt: deps.clock.now() };
    await addMethod(tx, deps, context, { poolId, id: visitor.session.id, method });
  }
  const { hooks } = selfServiceOf(deps, identity.config);
  if (change.endsOthers && hooks.revokeOtherSessions.settings)
    await revokeOtherSessions({ ...deps, sessions: tx.sessions }, context, visitor.session);
  const saved = await saveForm(tx, deps, submission, { active, flow, identity, data: change.data });
  const continueWith = await startVerifications(tx, deps, {
    ...{ visit: submission, flow, identity: identity.stored, addresses: added },
  });
  return accepted(saved, { continueWith, identity });
}

/** @returns `revision` null where nothing changes; `added`: addresses that get a code. */
async function revisionOf(
  tx: Pick<RecordStores, 'identities'>,
  deps: FlowDeps,
  before: IamRecord,
  change: OwnChange,
): Promise<{ revision: Revision | null; added: DerivedAddress[] }> {
  const { stored, config } = before;
  const { schemaId, standing, poolId, id } = stored;
  const { credentials = before.credentials, profile: wanted = before.profile } = change;
  const derived = derivedOf(config, { schemaId, traits: wanted.traits });
  const added = addressesToVerify(selfServiceOf(deps, config), { profile: wanted, derived }).filter(
    (address) => !before.derived.verifiable.some((one) => isSameJson(one, address)),
  );
  const profile = withCodesSent(wanted, added, deps.clock.now());
  const shown = changedFields(before, { profile, schemaId, standing, credentials });
  const fields = [...shown, ...(change.fields ?? [])];
  if (fields.length === 0) return { revision: null, added };
  const held = await tx.identities.listClaims(poolId, id);
  const revision: Revision = {
    ...{ action: 'identity.updated', fields, held },
    ...(change.profile === undefined ? {} : { profile }),
    ...(change.credentials === undefined ? {} : { credentials }),
    onTaken: async () => {
      throw new IdentifierTaken();
    },
  };
  return { revision, added };
}

/** The form as it is now. Whoever wrote the flow meanwhile is waited for, and everything is judged again. */
async function saveForm(
  tx: RecordStores,
  deps: FlowDeps,
  submission: OwnSubmission,
  input: { active: string; flow: Flow; identity: IamRecord; data: FlowContent['data'] | undefined },
): Promise<Flow> {
  const { active, flow, identity } = input;
  const { type, content } = flow;
  const offered = selfServiceOf(deps, identity.config);
  const kept = input.data ?? content.data;
  const drawing = { visit: submission, type, offered, person: identity, data: kept };
  const shown = await settingsAgain(deps, flow, drawing, sayText(1050001));
  try {
    return await changeFlow(tx, deps, flow, { state: 'success', active, content: shown });
  } catch (error) {
    if (error instanceof FlowChanged) return tryAgain();
    throw error;
  }
}
