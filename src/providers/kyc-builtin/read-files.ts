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

/**
 * Pictures of one submission that are searched for a zone. An identity may gather a hundred files in time, and each may
 * take a reader as long as the reader's limit allows.
 */
const SEARCHED_MAX = 20;

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

/** @param extractor Null: the file is not searched for a zone. */
async function readFile(file: StoredFile, extractor: TextExtractor | null): Promise<Finding> {
  const bytes = await file.read();
  if (bytes === null) return { unreadable: 'not stored' };
  const digest = createHash('sha256').update(bytes).digest('hex');
  const inspection = inspectFile(bytes, file.extension);
  if (inspection.kind === 'unreadable') return { unreadable: inspection.reason, digest };
  if (extractor === null || inspection.kind === 'pdf') return { digest };
  const outcome = await extractor.read(inspection.kind, bytes);
  if (outcome.kind === 'unreadable') return { unreadable: outcome.reason, digest };
  return outcome.kind === 'zone' ? { digest, zone: outcome } : { digest };
}

/**
 * Opens every file of a submission, one after the other: a submission has up to thirty of ten megabytes, and one of them
 * in memory is enough.
 *
 * Nothing that was sent is ever taken back, so the latest counts: zones are looked for from the newest file to the oldest,
 * and what lies behind a zone of the same type and side was replaced by it. A new passport ends what was wrong with the
 * old one's zone; that the old one is readable and nobody else's still counts.
 *
 * @param input.documents In the order in which they were added.
 */
export async function readFiles(
  { documents, faceImages }: Pick<KycSubmission, 'documents' | 'faceImages'>,
  extractor: TextExtractor | null,
): Promise<FileFindings> {
  const findings: Finding[] = [];
  const found = new Set<string>();
  let searched = 0;
  for (const document of documents.toReversed()) {
    const place = `${document.type} ${document.side}`;
    const isSearched = WITH_ZONE.has(document.type) && !found.has(place) && searched < SEARCHED_MAX;
    if (isSearched) searched += 1;
    const finding = await readFile(document, isSearched ? extractor : null);
    if (finding.zone !== undefined) found.add(place);
    findings.push(finding);
  }
  const digests = findings.flatMap(({ digest }) => digest ?? []);
  for (const face of faceImages) findings.push(await readFile(face, null));
  return {
    unreadable: findings.flatMap(({ unreadable }) => unreadable ?? []),
    digests,
    zones: findings.flatMap(({ zone }) => zone ?? []),
  };
}
