import { ageProblem } from '../../core/kyc/age.ts';
import { dayOf } from '../../core/kyc/dates.ts';
import { areDistinct, hasNeededDocuments } from '../../core/kyc/needed-documents.ts';
import type {
  KycContext,
  KycProvider,
  KycReport,
  KycSubmission,
  OperationRule,
} from '../../core/kyc/provider.ts';
import { isTaxId } from '../../core/kyc/tax-ids/tax-id.ts';
import { hasUsState } from '../../core/kyc/us-state.ts';
import { type Check, check, reportOf } from './checks.ts';
import { type FileFindings, readFiles, type TextExtractor } from './read-files.ts';
import { checkZones } from './zone-checks.ts';

export interface BuiltinOptions {
  readonly operations: readonly OperationRule[];
  /** Null: no zones are read, and what depends on them is skipped. */
  readonly extractor: TextExtractor | null;
  /**
   * The operator's own decision, off unless made: approves without a person when no check has failed and none that it
   * needs was skipped. Whether a document is genuine, or its holder's, has then been looked at by nobody.
   */
  readonly approveAutomatically: boolean;
}

function checkFacts({ subject, documents, faceImages }: KycSubmission, now: Date): Check[] {
  const { type, birthday, tax } = subject;
  const states = [hasUsState(subject.address), hasUsState(tax)];
  return [
    check('age', birthday === null ? null : ageProblem(birthday, now) === null),
    check('documents_present', hasNeededDocuments(type, documents)),
    check('face_present', type === 'company' ? null : faceImages.length > 0),
    check('tax_id_format', isTaxId(tax.country, type, tax.idNumber)),
    check('us_state', states.includes(false) ? false : states.includes(true) ? true : null),
    check('owner_verified', subject.type === 'person' ? null : subject.ownerState === 'approved'),
  ];
}

async function checkFiles({ unreadable, digests }: FileFindings, context: KycContext): Promise<Check[]> {
  let isAlone = areDistinct(digests);
  for (const digest of new Set(digests)) isAlone &&= !(await context.isDocumentOfAnother(digest));
  const reasons = [...new Set(unreadable)].sort().join(', ');
  return [
    unreadable.length > 0 ? check('file_readable', false, reasons) : check('file_readable', true),
    check('file_distinct', digests.length === 0 ? null : isAlone),
  ];
}

/**
 * The provider that comes with the server and asks nobody: contract kyc 4.5. At best it reports an `exception` with
 * `manual_review_required`, unless the operator has turned automatic approval on. It answers at once, keeps nothing, and
 * says the same of the same submission.
 */
export function createBuiltinProvider(options: BuiltinOptions): KycProvider {
  const { operations, extractor, approveAutomatically } = options;
  return {
    slug: 'builtin',
    operations,
    async submit(submission: KycSubmission, context: KycContext): Promise<KycReport> {
      const now = context.now();
      const { subject } = submission;
      const findings = await readFiles(submission, subject.type === 'person' ? extractor : null);
      const zones =
        subject.type === 'person'
          ? checkZones(findings.zones, subject, dayOf(now))
          : { checks: [], validUntil: null };
      const checks = [
        ...checkFacts(submission, now),
        ...(await checkFiles(findings, context)),
        ...zones.checks,
      ];
      return reportOf(subject.type, checks, { approveAutomatically, validUntil: zones.validUntil });
    },
  };
}
