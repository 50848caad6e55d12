import Type from 'typebox';
import { RESULT_STATUSES, SESSION_STATUSES } from '../../core/verification/ports.ts';
import { SIMULATE_ACTIONS } from '../../core/verification/simulate-session.ts';
import { AnyMap, ExtractedData, nullable, page, Time } from './wire.ts';

// Shapes of sessions and results (contract verification 5.1, 5.2), in the contract's own casing.

const SessionStatus = Type.Enum([...SESSION_STATUSES]);
const SessionId = Type.String({ description: 'A `ses_…` id.' });

/** A list of names, or an object with settings such as `minimum_age`. */
const Checks = Type.Union([Type.Array(Type.String()), AnyMap], {
  description: 'Names of checks, or an object with their settings: `minimum_age` is a whole number of years.',
});

export const Session = Type.Object({
  id: SessionId,
  status: SessionStatus,
  external_ref: nullable(Type.String()),
  identity_id: nullable(Type.String({ description: 'The identity that it counts for, once it has ended.' })),
  result_id: nullable(Type.String()),
  country: nullable(Type.String()),
  workflow_id: nullable(Type.String()),
  redirect_url: nullable(Type.String()),
  checks: nullable(Checks),
  metadata: AnyMap,
  is_sandbox: Type.Boolean(),
  retention_status: Type.Enum(['retained', 'redacted']),
  created_at: Time,
  updated_at: Time,
  completed_at: nullable(Time),
});

export const SessionList = page(Session);
/** Of one identity: without pagination (contract verification 3.5). */
export const IdentitySessions = Type.Object({ data: Type.Array(Session) });

export const Result = Type.Object({
  id: Type.String(),
  session_id: SessionId,
  status: Type.Enum([...RESULT_STATUSES]),
  is_sandbox: Type.Boolean(),
  created_at: Time,
  face_match_passed: nullable(Type.Boolean()),
  face_match_score: nullable(Type.Number()),
  age_check_passed: nullable(Type.Boolean()),
  extracted_age: nullable(Type.Integer()),
  extracted_data: ExtractedData,
  rejection_reason: nullable(Type.String()),
  processing_mode: nullable(Type.String()),
  country_used: nullable(Type.String()),
  sensitive_data_expired: Type.Boolean(),
});

export const Simulated = Type.Object({
  id: SessionId,
  action: Type.Enum([...SIMULATE_ACTIONS]),
  status: SessionStatus,
  simulated: Type.Boolean(),
});

export const RedactedSession = Type.Object({
  id: SessionId,
  status: Type.Enum(['redacted', 'already_redacted']),
  retention_status: Type.Enum(['redacted']),
});

export const RedactedSessions = Type.Object({
  data: Type.Array(
    Type.Object({ id: Type.String(), status: Type.Enum(['redacted', 'already_redacted', 'not_found']) }),
  ),
  redacted_count: Type.Integer({ description: 'How many this request redacted.' }),
});

// What comes in: for the reference. Handlers check texts themselves, since limits count what is left after trimming.

const text = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }));

export const SessionInput = Type.Object({
  external_ref: text(
    255,
    'The reference of the identity that the session is about, which need not exist yet.',
  ),
  country: text(2, 'ISO 3166-1 alpha-2.'),
  workflow_id: text(255, 'Yours; kept and given back.'),
  metadata: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: 'Yours; at most 16 KiB.' }),
  ),
  redirect_url: text(2048, 'http or https.'),
  checks: Type.Optional(Checks),
});

export const SimulateInput = Type.Object({ action: Type.Enum([...SIMULATE_ACTIONS]) });
export const RedactInput = Type.Object({
  session_ids: Type.Array(Type.String(), { minItems: 1, maxItems: 100 }),
});

export const SessionPath = Type.Object({ session_id: SessionId });
export const WindowQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
});
export const SessionListQuery = Type.Object({
  status: Type.Optional(SessionStatus),
  external_ref: Type.Optional(Type.String({ description: 'The whole reference.' })),
  ...WindowQuery.properties,
});
