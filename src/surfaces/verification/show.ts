import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import type { StoredIdentity } from '../../core/identities/ports.ts';
import { verificationStatusOf } from '../../core/identities/standing.ts';
import { type OpenedIdentity, openIdentity, vaultFor } from '../../core/identities/view.ts';
import type { PoolConfig } from '../../core/pools/ports.ts';
import { type ExtractedData, extractedDataOf } from '../../core/verification/extracted-data.ts';
import { toTagged } from '../../kit/ids.ts';
import type * as wire from './wire.ts';

export type ShownIdentity = Static<typeof wire.Identity>;
type ShowNeeds = Pick<Deps, 'clock'>;

const taggedOrNull = (id: string | undefined, tag: string): string | null =>
  id === undefined ? null : toTagged(id, tag);

/** The identity object (contract verification 3.2). */
export function showIdentity(deps: ShowNeeds, config: PoolConfig, opened: OpenedIdentity): ShownIdentity {
  return shownWith(config, opened, extractedDataOf(deps, config, opened));
}

/** As lists and searches show it: no personal data. */
export function showSummary(config: PoolConfig, opened: OpenedIdentity): ShownIdentity {
  return shownWith(config, opened, {});
}

export function shownWith(
  config: PoolConfig,
  { stored, profile }: OpenedIdentity,
  extractedData: ExtractedData,
): ShownIdentity {
  const { standing } = stored;
  const latest = profile?.latestResult;
  return {
    id: toTagged(stored.id, 'idn'),
    status: verificationStatusOf(standing),
    session_count: standing.sessions ?? 0,
    is_sandbox: config.environment === 'sandbox',
    created_at: stored.createdAt.toISOString(),
    external_ref: standing.externalRef ?? null,
    latest_session_id: taggedOrNull(standing.latestSessionId, 'ses'),
    latest_result_id: taggedOrNull(standing.latestSessionId, 'res'),
    face_match_passed: latest?.faceMatchPassed ?? null,
    age_check_passed: latest?.ageCheckPassed ?? null,
    extracted_age: latest?.extractedAge ?? null,
    rejection_reason: latest?.rejectionReason ?? null,
    country: standing.country ?? null,
    extracted_data: extractedData,
    first_verified_at: standing.firstVerifiedAt ?? null,
    last_verified_at: standing.lastVerifiedAt ?? null,
    archived_at: standing.archivedAt ?? null,
    identity_type_id: taggedOrNull(standing.typeId, 'idtype'),
    custom_fields: { ...profile?.customFields },
    tags: [...(profile?.tags ?? [])],
    updated_at: stored.updatedAt.toISOString(),
  };
}

/** Opens rows of one pool, as lists show them. */
export async function showAll(
  deps: Pick<Deps, 'configs' | 'vault'>,
  rows: readonly StoredIdentity[],
): Promise<ShownIdentity[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const config = await deps.configs.at(first.poolId, first.configVersion);
  const vault = await vaultFor(deps, first);
  return rows.map((stored) => showSummary(config, openIdentity(vault, stored)));
}
