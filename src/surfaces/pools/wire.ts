import Type from 'typebox';
import { FACTOR_TYPES } from '../../core/pools/ruleset.ts';
import { PLACED_ID_PATTERN } from '../../kit/ids.ts';

// Shapes of contract pools, in its own casing. What goes out carries these keys and no others.

const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const StringMap = Type.Record(Type.String(), Type.String());

export const Id = Type.String({ pattern: PLACED_ID_PATTERN, description: 'An id of 32 characters.' });
export const Status = Type.Union([Type.Literal('extant'), Type.Literal('deleted')]);
export const Success = Type.Literal('success');

export const Account = Type.Object({
  id: Id,
  status: Status,
  title: Type.String(),
  type: Type.Literal('account'),
});

export const Domain = Type.Object({
  id: Id,
  account_id: Id,
  title: Type.String(),
  status: Status,
  type: Type.Literal('domain'),
});

const FactorType = Type.Enum([...FACTOR_TYPES]);

export const FactorDefinition = Type.Object({
  name: Type.String(),
  type: FactorType,
  identifier: Type.Boolean(),
  persistent: Type.Boolean(),
  required: Type.Boolean(),
  claim: nullable(Type.String()),
  attribute: nullable(Type.String()),
});

export const Ruleset = Type.Object({
  id: Id,
  account_id: Id,
  domain_id: Id,
  title: Type.String(),
  status: Status,
  type: Type.Literal('ruleset'),
  factors: Type.Array(FactorDefinition),
  methods: Type.Array(Type.Unknown()),
  plans: Type.Array(Type.Unknown()),
});

export const Pool = Type.Object({
  id: Id,
  account_id: Id,
  domain_id: Id,
  ruleset_id: Id,
  title: Type.String(),
  status: Status,
  type: Type.Literal('pool'),
});

/** Section 5. Unknown facts are left out, or null when the server is set so. */
export const Snapshot = Type.Object({
  at: Type.Number({ description: 'Unix seconds.' }),
  remote_ip: Type.Optional(nullable(Type.String())),
  user_agent: Type.Optional(nullable(Type.String())),
  asn: Type.Optional(nullable(Type.Integer({ minimum: 1 }))),
  country_code: Type.Optional(nullable(Type.String({ pattern: '^[A-Z]{2}$' }))),
  region_code: Type.Optional(nullable(Type.String())),
  city: Type.Optional(nullable(Type.String())),
  lat_long: Type.Optional(nullable(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }))),
  timezone: Type.Optional(nullable(Type.String())),
  ja4_fingerprint: Type.Optional(nullable(Type.String())),
});

export const FactorData = Type.Object({
  name: Type.String(),
  type: FactorType,
  value: Type.Optional(Type.String()),
  identifier: Type.Boolean(),
  persistent: Type.Boolean(),
  nid: Id,
  vid: Id,
});

const summary = {
  id: Id,
  account_id: Id,
  domain_id: Id,
  pool_id: Id,
  type: Type.Literal('identity'),
  status: Status,
  title: Type.String(),
  claims: StringMap,
  metadata: StringMap,
  first_seen: nullable(Snapshot),
  last_seen: nullable(Snapshot),
};
export const IdentitySummary = Type.Object(summary);
export const IdentityDetails = Type.Object({ ...summary, factors: Type.Array(FactorData) });

export const Pagination = Type.Object({
  item_count: Type.Number(),
  page_size: Type.Number(),
  page_offset: Type.Number(),
  item_start: Type.Number(),
  item_end: Type.Number(),
  page_index: Type.Number(),
  page_count: Type.Number(),
  next_page_offset: nullable(Type.Number()),
  previous_page_offset: nullable(Type.Number()),
});

export const Sorting = Type.Object({ field: Type.String(), direction: Type.String() });

export const detailsReply = <Schema extends Type.TSchema>(details: Schema) =>
  Type.Object({ status: Success, details });

export const listReply = <Schema extends Type.TSchema>(item: Schema) =>
  Type.Object({ status: Success, summaries: Type.Array(item), pagination: Pagination, sorting: Sorting });

export const IdentityReply = detailsReply(IdentityDetails);
export const IdentityListReply = listReply(IdentitySummary);
export const IdentityFetchReply = Type.Object({
  status: Success,
  actions: Type.Object({ update: Type.Boolean(), delete: Type.Boolean() }),
  details: IdentityDetails,
});

export const ERROR_CODES = [
  'bad_request',
  'bad_authtoken',
  'not_authenticated',
  'not_permitted',
  'not_implemented',
  'unknown',
  'not_found',
  'unexpected_ref_type',
  'unexpected',
  'invalid_action',
  'invalid_value',
  'required_value',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

const errorFields = {
  status: Type.Literal('error'),
  code: Type.Enum([...ERROR_CODES]),
  message: Type.String(),
};
export const ErrorReply = Type.Object({
  ...errorFields,
  errors: Type.Optional(
    Type.Record(Type.String(), Type.Object(errorFields), { description: 'By field: `factors[0].value`.' }),
  ),
});

export const BulkReply = Type.Object({
  status: Success,
  // The narrower shape first: a fetch is also a valid set of details.
  outputs: Type.Record(
    Type.String(),
    Type.Union([IdentityFetchReply, IdentityReply, IdentityListReply, ErrorReply]),
  ),
});

// What comes in, for the reference; the core checks it.

/** Bodies may also be sent bare, without `details`. */
export const wrapped = (details: Type.TProperties, extra: Type.TProperties = {}) =>
  Type.Object({ details: Type.Object(details), ...extra });
export const IdempotencyKey = Type.Optional(Type.String({ maxLength: 64 }));
export const Title = Type.String({ minLength: 1, maxLength: 200 });

export const FactorInput = Type.Object({
  name: Type.String(),
  type: Type.Union([Type.Literal('email'), Type.Literal('username')]),
  value: Type.String({ maxLength: 254 }),
});
export const Metadata = Type.Record(
  Type.String({ minLength: 1, maxLength: 128 }),
  Type.String({ maxLength: 4096 }),
  {
    maxProperties: 64,
  },
);
export const FactorDefinitionInput = Type.Object({
  name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }),
  type: FactorType,
  identifier: Type.Optional(nullable(Type.Boolean())),
  persistent: Type.Optional(nullable(Type.Boolean())),
  required: Type.Optional(nullable(Type.Boolean())),
  claim: Type.Optional(nullable(Type.String())),
  attribute: Type.Optional(nullable(Type.String())),
});
export const ListQuery = {
  'pagination[offset]': Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
  'pagination[page_size]': Type.Optional(
    Type.Integer({ minimum: 1, default: 100, description: 'Clamped to 100.' }),
  ),
  'sorting[field]': Type.Optional(Type.String({ default: 'id' })),
  'sorting[direction]': Type.Optional(Type.String({ default: 'asc' })),
};
export const InteractionInput = {
  at: Type.Optional(Type.Number({ description: 'Unix seconds; default now.' })),
  remote_ip: Type.Optional(Type.String()),
  user_agent: Type.Optional(Type.String()),
  ja4_fingerprint: Type.Optional(Type.String()),
};
export const BULK_TYPES = [
  'identities/list',
  'identities/show',
  'identities/create',
  'identities/update',
  'identities/delete',
] as const;
export const BulkInput = Type.Object({
  items: Type.Array(
    Type.Object({
      _type: Type.Enum([...BULK_TYPES]),
      idempotency_key: Type.String({ minLength: 8, maxLength: 64 }),
      details: Type.Optional(Type.Object({})),
    }),
    { minItems: 1, maxItems: 100 },
  ),
});
