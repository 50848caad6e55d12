import { type KycCheck, type KycReport, OWNER_NOT_VERIFIED, type Risk } from '../../core/kyc/provider.ts';

interface Failure {
  readonly exception: string;
  /** Rejects; a failure of any other kind leaves the case to a person or to better evidence. */
  readonly rejects?: true;
  /** A duplicate or a mismatch. */
  readonly isHighRisk?: true;
}

/** Every check that can run here, with what its failure means (contract kyc 4.5). */
export const FAILURES = {
  age: { exception: 'age_out_of_range', rejects: true },
  documents_present: { exception: 'missing_document' },
  face_present: { exception: 'missing_face_image' },
  file_readable: { exception: 'unreadable_document' },
  file_distinct: { exception: 'duplicate_document', isHighRisk: true },
  mrz_check_digits: { exception: 'mrz_invalid', rejects: true },
  document_expiry: { exception: 'expired_document' },
  name_match: { exception: 'name_mismatch', isHighRisk: true },
  birthday_match: { exception: 'birthday_mismatch', rejects: true, isHighRisk: true },
  gender_match: { exception: 'gender_mismatch', isHighRisk: true },
  tax_id_format: { exception: 'invalid_tax_id' },
  us_state: { exception: 'invalid_state' },
  owner_verified: { exception: OWNER_NOT_VERIFIED },
} as const satisfies Record<string, Failure>;

export type CheckCode = keyof typeof FAILURES;
export type Check = KycCheck & { readonly code: CheckCode };

/** What cannot be done without the world outside. Said in every report, so that nobody takes silence for a yes. */
const OFFLINE: readonly KycCheck[] = [
  'document_authenticity',
  'face_match',
  'liveness',
  'sanctions_lists',
  'company_register',
].map((code) => ({ code, result: 'skipped', detail: 'not possible offline' }));

/** @param passed Null: the check could not run. */
export function check(code: CheckCode, passed: boolean | null, detail?: string): Check {
  const result = passed === null ? 'skipped' : passed ? 'passed' : 'failed';
  return detail === undefined ? { code, result } : { code, result, detail };
}

/** What has to have passed before a machine may approve: more than that nothing failed. */
const NEEDED: Readonly<Record<'person' | 'company', readonly CheckCode[]>> = {
  person: [
    ...(['age', 'documents_present', 'face_present', 'file_readable', 'file_distinct'] as const),
    ...(['mrz_check_digits', 'document_expiry', 'name_match', 'birthday_match'] as const),
  ],
  company: ['documents_present', 'file_readable', 'file_distinct', 'owner_verified'],
};

function riskOf(failures: readonly Failure[]): Risk {
  if (failures.some(({ isHighRisk }) => isHighRisk)) return 'high';
  return failures.length > 0 ? 'medium' : 'low';
}

/**
 * The verdict. A failure that rejects wins over all others. Without a failure it is still an exception for a person to
 * look at, unless the operator has asked for automatic approval and everything that it needs has passed.
 */
export function reportOf(
  type: 'person' | 'company',
  checks: readonly Check[],
  { approveAutomatically, validUntil }: { approveAutomatically: boolean; validUntil: string | null },
): KycReport {
  const failures: Failure[] = checks
    .filter(({ result }) => result === 'failed')
    .map(({ code }) => FAILURES[code]);
  const hasPassed = (code: CheckCode): boolean =>
    checks.some((one) => one.code === code && one.result === 'passed');
  const isApproved = approveAutomatically && failures.length === 0 && NEEDED[type].every(hasPassed);
  const isRejected = failures.some(({ rejects }) => rejects);
  const exceptions = failures.map(({ exception }) => exception);
  if (failures.length === 0 && !isApproved) exceptions.push('manual_review_required');
  return {
    state: isRejected ? 'rejected' : isApproved ? 'approved' : 'exception',
    exceptions: [...new Set(exceptions)].sort(),
    checks: [...checks, ...OFFLINE],
    risk: riskOf(failures),
    // Blocking is an operator's decision; nothing that is found here is reason enough.
    block: false,
    validUntil,
    externalRef: null,
  };
}
