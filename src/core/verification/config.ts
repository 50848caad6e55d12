import { type Standing, standingOf } from '../identities/standing.ts';

/** Verification's part of a pool's configuration (contract verification 4.3, 5.3). */
export interface VerificationConfig {
  /** Which keys `extracted_data` may carry; null: all of them. */
  readonly apiPiiFields: readonly PiiField[] | null;
  readonly sensitiveDataRetentionDays: number | null;
  readonly plan: Plan;
  /** Verifications that may be made in a calendar month (UTC); null: any number. */
  readonly sessionQuota: number | null;
  readonly types: readonly IdentityType[];
}

export const PII_FIELDS = [
  'first_name',
  'last_name',
  'date_of_birth',
  'address',
  'document_number',
  'nationality',
  'gender',
  'ssn',
  'document_type',
  'document_expiration_date',
  'document_issuing_state',
] as const;
export type PiiField = (typeof PII_FIELDS)[number];

export const PLANS = ['free', 'starter', 'professional', 'enterprise'] as const;
export type Plan = (typeof PLANS)[number];

/** What of a type may change after it was made. */
export interface TypeDefinition {
  readonly label: string;
  readonly description: string | null;
  /** Statuses of identities of this type, beside those that every identity may have. */
  readonly statuses: readonly string[];
  readonly defaultStatus: string | null;
}

export interface IdentityType extends TypeDefinition {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly fields: readonly CustomField[];
}

export const FIELD_TYPES = ['string', 'number', 'boolean', 'date', 'enum'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export interface FieldDefinition {
  readonly label: string;
  readonly fieldType: FieldType;
  readonly isRequired: boolean;
  readonly isUnique: boolean;
  readonly isEncrypted: boolean;
  readonly enumValues: readonly string[] | null;
  readonly validationRegex: string | null;
  readonly sortOrder: number;
}

export interface CustomField extends FieldDefinition {
  readonly id: string;
  readonly typeId: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const DEFAULT_VERIFICATION: VerificationConfig = {
  apiPiiFields: null,
  sensitiveDataRetentionDays: null,
  plan: 'enterprise',
  sessionQuota: null,
  types: [],
};

export function defaultTypeOf(config: VerificationConfig): IdentityType | null {
  return config.types.find((type) => type.isDefault) ?? null;
}

/** How a new identity of the pool begins, whoever makes it: the default type and its status, where there is one. */
export function firstStanding(config: VerificationConfig): Standing {
  const type = defaultTypeOf(config);
  return standingOf({ typeId: type?.id, status: type?.defaultStatus ?? undefined });
}
