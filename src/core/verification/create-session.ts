import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { QuotaExceeded, WriteConflict } from '../errors.ts';
import { type Idempotency, keepReply, type OpenIdempotency, openIdempotency } from '../idempotency.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { RequestContext } from '../ports.ts';
import type { RecordStores } from '../record-stores.ts';
import { refreshPool, together, tryAgain } from '../records.ts';
import { openConfig, warmUp } from './open-config.ts';
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
 * quota allows, and of two with one idempotency key one. Its metadata is sealed under a data key of its own.
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
  const { principal } = context;
  const opened = idempotency === null ? null : await openIdempotency(deps, principal, idempotency);
  if (opened !== null && opened.replay !== null) return { replay: opened.replay };
  const { poolId } = principal;
  await warmUp(deps, { poolId, configVersion: (await openConfig(deps, poolId)).version });
  try {
    const made = await together(deps, async (tx) => {
      const config = await openConfig(deps, poolId);
      const session = await insertSession(tx, deps, { context, config, input });
      if (opened !== null && idempotency !== null)
        await keep(tx, deps, { context, opened, idempotency, created: { session, quota: null } });
      // Last: others wait for this row. And a second request with the same idempotency key takes none.
      return { session, quota: await takeQuota(tx, deps, config) };
    });
    return { made };
  } catch (error) {
    if (!(error instanceof KeyTaken) || idempotency === null) throw error;
    const { replay } = await openIdempotency(deps, principal, idempotency);
    if (replay === null) throw new WriteConflict();
    return { replay };
  }
}

async function insertSession(
  tx: RecordStores,
  deps: Needs,
  { context, config, input }: { context: RequestContext; config: PoolConfig; input: SessionInput },
): Promise<OpenedVerification> {
  const { poolId, environment, version: configVersion } = config;
  const vault = await deps.vault.pool(poolId, configVersion);
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

/** The reply holds the caller's metadata, so it is sealed under the session's key and goes with it. */
async function keep(
  tx: RecordStores,
  { clock }: Pick<Deps, 'clock'>,
  input: {
    context: RequestContext;
    opened: OpenIdempotency;
    idempotency: Idempotency<CreatedSession>;
    created: CreatedSession;
  },
): Promise<void> {
  const { context, opened, idempotency, created } = input;
  const { stored, key } = created.session;
  if (key === null) throw new TypeError('a new session has a key');
  const at = clock.now();
  const reply = keepReply({
    ...{ idempotency: opened, principal: context.principal, reply: idempotency.render(created), at },
    sealer: { poolId: stored.poolId, identityId: stored.id, key },
  });
  if (!(await tx.organisation.insertReply(reply, at))) throw new KeyTaken();
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

/** Undoes the transaction of a request whose idempotency key another one took first. */
class KeyTaken extends Error {}
