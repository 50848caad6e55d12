import Type from 'typebox';
import { SentTime } from './wire.ts';

/** RFC 6902, with as many operations as one request may have. */
export const PatchBody = Type.Array(
  Type.Object({
    op: Type.String({ description: 'add, remove or replace' }),
    path: Type.String({ maxLength: 4096, description: 'a JSON pointer' }),
    value: Type.Optional(Type.Unknown()),
  }),
  { maxItems: 100 },
);

const Via = Type.Union([Type.Literal('email'), Type.Literal('sms')]);
const Address = Type.Object({ value: Type.String(), via: Type.Optional(Via) });

/** Of a document that was patched: what may have become something else. What is not named may be anything. */
export const PatchedDocument = Type.Object({
  schema_id: Type.Optional(Type.String()),
  traits: Type.Optional(Type.Unknown()),
  state: Type.Optional(Type.Unknown()),
  state_changed_at: Type.Optional(Type.Union([SentTime, Type.Null()])),
  metadata_public: Type.Optional(Type.Unknown()),
  metadata_admin: Type.Optional(Type.Unknown()),
  external_id: Type.Optional(Type.Union([Type.String({ maxLength: 512 }), Type.Null()])),
  organization_id: Type.Optional(Type.Union([Type.String({ format: 'uuid' }), Type.Null()])),
  verifiable_addresses: Type.Optional(
    Type.Array(
      Type.Object({
        ...Address.properties,
        verified: Type.Optional(Type.Boolean()),
        status: Type.Optional(
          Type.Union([Type.Literal('pending'), Type.Literal('sent'), Type.Literal('completed')]),
        ),
        verified_at: Type.Optional(Type.Union([SentTime, Type.Null()])),
      }),
    ),
  ),
  /** Made anew from traits, whatever is said of them. */
  recovery_addresses: Type.Optional(Type.Array(Address)),
  credentials: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({
        type: Type.String(),
        config: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      }),
    ),
  ),
});
