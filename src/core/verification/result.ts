import type { AttributeName } from '../identities/attributes.ts';
import type { LatestResult } from '../identities/profile.ts';
import { EXTRACTED_ATTRIBUTES } from './extracted-data.ts';
import type { ResultStatus } from './ports.ts';
import type { VerificationContent, VerificationResult } from './verification-content.ts';

/** From this score on two faces are one person's, by how strict the check is (contract verification 5.2). */
export const FACE_MATCH_THRESHOLDS = { standard: 0.35, strict: 0.5, very_strict: 0.6 } as const;

/** What whoever decided found, before it is weighed against the rules. */
export interface Findings {
  /** Score from 0 to 1; null: faces were not compared. */
  readonly faceMatch: {
    readonly score: number;
    readonly strictness: keyof typeof FACE_MATCH_THRESHOLDS;
  } | null;
  /** What was read off the evidence; `as-known`: it says what the record says already. */
  readonly extracted: ReadonlyMap<AttributeName, string> | 'as-known';
  readonly document?: NonNullable<LatestResult['document']>;
  readonly rejectionReason: string | null;
  /** How it was decided, in a word. */
  readonly processingMode: string;
  /** ISO 3166-1 alpha-2; left out: the country that the session was made for. */
  readonly countryUsed?: string;
  /** Years; left out: what the session's own checks ask for. */
  readonly minimumAge?: number;
}

/**
 * The result of a verification. The age is that at the moment of the decision, of the birth date that was read or else
 * of the one that the record knows; it is weighed only where a minimum was asked for.
 *
 * @param known What the record says; null for each attribute where there is no record.
 */
export function resultOf(
  findings: Findings,
  {
    status,
    content,
    known,
    at,
  }: {
    status: ResultStatus;
    content: VerificationContent;
    known: (name: AttributeName) => string | null;
    at: Date;
  },
): VerificationResult {
  const { faceMatch, document } = findings;
  const extracted = extractedBy(findings, known);
  const birthdate = extracted.get('birthdate') ?? known('birthdate');
  const extractedAge = birthdate === null ? null : wholeYears(birthdate, at);
  const minimumAge = findings.minimumAge ?? minimumAgeOf(content.checks);
  return {
    status,
    createdAt: at.toISOString(),
    faceMatchScore: faceMatch?.score ?? null,
    faceMatchPassed:
      faceMatch === null ? null : faceMatch.score >= FACE_MATCH_THRESHOLDS[faceMatch.strictness],
    ageCheckPassed: extractedAge === null || minimumAge === null ? null : extractedAge >= minimumAge,
    extractedAge,
    rejectionReason: status === 'approved' ? null : findings.rejectionReason,
    processingMode: findings.processingMode,
    countryUsed: findings.countryUsed ?? content.country ?? null,
    extracted: Object.fromEntries(extracted),
    ...(document === undefined ? {} : { document }),
  };
}

function extractedBy(
  { extracted }: Findings,
  known: (name: AttributeName) => string | null,
): ReadonlyMap<AttributeName, string> {
  if (extracted !== 'as-known') return extracted;
  const values = new Map<AttributeName, string>();
  for (const name of EXTRACTED_ATTRIBUTES) {
    const value = known(name);
    if (value !== null) values.set(name, value);
  }
  return values;
}

/** Whole years since a day (`YYYY-MM-DD`), in UTC; null before it. */
export function wholeYears(day: string, at: Date): number | null {
  const today = at.toISOString().slice(0, 10);
  const years = Number(today.slice(0, 4)) - Number(day.slice(0, 4)) - (today.slice(5) < day.slice(5) ? 1 : 0);
  return years >= 0 ? years : null;
}

/** `minimum_age` of a session's checks, where they name one. */
export function minimumAgeOf(checks: unknown): number | null {
  if (typeof checks !== 'object' || checks === null || !('minimum_age' in checks)) return null;
  return Number.isInteger(checks.minimum_age) ? Number(checks.minimum_age) : null;
}
