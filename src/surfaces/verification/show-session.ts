import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { allowedData, isPastRetention, shapeData } from '../../core/verification/extracted-data.ts';
import type { StoredVerification } from '../../core/verification/ports.ts';
import { type OpenedVerification, openVerification } from '../../core/verification/verification-content.ts';
import { toTagged } from '../../kit/ids.ts';
import type * as wire from './wire-sessions.ts';

export type ShownSession = Static<typeof wire.Session>;
export type ShownResult = Static<typeof wire.Result>;

/** The session object; of a redacted one what is left. */
export function showSession({ stored, content }: OpenedVerification, isSandbox: boolean): ShownSession {
  const { id, identityId, facts, endedAt } = stored;
  return {
    id: toTagged(id, 'ses'),
    status: stored.status,
    external_ref: stored.externalRef,
    identity_id: identityId === null ? null : toTagged(identityId, 'idn'),
    result_id: facts.result === undefined ? null : toTagged(id, 'res'),
    country: content?.country ?? null,
    workflow_id: facts.workflowId ?? null,
    redirect_url: content?.redirectUrl ?? null,
    checks: (content?.checks ?? null) as ShownSession['checks'],
    metadata: { ...content?.metadata },
    is_sandbox: isSandbox,
    retention_status: stored.redactedAt === null ? 'retained' : 'redacted',
    created_at: stored.createdAt.toISOString(),
    updated_at: stored.updatedAt.toISOString(),
    completed_at: endedAt?.toISOString() ?? null,
  };
}

export function showSessions(
  deps: Pick<Deps, 'vault'>,
  rows: readonly StoredVerification[],
  isSandbox: boolean,
): Promise<ShownSession[]> {
  return Promise.all(
    rows.map(async (stored) => showSession(await openVerification(deps, stored), isSandbox)),
  );
}

/**
 * The result object; null while there is none. Personal data as far as the pool lets them out, and none once their
 * retention has passed or the session is redacted (contract verification 4.3, 5.2).
 */
export async function showResult(
  { configs, clock }: Pick<Deps, 'configs' | 'clock'>,
  { stored, content }: OpenedVerification,
): Promise<ShownResult | null> {
  const fact = stored.facts.result;
  if (fact === undefined) return null;
  const { environment, verification } = await configs.at(stored.poolId, stored.configVersion);
  const result = content?.result;
  const endedAt = stored.endedAt ?? new Date(fact.createdAt);
  const isExpired = result === undefined || isPastRetention(verification, endedAt, clock.now());
  return {
    id: toTagged(stored.id, 'res'),
    session_id: toTagged(stored.id, 'ses'),
    status: fact.status,
    is_sandbox: environment === 'sandbox',
    created_at: fact.createdAt,
    face_match_passed: result?.faceMatchPassed ?? null,
    face_match_score: result?.faceMatchScore ?? null,
    age_check_passed: result?.ageCheckPassed ?? null,
    extracted_age: result?.extractedAge ?? null,
    extracted_data: isExpired
      ? {}
      : allowedData(
          verification,
          shapeData((name) => result.extracted[name] ?? null, result.document),
        ),
    rejection_reason: result?.rejectionReason ?? null,
    processing_mode: result?.processingMode ?? null,
    country_used: result?.countryUsed ?? null,
    sensitive_data_expired: isExpired,
  };
}
