import { createHash } from 'node:crypto';
import type { KycSubmission, StoredFile } from '../../core/kyc/provider.ts';
import { inspectFile } from './inspect-file.ts';
import type { ReadOutcome } from './ocr/messages.ts';

/** Reads zones of pictures; `OcrPool` is one. */
export interface TextExtractor {
  read(kind: 'jpeg' | 'png', file: Uint8Array): Promise<ReadOutcome>;
}

export interface Zone {
  readonly lines: readonly string[];
  readonly isSound: boolean;
}

/** What the files of a submission are, each having been opened once. */
export interface FileFindings {
  /** Reasons in fixed words, of each file that cannot be used. */
  readonly unreadable: readonly string[];
  /** SHA-256 of each document that is there, hexadecimal. */
  readonly digests: readonly string[];
  readonly zones: readonly Zone[];
}

/** Papers without a zone are not searched for one. */
const WITH_ZONE: ReadonlySet<string> = new Set([
  'passport',
  'identityCard',
  'residencePermit',
  'driverLicense',
]);

interface Finding {
  readonly unreadable?: string;
  readonly digest?: string;
  readonly zone?: Zone;
}

async function readFile(
  file: StoredFile,
  { extractor, mayHaveZone }: { extractor: TextExtractor | null; mayHaveZone: boolean },
): Promise<Finding> {
  const bytes = await file.read();
  if (bytes === null) return { unreadable: 'not stored' };
  const digest = createHash('sha256').update(bytes).digest('hex');
  const inspection = inspectFile(bytes, file.extension);
  if (inspection.kind === 'unreadable') return { unreadable: inspection.reason, digest };
  if (extractor === null || inspection.kind === 'pdf' || !mayHaveZone) return { digest };
  const outcome = await extractor.read(inspection.kind, bytes);
  if (outcome.kind === 'unreadable') return { unreadable: outcome.reason, digest };
  return outcome.kind === 'zone' ? { digest, zone: outcome } : { digest };
}

/**
 * Opens every file of a submission, one after the other: a submission has up to thirty of ten megabytes, and one of them
 * in memory is enough.
 */
export async function readFiles(
  { documents, faceImages }: Pick<KycSubmission, 'documents' | 'faceImages'>,
  extractor: TextExtractor | null,
): Promise<FileFindings> {
  const findings: Finding[] = [];
  for (const document of documents)
    findings.push(await readFile(document, { extractor, mayHaveZone: WITH_ZONE.has(document.type) }));
  const digests = findings.flatMap(({ digest }) => digest ?? []);
  for (const face of faceImages) findings.push(await readFile(face, { extractor, mayHaveZone: false }));
  return {
    unreadable: findings.flatMap(({ unreadable }) => unreadable ?? []),
    digests,
    zones: findings.flatMap(({ zone }) => zone ?? []),
  };
}
