import { ATTRIBUTES, type AttributeName, readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import type { Profile } from '../identities/profile.ts';
import { type AttributeChange, setAttributes } from '../identities/set-attributes.ts';
import type { Standing } from '../identities/standing.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { VerificationId } from './ports.ts';
import type { VerificationResult } from './verification-content.ts';

/** Outcomes that an identity hears of; until then, and when a session expires, nothing of it changes. */
export type LinkingOutcome = 'approved' | 'rejected' | 'failed';

/** A record as a verification finds it. */
export interface Verified {
  readonly schemaId: string;
  readonly profile: Profile;
  readonly standing: Standing;
}

export interface Ended {
  readonly id: VerificationId;
  readonly outcome: LinkingOutcome;
  /** Null where the engine failed. */
  readonly result: VerificationResult | null;
  readonly at: Date;
  /** It did not count for this record before. */
  readonly isFirst: boolean;
}

export interface Effects {
  readonly profile: Profile;
  readonly standing: Standing;
  /** Names of what changed, attributes last. */
  readonly fields: readonly string[];
}

/**
 * What the end of a verification makes of its identity (DESIGN R5; contract verification 4.4, 5.1, 5.2). An approval
 * confirms the record, which is never taken back, and what was read replaces what was known; a rejection only fills in
 * what was not known. What is locked (R1) stays as it is.
 */
export function effectsOf(config: PoolConfig, record: Verified, ended: Ended, newVid: () => string): Effects {
  const { outcome, result } = ended;
  const standing = standingAfter(record.standing, ended);
  if (result === null) {
    return { profile: record.profile, standing, fields: changedFields(record, { ...record, standing }) };
  }
  const values = valuesOf(config, record, outcome, result);
  const { profile: filled, changed } = withoutLocked(config, record, values, newVid);
  const { faceMatchPassed, ageCheckPassed, extractedAge, rejectionReason, document } = result;
  const profile: Profile = {
    ...filled,
    latestResult: {
      ...{ faceMatchPassed, ageCheckPassed, extractedAge, rejectionReason },
      ...(document === undefined ? {} : { document }),
    },
  };
  const attributes = [...changed].sort((a, b) => ATTRIBUTES.indexOf(a) - ATTRIBUTES.indexOf(b));
  return { profile, standing, fields: [...changedFields(record, { profile, standing }), ...attributes] };
}

function standingAfter(before: Standing, { id, outcome, result, at, isFirst }: Ended): Standing {
  const time = at.toISOString();
  return {
    ...before,
    status: outcome,
    ...(isFirst ? { sessions: (before.sessions ?? 0) + 1 } : {}),
    ...(result === null ? {} : { latestSessionId: id, latestSessionEndedAt: time }),
    ...(result === null || result.countryUsed === null ? {} : { country: result.countryUsed }),
    ...(outcome === 'approved'
      ? { firstVerifiedAt: before.firstVerifiedAt ?? time, lastVerifiedAt: time, confirmed: true }
      : {}),
  };
}

function valuesOf(
  config: PoolConfig,
  { schemaId, profile }: Verified,
  outcome: LinkingOutcome,
  { extracted }: VerificationResult,
): Map<AttributeName, string> {
  const homes = homesOf(config, schemaId);
  const values = new Map<AttributeName, string>();
  for (const name of ATTRIBUTES) {
    const value = extracted[name];
    if (value === undefined) continue;
    if (outcome === 'approved' || readAttribute(profile, homes, name) === null) values.set(name, value);
  }
  return values;
}

/** Leaves out what is locked, and what that locks in turn, until nothing is refused. */
function withoutLocked(
  config: PoolConfig,
  record: Verified,
  values: Map<AttributeName, string>,
  newVid: () => string,
): AttributeChange {
  const change = setAttributes(config, record, values, newVid);
  if (change.problems.length === 0) return change;
  const rest = new Map(values);
  for (const { attribute } of change.problems) rest.delete(attribute);
  // Each round leaves out at least one; should none be found to leave out, nothing is written.
  return rest.size < values.size
    ? withoutLocked(config, record, rest, newVid)
    : { profile: record.profile, changed: [], problems: [] };
}

type Changeable = Pick<Verified, 'profile' | 'standing'>;

function shownOf({ profile, standing }: Changeable): Record<string, unknown> {
  const { latestResult: result } = profile;
  return {
    status: standing.status,
    country: standing.country,
    session_count: standing.sessions,
    latest_session_id: standing.latestSessionId,
    latest_result_id: standing.latestSessionId,
    face_match_passed: result?.faceMatchPassed ?? null,
    age_check_passed: result?.ageCheckPassed ?? null,
    extracted_age: result?.extractedAge ?? null,
    rejection_reason: result?.rejectionReason ?? null,
    first_verified_at: standing.firstVerifiedAt,
    last_verified_at: standing.lastVerifiedAt,
  };
}

function changedFields(before: Changeable, after: Changeable): string[] {
  const [old, now] = [shownOf(before), shownOf(after)];
  return Object.keys(now).filter((name) => now[name] !== old[name]);
}
