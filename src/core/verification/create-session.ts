import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { QuotaExceeded } from '../errors.ts';
import type { Idempotency } from '../idempotency.ts';
import type { PoolConfig } from '../pools/ports.ts';
import { requireOpenPool } from '../pools/require-open-pool.ts';
import type { DataKey, PoolVault, RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { heldWithin, refreshPool, tryAgain } from '../records.ts';
import { togetherOnce } from '../together-once.ts';
import type { StoredVerification, VerificationId } from './ports.ts';
import { monthOf, type QuotaStatus, quotaStatusOf, SESSION_QUOTA } from './quota.ts';
import { type OpenedVerification, sealContent, type VerificationContent } from './verification-content.ts';

type Needs = Pick<
  Deps,
  'clock' | 'ids' | 'vault' | 'configs' | 'identities' | 'organisation' | 'records' | 'verifications'
>;

/** What a caller may say about a session; all of it may be left out. */
export interface SessionInput {
  readonly externalRef?: string;
  readonly workflowId?: string;
  readonly content: Omit<VerificationContent, 'format' | 'result'>;
}

/** A new session and, where the pool has a quota, what is left of it. */
export interface CreatedSession {
  readonly session: OpenedVerification;
  readonly quota: QuotaStatus | null;
}

/**
 * Makes a session. Session, quota and kept reply are one transaction: of many at once exactly as many are made as the
 * quota allows, and of two with one idempotency key one. Its metadata is sealed under a data key of its own; so is the
 * kept reply, which holds them too and goes with them.
 *
 * @throws QuotaExceeded The pool's sessions of this month (UTC) are used up.
 * @throws WrongState The pool, its domain or its account is deleted.
 * @see Contract verification 5.1, 1.7.
 */
export async function createSession(
  deps: Needs,
  context: RequestContext,
  input: SessionInput,
  idempotency: Idempotency<CreatedSession> | null,
): Promise<{ made: CreatedSession } | { replay: string }> {
  return togetherOnce(deps, context, idempotency, async (tx) => {
    const { config, vault } = heldWithin(deps, context.principal.poolId);
    requireOpenPool(config);
    const session = await insertSession(tx, deps, { context, config, vault, input });
    // Others wait for this row, so not before it must be. Who comes second with an idempotency key gives it back.
    const quota = await takeQuota(tx, deps, config);
    const { stored, key } = session;
    return { made: { session, quota }, sealer: { poolId: stored.poolId, identityId: stored.id, key } };
  });
}

interface Making {
  readonly context: RequestContext;
  readonly config: PoolConfig;
  readonly vault: PoolVault;
  readonly input: SessionInput;
}

async function insertSession(
  tx: RecordStores,
  deps: Needs,
  { context, config, vault, input }: Making,
): Promise<OpenedVerification & { key: DataKey }> {
  const { poolId, environment, version: configVersion } = config;
  const stamp = stampOf(deps, context, poolId, vault);
  const id = deps.ids.next() as VerificationId;
  const { key, wrapped } = vault.createIdentityKey(id);
  const content: VerificationContent = { format: 1, ...input.content };
  const verification: StoredVerification & { content: Buffer; wrappedKey: Buffer } = {
    ...{ poolId, id, identityId: null, externalRef: input.externalRef ?? null, version: 1 },
    status: environment === 'sandbox' ? 'sandbox_pending' : 'pending',
    facts: input.workflowId === undefined ? {} : { workflowId: input.workflowId },
    ...{ content: sealContent(key, content), wrappedKey: wrapped },
    ...{ createdAt: stamp.at, updatedAt: stamp.at, endedAt: null, redactedAt: null, configVersion },
  };
  const outcome = await tx.verifications.insertVerification({
    verification,
    stamp,
    event: { action: 'session.created', subjectId: id, fields: fieldsOf(input) },
    announcements: [{ id: stamp.eventId, type: 'session.created' }],
    eventData: { externalRef: verification.externalRef, status: verification.status, identityId: null },
  });
  if (outcome === 'stale') tryAgain(() => refreshPool(deps, poolId));
  return { stored: verification, key, content };
}

async function takeQuota(
  tx: RecordStores,
  { clock }: Pick<Deps, 'clock'>,
  { poolId, verification }: PoolConfig,
): Promise<QuotaStatus | null> {
  const { sessionQuota: limit } = verification;
  if (limit === null) return null;
  const at = clock.now();
  const { start, end } = monthOf(at);
  const used = await tx.verifications.takeQuota(poolId, { name: SESSION_QUOTA, windowStart: start, limit });
  if (used !== null) return quotaStatusOf(limit, used, at);
  const retryAfterSeconds = Math.max(1, Math.ceil((end.getTime() - at.getTime()) / 1000));
  throw new QuotaExceeded({ limit, resetAtSeconds: end.getTime() / 1000, retryAfterSeconds });
}

function fieldsOf({ externalRef, workflowId, content }: SessionInput): string[] {
  const { metadata, redirectUrl, country, checks } = content;
  const given: Record<string, boolean> = {
    external_ref: externalRef !== undefined,
    country: country !== undefined,
    workflow_id: workflowId !== undefined,
    metadata: Object.keys(metadata).length > 0,
    redirect_url: redirectUrl !== undefined,
    checks: checks !== undefined,
  };
  return Object.keys(given).filter((name) => given[name]);
}
