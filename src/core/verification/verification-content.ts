import type { Deps } from '../deps.ts';
import { SealBroken, WrongState } from '../errors.ts';
import type { LatestResult } from '../identities/profile.ts';
import { vaultFor } from '../identities/view.ts';
import type { DataKey, PoolVault } from '../ports.ts';
import type { ResultStatus, StoredVerification } from './ports.ts';

/** The sealed part of a verification. Personal data: never logged, never in an error. */
export interface VerificationContent {
  readonly format: 1;
  /** The caller's own. */
  readonly metadata: { readonly [key: string]: unknown };
  /** May name the person in its query. */
  readonly redirectUrl?: string;
  /** ISO 3166-1 alpha-2: where the person is to be verified. */
  readonly country?: string;
  readonly checks?: unknown;
  readonly result?: VerificationResult;
}

/** What a verification found (contract verification 5.2). */
export interface VerificationResult {
  readonly status: ResultStatus;
  /** ISO 8601. */
  readonly createdAt: string;
  /** 0 to 1. */
  readonly faceMatchScore: number | null;
  readonly faceMatchPassed: boolean | null;
  readonly ageCheckPassed: boolean | null;
  /** Whole years when it was found. */
  readonly extractedAge: number | null;
  readonly rejectionReason: string | null;
  readonly processingMode: string;
  readonly countryUsed: string | null;
  /** By the names of attributes. */
  readonly extracted: { readonly [name: string]: string };
  readonly document?: NonNullable<LatestResult['document']>;
}

/** A verification with its content; both null once it is redacted. */
export interface OpenedVerification {
  readonly stored: StoredVerification;
  readonly key: DataKey | null;
  readonly content: VerificationContent | null;
}

const SECTION = 'verification';

/** @throws SealBroken */
export async function openVerification(
  deps: Pick<Deps, 'vault'>,
  stored: StoredVerification,
): Promise<OpenedVerification> {
  return openVerificationWith(await vaultFor(deps, stored), stored);
}

/** As `openVerification`, for use within a transaction. */
export function openVerificationWith(vault: PoolVault, stored: StoredVerification): OpenedVerification {
  if (stored.wrappedKey === null) return { stored, key: null, content: null };
  const key = vault.openIdentityKey(stored.id, stored.wrappedKey);
  if (stored.content === null) return { stored, key, content: null };
  return { stored, key, content: parseContent(key.open(SECTION, stored.content)) };
}

/** @throws WrongState It is redacted: nothing can be kept of it any more. */
export function requireContent(opened: OpenedVerification): { key: DataKey; content: VerificationContent } {
  const { key, content } = opened;
  if (key === null || content === null) throw new WrongState('The session is redacted.');
  return { key, content };
}

export function sealContent(key: DataKey, content: VerificationContent): Buffer {
  return key.seal(SECTION, Buffer.from(JSON.stringify(content)));
}

function parseContent(plaintext: Buffer): VerificationContent {
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('a verification holds no JSON');
  }
}
