import type { Deps } from '../deps.ts';
import { type AttributeName, readAttribute } from '../identities/attributes.ts';
import { homesOf } from '../identities/factors.ts';
import type { LatestResult } from '../identities/profile.ts';
import type { OpenedIdentity } from '../identities/view.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { PiiField, VerificationConfig } from './config.ts';

const DAY_MS = 86_400_000;

export interface ExtractedAddress {
  line1?: string;
  line2?: string;
  city?: string;
  state?: string;
  zip?: string;
}

export type ExtractedData = { [Field in Exclude<PiiField, 'address'>]?: string } & {
  address?: ExtractedAddress;
};

/**
 * Personal data as far as the pool lets them out (contract verification 4.3): keys of its whitelist that have a value.
 * Nothing once the retention after the latest session has passed.
 */
export function extractedDataOf(
  { clock }: Pick<Deps, 'clock'>,
  config: PoolConfig,
  opened: OpenedIdentity,
): ExtractedData {
  const { latestSessionEndedAt: endedAt } = opened.stored.standing;
  if (endedAt !== undefined && isPastRetention(config.verification, new Date(endedAt), clock.now()))
    return {};
  return allowedData(config.verification, allDataOf(config, opened));
}

/** Whether what was found by a session that ended then is not told any more. */
export function isPastRetention(
  { sensitiveDataRetentionDays: days }: VerificationConfig,
  endedAt: Date,
  now: Date,
): boolean {
  return days !== null && endedAt.getTime() + days * DAY_MS <= now.getTime();
}

/** What the pool's whitelist leaves of it. */
export function allowedData({ apiPiiFields }: VerificationConfig, data: ExtractedData): ExtractedData {
  if (apiPiiFields === null) return data;
  return Object.fromEntries(
    Object.entries(data).filter(([field]) => (apiPiiFields as readonly string[]).includes(field)),
  );
}

/** Everything, whatever the whitelist says: for the export alone. */
export function allDataOf(config: PoolConfig, { stored, profile }: OpenedIdentity): ExtractedData {
  if (profile === null) return {};
  const homes = homesOf(config, stored.schemaId);
  return shapeData((name) => readAttribute(profile, homes, name), profile.latestResult?.document);
}

/** Attributes that `extracted_data` can show. */
export const EXTRACTED_ATTRIBUTES: readonly AttributeName[] = [
  ...(['given_name', 'family_name', 'birthdate', 'document_number', 'nationality', 'gender', 'ssn'] as const),
  ...(['address.street_address', 'address.line2', 'address.locality', 'address.region'] as const),
  'address.postal_code',
];

/** Attributes and document in the form of `extracted_data`; what has no value is left out. */
export function shapeData(
  readOrNull: (name: AttributeName) => string | null,
  document: LatestResult['document'],
): ExtractedData {
  const read = (name: AttributeName) => readOrNull(name) ?? undefined;
  const address = present({
    line1: read('address.street_address'),
    line2: read('address.line2'),
    city: read('address.locality'),
    state: read('address.region'),
    zip: read('address.postal_code'),
  });
  return present({
    first_name: read('given_name'),
    last_name: read('family_name'),
    date_of_birth: read('birthdate'),
    address: Object.keys(address).length === 0 ? undefined : address,
    document_number: read('document_number'),
    nationality: read('nationality'),
    gender: read('gender'),
    ssn: read('ssn'),
    document_type: document?.type,
    document_expiration_date: document?.expirationDate,
    document_issuing_state: document?.issuingState,
  });
}

type Present<Record> = { [Key in keyof Record]?: Exclude<Record[Key], undefined> };

function present<const Parts extends object>(parts: Parts): Present<Parts> {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as Present<Parts>;
}
