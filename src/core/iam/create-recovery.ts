import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { StoredIdentity } from '../identities/ports.ts';
import { vaultFor } from '../identities/view.ts';
import { isVisible } from '../identities/visibility.ts';
import type { IdentityId, PoolId, RequestContext } from '../ports.ts';
import { together } from '../records.ts';
import { offerOf } from '../self-service/begin-flow.ts';
import { changeFlow } from '../self-service/change-flow.ts';
import { issueCode } from '../self-service/codes.ts';
import type { SelfServiceConfig } from '../self-service/config.ts';
import { createFlowWithin, type NewFlow } from '../self-service/create-flow.ts';
import { createCsrfCookie } from '../self-service/csrf.ts';
import type { Flow } from '../self-service/flow.ts';
import { issueLinkToken, linkOf } from '../self-service/links.ts';
import { ADMINISTRATOR, type RecoveryData } from '../self-service/methods/recovery-data.ts';
import { codeNodes } from '../self-service/methods/recovery-nodes.ts';
import type { FlowType } from '../self-service/ports.ts';
import { createReturnToList } from '../self-service/return-to.ts';
import { csrfNode } from '../self-service/ui/nodes.ts';
import type { UiNode } from '../self-service/ui/ui.ts';
import { findIamIdentity, openIamRecord } from './record.ts';

export interface RecoveryByAdministrator {
  readonly identityId: IdentityId;
  readonly type: FlowType;
  /** Of the code and of its flow; null: the pool's. */
  readonly lifespanSeconds: number | null;
  /** Where the request came in. */
  readonly requestUrl: string;
}

export interface RecoveryCode {
  readonly flow: Flow;
  /** Opens the account: for the administrator who asked, this once. */
  readonly code: string;
}

export interface RecoveryLink {
  readonly flow: Flow;
  /** As `code`: whoever opens it is in. */
  readonly link: string;
}

type Needs = Pick<
  Deps,
  | 'clock'
  | 'ids'
  | 'random'
  | 'secrets'
  | 'vault'
  | 'records'
  | 'identities'
  | 'audit'
  | 'addresses'
  | 'selfService'
  | 'configs'
>;

/**
 * A recovery flow that waits for a code, and the code, for an administrator to hand over; nothing is sent. Whoever has
 * both gets into the account: so the identity's log tells of it before there is a code.
 *
 * @throws NotFound Missing, closed, or of another pool; and where recovery, or its codes, are switched off.
 * @see Contract iam 4.3.
 */
export async function createRecoveryCode(
  deps: Needs,
  context: RequestContext,
  input: RecoveryByAdministrator,
): Promise<RecoveryCode> {
  const { poolId } = context.principal;
  const { offered } = await offerOf(deps, { poolId });
  if (!offered.enabled.recovery || !offered.methods.code.enabled) throw new NotFound();
  const stored = await findIamIdentity(deps, poolId, input.identityId);
  await recordAct(deps, context, { stored, action: 'identity.recovery_code_created' });
  const begun = await waitingFlow(deps, context, offered, { ...input, nodes: codeNodes('recovery', null) });
  return together(deps, async (tx) => {
    const flow = await createFlowWithin(tx, deps, begun);
    const code = await issueCode(tx, deps, { ...bindingOf(flow, begun), identityId: stored.id });
    return { flow: await changeFlow(tx, deps, flow, { state: 'sent_email', active: 'code' }), code };
  });
}

/**
 * As `createRecoveryCode`, with a link that opens the account in whichever browser.
 *
 * @param input.returnTo As sent; null: nowhere.
 * @throws InvalidInput There is no such identity, or it has no address to recover it by: the contract's own way.
 * @throws NotFound Recovery, or its links, are switched off. @throws ReturnToForbidden
 * @see Contract iam 4.3.
 */
export async function createRecoveryLink(
  deps: Needs,
  context: RequestContext,
  input: RecoveryByAdministrator & { readonly returnTo: string | null },
): Promise<RecoveryLink> {
  const { poolId } = context.principal;
  const { offered } = await offerOf(deps, { poolId });
  if (!offered.enabled.recovery || !offered.methods.link.enabled) throw new NotFound();
  const base = await deps.addresses.baseOf(poolId);
  const returnTo =
    input.returnTo === null ? null : createReturnToList(offered.returnTo, base).check(input.returnTo);
  const stored = await getRecoverable(deps, poolId, input.identityId);
  await recordAct(deps, context, { stored, action: 'identity.recovery_link_created' });
  const begun = await waitingFlow(deps, context, offered, { ...input, returnTo, nodes: [csrfNode()] });
  return together(deps, async (tx) => {
    const flow = await createFlowWithin(tx, deps, begun);
    const token = await issueLinkToken(tx, deps, { ...bindingOf(flow, begun), identityId: stored.id });
    const waiting = await changeFlow(tx, deps, flow, { state: 'sent_email', active: 'link' });
    return { flow: waiting, link: linkOf(base, flow, token) };
  });
}

/** @throws InvalidInput */
async function getRecoverable(deps: Needs, poolId: PoolId, id: IdentityId): Promise<StoredIdentity> {
  const stored = await deps.identities.findIdentity(poolId, id);
  if (stored !== null && isVisible(stored)) {
    const { derived } = await openIamRecord(deps, stored);
    if (derived.recovery.length > 0) return stored;
  }
  const message = 'must be of an identity with a recovery address';
  throw new InvalidInput([{ path: ['identity_id'], code: 'invalid', message }]);
}

async function recordAct(
  deps: Needs,
  context: RequestContext,
  { stored, action }: { stored: StoredIdentity; action: string },
): Promise<void> {
  const vault = await vaultFor(deps, stored);
  await deps.audit.recordEntry(stampOf(deps, context, stored.poolId, vault), {
    ...{ action, subjectId: stored.id, fields: [] },
  });
}

async function waitingFlow(
  deps: Needs,
  { principal: { poolId } }: RequestContext,
  { codes }: SelfServiceConfig,
  input: RecoveryByAdministrator & { readonly nodes: readonly UiNode[]; readonly returnTo?: string | null },
): Promise<NewFlow> {
  const { identityId, type, lifespanSeconds, requestUrl, nodes, returnTo = null } = input;
  const action = `${await deps.addresses.baseOf(poolId)}/self-service/recovery`;
  const data: RecoveryData = { isByAdministrator: true };
  return {
    ...{ poolId, kind: 'recovery', type, lifespanSeconds: lifespanSeconds ?? codes.seconds, identityId },
    // Nobody has this cookie: the flow is for whichever browser it is opened in, and the code is the proof.
    csrfCookie: type === 'browser' ? createCsrfCookie(deps.random) : null,
    content: {
      ...{ requestUrl, returnTo, data },
      ui: { action, method: 'POST', nodes, messages: [] },
    },
  };
}

function bindingOf(flow: Flow, { lifespanSeconds }: NewFlow) {
  return { flow, purpose: 'recovery', address: ADMINISTRATOR, lifespanSeconds } as const;
}
