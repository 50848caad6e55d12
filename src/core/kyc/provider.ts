/** What a case is, as one provider sees it (contract kyc 4.2). */
export type KycState = 'pending' | 'exception' | 'approved' | 'rejected' | 'expired';
export type Risk = 'low' | 'medium' | 'high';
export type Gender = 'male' | 'female' | 'undefined';
export type DocumentType =
  | 'driverLicense'
  | 'identityCard'
  | 'other'
  | 'passport'
  | 'residencePermit'
  | 'utilityBill';
export type DocumentSide = 'frontSide' | 'backSide';

/** `skipped`: it could not run. Never `passed` for want of a reason to fail (contract kyc 4.5, rule one). */
export type CheckResult = 'passed' | 'failed' | 'skipped';

export interface KycCheck {
  readonly code: string;
  readonly result: CheckResult;
  /** Fixed words for a reviewer, such as `truncated`; never anything that was read from a document. */
  readonly detail?: string;
}

/** The exception of a company whose owner is not approved by the same provider. It lasts until the owner is. */
export const OWNER_NOT_VERIFIED = 'owner_not_verified';

/** What a provider found, and what it makes of it. */
export interface KycReport {
  readonly state: KycState;
  /** Stable codes, sorted, each once. */
  readonly exceptions: readonly string[];
  readonly checks: readonly KycCheck[];
  readonly risk: Risk | null;
  /** True blocks the identity; false and absent leave it as it is. */
  readonly block?: boolean;
  /** `YYYY-MM-DD`, the last day on which the evidence holds. */
  readonly validUntil?: string | null;
  /** The provider's own name of the case, for `refresh` and `cancel`. */
  readonly externalRef?: string | null;
}

interface SubjectFacts {
  readonly name: string;
  readonly address: { readonly country: string; readonly state: string | null };
  readonly tax: { readonly country: string; readonly idNumber: string; readonly state: string | null };
}

export interface PersonFacts extends SubjectFacts {
  readonly type: 'person';
  /** `YYYY-MM-DD`. */
  readonly birthday: string;
  readonly gender: Gender;
}

export interface CompanyFacts extends SubjectFacts {
  readonly type: 'company';
  readonly birthday: string | null;
  readonly gender: Gender | null;
  /** The owner's entry at this same provider; null: no owner, or none yet. */
  readonly ownerState: KycState | null;
}

/** Shows a stored file to a provider outside, which has no API key of ours. */
export interface FileLink {
  readonly url: string;
  /** From then on it shows nothing. */
  readonly expiresAt: Date;
  /** By the leading bytes. */
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A stored file. Nothing is read before it is asked for. */
export interface StoredFile {
  /** With its dot, lower case, as in the object's key: `.jpeg`. */
  readonly extension: string;
  /** @returns Null when no such object is stored. A storage that does not answer throws, and the case is tried again. */
  read(): Promise<Uint8Array | null>;
  /** That it was given out goes into the audit log. */
  link(): Promise<FileLink>;
}

export interface KycDocument extends StoredFile {
  readonly id: string;
  readonly type: DocumentType;
  readonly side: DocumentSide;
}

/** One case: facts of one revision, and the evidence for them. */
export interface KycSubmission {
  readonly verificationId: string;
  /** A verdict on an older revision than the current one is dropped by who receives it. */
  readonly revision: number;
  readonly subject: PersonFacts | CompanyFacts;
  /** In the order in which they were added; so are face images. */
  readonly documents: readonly KycDocument[];
  readonly faceImages: readonly StoredFile[];
}

/** What a provider may ask of us while it works. */
export interface KycContext {
  now(): Date;
  /** Whether another identity of the same application has a document with this SHA-256 (hexadecimal). */
  isDocumentOfAnother(sha256: string): Promise<boolean>;
  /** For a verdict that comes after `submit` has answered `pending`. */
  report(verificationId: string, revision: number, report: KycReport): Promise<void>;
}

/** What clients can do once the provider has approved them (contract kyc 3.8). */
export interface OperationRule {
  readonly code: string;
  readonly actions: readonly ('create' | 'confirm' | 'cancel')[];
  readonly types: readonly ('person' | 'company')[];
  readonly maxRisk: Risk;
}

/** A message from outside: its raw bytes are what a signature covers. Attribute names are in lower case. */
export interface ProviderNotice {
  readonly attributes: Readonly<Record<string, string>>;
  readonly raw: Uint8Array;
}

/** What a notice says. */
export interface ProviderVerdict {
  readonly verificationId: string;
  readonly revision: number;
  readonly report: KycReport;
  /** When the provider signed it, by its own clock, in whole seconds. */
  readonly sentAt: Date;
}

/**
 * Who decides on a case. `submit` runs from a queue and more than once with one `verificationId`; clock and storage
 * come from outside. Whatever it throws keeps the case pending and is tried again: it is never a rejection.
 *
 * @see Contract kyc 4.4.
 */
export interface KycProvider {
  readonly slug: string;
  readonly operations: readonly OperationRule[];
  /** May answer `pending`, and report later. */
  submit(submission: KycSubmission, context: KycContext): Promise<KycReport>;
  /** Of providers that are asked again and again. */
  refresh?(externalRef: string, context: KycContext): Promise<KycReport>;
  /** Verifies the sender before anything else. @returns Null when the notice is about nothing that concerns us. */
  callback?(notice: ProviderNotice): Promise<ProviderVerdict | null>;
  cancel?(externalRef: string): Promise<void>;
}
