import Type from 'typebox';
import { Identity } from './wire.ts';

const Uuid = Type.String({ format: 'uuid' });
const Timestamp = Type.String({ format: 'date-time' });
const Aal = Type.Union([Type.Literal('aal0'), Type.Literal('aal1'), Type.Literal('aal2')]);
const Optional = (description?: string) =>
  Type.Optional(Type.String(description === undefined ? {} : { description }));

const Method = Type.Object({
  method: Type.String(),
  aal: Aal,
  completed_at: Timestamp,
  provider: Type.Optional(Type.String()),
  organization: Type.Optional(Type.String()),
});

const Device = Type.Object({
  id: Uuid,
  ip_address: Type.Union([Type.String(), Type.Null()]),
  user_agent: Type.Union([Type.String(), Type.Null()]),
  location: Type.Union([Type.String(), Type.Null()]),
});

/** Contract iam 4.2, "Session object". */
export const Session = Type.Object({
  id: Uuid,
  active: Type.Boolean(),
  expires_at: Timestamp,
  authenticated_at: Timestamp,
  authenticator_assurance_level: Aal,
  authentication_methods: Type.Array(Method),
  issued_at: Timestamp,
  identity: Type.Union([Identity, Type.Null()]),
  devices: Type.Union([Type.Array(Device), Type.Null()]),
  tokenized: Type.Optional(Type.String()),
});
export const Sessions = Type.Array(Session);

export const Params = Type.Object({ id: Uuid });

const Active = Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')]));
export const EXPANDABLE = ['identity', 'devices'] as const;
const Expand = Type.Optional(Type.Array(Type.Enum(EXPANDABLE)));

export const ExpandQuery = Type.Object({ expand: Expand });
export const ListQuery = Type.Object({
  active: Active,
  expand: Expand,
  page_size: Type.Optional(Type.String({ pattern: '^-?[0-9]{1,9}$' })),
  page_token: Type.Optional(Type.String({ maxLength: 512 })),
});
export const ActiveQuery = Type.Object({ active: Active });

/** Of lists whose pages are numbers, or tokens that hold one; see `offset-pages.ts`. */
export const PageQuery = Type.Object({
  page: Optional(),
  per_page: Optional(),
  page_size: Optional(),
  page_token: Optional(),
});
export const OfIdentityQuery = Type.Object({ ...ActiveQuery.properties, ...PageQuery.properties });

const strict = { additionalProperties: false } as const;
const Action = Type.Union([Type.Literal('disable'), Type.Literal('delete')]);
export const EVERY_IDENTITY = '*';

/** Contract iam 4.2, bulk manage: the one or the other. */
export const ManageBody = Type.Object(
  {
    action: Action,
    /** `*` alone: of all. */
    identities: Type.Optional(Type.Array(Type.Union([Type.Literal(EVERY_IDENTITY), Uuid]))),
    sessions: Type.Optional(Type.Array(Uuid)),
  },
  strict,
);
export const Managed = Type.Object({ processed: Type.Integer(), more: Type.Boolean() });

export const WhoamiQuery = Type.Object({
  tokenize_as: Optional('A template of the pool: `tokenized` is a JSON Web Token made after it.'),
});
export const Count = Type.Object({ count: Type.Integer() });
export const Nothing = Type.Object({});
