import Type from 'typebox';

// Shapes of contract verification, in its own casing. What goes out carries these keys and no others.

export const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** UTC, ISO 8601 with `Z`. */
export const Time = Type.String({ description: 'UTC, ISO 8601.' });
export const AnyMap = Type.Record(Type.String(), Type.Unknown());

export const Address = Type.Object({
  line1: Type.Optional(Type.String()),
  line2: Type.Optional(Type.String()),
  city: Type.Optional(Type.String()),
  state: Type.Optional(Type.String()),
  zip: Type.Optional(Type.String()),
});

/** Section 4.3: keys without a value, or not in the whitelist, are left out. */
export const ExtractedData = Type.Object({
  first_name: Type.Optional(Type.String()),
  last_name: Type.Optional(Type.String()),
  date_of_birth: Type.Optional(Type.String()),
  address: Type.Optional(Address),
  document_number: Type.Optional(Type.String()),
  nationality: Type.Optional(Type.String()),
  gender: Type.Optional(Type.String()),
  ssn: Type.Optional(Type.String()),
  document_type: Type.Optional(Type.String()),
  document_expiration_date: Type.Optional(Type.String()),
  document_issuing_state: Type.Optional(Type.String()),
});

/** Section 3.2: all 21 keys, always. */
export const Identity = Type.Object({
  id: Type.String(),
  status: Type.String(),
  session_count: Type.Integer(),
  is_sandbox: Type.Boolean(),
  created_at: Time,
  external_ref: nullable(Type.String()),
  latest_session_id: nullable(Type.String()),
  latest_result_id: nullable(Type.String()),
  face_match_passed: nullable(Type.Boolean()),
  age_check_passed: nullable(Type.Boolean()),
  extracted_age: nullable(Type.Integer()),
  rejection_reason: nullable(Type.String()),
  country: nullable(Type.String()),
  extracted_data: ExtractedData,
  first_verified_at: nullable(Time),
  last_verified_at: nullable(Time),
  archived_at: nullable(Time),
  identity_type_id: nullable(Type.String()),
  custom_fields: AnyMap,
  tags: Type.Array(Type.String()),
  updated_at: Time,
});

export const OffsetPagination = Type.Object({
  total: Type.Integer(),
  limit: Type.Integer(),
  offset: Type.Integer(),
});

export const CursorPagination = Type.Object({
  size: Type.Integer(),
  has_more: Type.Boolean(),
  next_cursor: nullable(Type.String()),
  previous_cursor: nullable(Type.String()),
});

/** A page by offset of whatever it is. */
export const page = <Schema extends Type.TSchema>(schema: Schema) =>
  Type.Object({ data: Type.Array(schema), pagination: OffsetPagination });

export const IdentityList = Type.Object({
  data: Type.Array(Identity),
  pagination: Type.Union([OffsetPagination, CursorPagination]),
});

export const Stub = Type.Object({
  id: Type.String(),
  external_ref: Type.String(),
  status: Type.String(),
  is_sandbox: Type.Boolean(),
  created_at: Time,
  upserted: Type.Boolean(),
});

export const Archived = Type.Object({ id: Type.String(), status: Type.String(), archived_at: Time });
export const Redacted = Type.Object({ id: Type.String(), status: Type.String(), message: Type.String() });
export const Tags = Type.Object({ id: Type.String(), tags: Type.Array(Type.String()) });

export const RateLimits = Type.Object({
  rate_limit: Type.Object({
    limit: Type.Integer(),
    remaining: Type.Integer(),
    reset_in_seconds: Type.Integer(),
    window_seconds: Type.Integer(),
  }),
  quotas: Type.Record(Type.String(), Type.Unknown()),
  plan: Type.String(),
});

// What comes in: for the reference. Handlers check texts themselves, since limits count what is left after trimming.

const text = (maxLength: number, description?: string) =>
  Type.Optional(
    Type.String({ minLength: 1, maxLength, ...(description === undefined ? {} : { description }) }),
  );

export const CreateInput = Type.Object({
  external_ref: Type.String({ minLength: 1, maxLength: 255 }),
  upsert: Type.Optional(Type.Boolean({ default: false })),
});

export const UpdateInput = Type.Object({
  external_ref: text(255),
  first_name: text(255),
  last_name: text(255),
  date_of_birth: text(10, 'YYYY-MM-DD, not in the future.'),
  address_line1: text(255),
  address_line2: text(255),
  city: text(128),
  state: text(128),
  zip_code: text(32),
  document_number: text(64),
  ssn: text(64, 'At least one digit.'),
  nationality: text(2, 'ISO 3166-1 alpha-2.'),
  gender: text(32),
  country: text(2, 'ISO 3166-1 alpha-2.'),
  email: text(254),
  phone: text(32, '7 to 15 digits.'),
  status: text(64),
});

export const SearchInput = Type.Object({
  external_ref: text(255),
  status: text(64),
  country: text(2),
  first_name: text(255),
  last_name: text(255),
  date_of_birth: text(10),
  document_number: text(64),
  ssn: text(64),
  email: text(254),
  phone: text(32),
  city: text(128),
  state: text(128),
  zip_code: text(32),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
});

export const TagInput = Type.Object({ tag: Type.String({ minLength: 1, maxLength: 100 }) });
export const TagsInput = Type.Object({ tags: Type.Array(Type.String({ minLength: 1, maxLength: 100 })) });

export const Reference = Type.String({ description: 'An `idn_…` id or an external reference.' });
