import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { NotFound } from '../errors.ts';
import { vaultFor } from '../identities/view.ts';
import type { IdentityId, RequestContext } from '../ports.ts';
import { together } from '../records.ts';
import { changeFlow } from '../self-service/change-flow.ts';
import { issueCode } from '../self-service/codes.ts';
import { createFlowWithin, type NewFlow } from '../self-service/create-flow.ts';
import { createCsrfCookie } from '../self-service/csrf.ts';
import type { Flow } from '../self-service/flow.ts';
import { ADMINISTRATOR, type RecoveryData } from '../self-service/methods/recovery-data.ts';
import { codeNodes } from '../self-service/methods/recovery-nodes.ts';
import type { FlowType } from '../self-service/ports.ts';
import { findIamIdentity } from './record.ts';

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
  { identityId, type, lifespanSeconds, requestUrl }: RecoveryByAdministrator,
): Promise<RecoveryCode> {
  const { poolId } = context.principal;
  const { enabled, methods, codes } = deps.selfService;
  if (!enabled.recovery || !methods.code.enabled) throw new NotFound();
  const stored = await findIamIdentity(deps, poolId, identityId);
  const vault = await vaultFor(deps, stored);
  const action = `${await deps.addresses.baseOf(poolId)}/self-service/recovery`;
  await deps.audit.recordEntry(stampOf(deps, context, poolId, vault), {
    ...{ action: 'identity.recovery_code_created', subjectId: identityId, fields: [] },
  });
  const lifespan = lifespanSeconds ?? codes.seconds;
  const data: RecoveryData = { isByAdministrator: true };
  const begun: NewFlow = {
    ...{ poolId, kind: 'recovery', type, lifespanSeconds: lifespan, identityId },
    // Nobody has this cookie: the flow is for whichever browser it is opened in, and the code is the proof.
    csrfCookie: type === 'browser' ? createCsrfCookie(deps.random) : null,
    content: {
      ...{ requestUrl, returnTo: null, data },
      ui: { action, method: 'POST', nodes: codeNodes('recovery', null), messages: [] },
    },
  };
  return together(deps, async (tx) => {
    const flow = await createFlowWithin(tx, deps, begun);
    const binding = { flow, purpose: 'recovery', address: ADMINISTRATOR, identityId } as const;
    const code = await issueCode(tx, deps, { ...binding, lifespanSeconds: lifespan });
    return { flow: await changeFlow(tx, deps, flow, { state: 'sent_email', active: 'code' }), code };
  });
}
