import type { DocumentSide, DocumentType } from './provider.ts';

interface Listed {
  readonly type: DocumentType;
  readonly side: DocumentSide;
}

const TWO_SIDED: readonly DocumentType[] = ['identityCard', 'driverLicense', 'residencePermit'];

/**
 * Whether the evidence is there. A person: a passport's front, or both sides of one card, and a proof of address. A
 * company: at least one paper of its own.
 *
 * @see Contract kyc 4.5, `documents_present`.
 */
export function hasNeededDocuments(type: 'person' | 'company', documents: readonly Listed[]): boolean {
  const has = (wanted: DocumentType, side?: DocumentSide): boolean =>
    documents.some((one) => one.type === wanted && (side === undefined || one.side === side));
  if (type === 'company') return has('other');
  const isIdentified =
    has('passport', 'frontSide') || TWO_SIDED.some((card) => has(card, 'frontSide') && has(card, 'backSide'));
  return isIdentified && has('utilityBill');
}

/**
 * Whether no file stands for two documents: a front that is its own back proves nothing.
 *
 * @param digests SHA-256 of each document's bytes.
 */
export function areDistinct(digests: readonly string[]): boolean {
  return new Set(digests).size === digests.length;
}
