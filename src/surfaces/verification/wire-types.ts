import Type from 'typebox';
import { AnyMap, nullable, page, Time } from './wire.ts';

// Contract verification 5.3 and 3.10.

export const IdentityType = Type.Object({
  id: Type.String(),
  org_id: Type.String(),
  name: Type.String(),
  label: Type.String(),
  description: nullable(Type.String()),
  statuses: Type.Array(Type.String(), {
    description: 'Statuses that identities of this type may be given, beside those of every identity.',
  }),
  default_status: nullable(Type.String()),
  is_default: Type.Boolean(),
  created_at: Time,
  updated_at: Time,
});
export const IdentityTypeList = page(IdentityType);

const FieldType = Type.Union(
  ['string', 'number', 'boolean', 'date', 'enum'].map((name) => Type.Literal(name)),
);

export const CustomField = Type.Object({
  id: Type.String(),
  identity_type_id: Type.String(),
  name: Type.String(),
  label: Type.String(),
  field_type: Type.String(),
  is_required: Type.Boolean(),
  is_unique: Type.Boolean(),
  is_encrypted: Type.Boolean({ description: 'Every value is sealed, whatever this says.' }),
  enum_values: nullable(Type.Array(Type.String())),
  validation_regex: nullable(Type.String()),
  sort_order: Type.Integer(),
  created_at: Time,
  updated_at: Time,
});
export const CustomFieldList = page(CustomField);

export const Deleted = Type.Object({ deleted: Type.Boolean() });

export const CustomValues = Type.Object({ identity_id: Type.String(), custom_fields: AnyMap });

// What comes in, for the reference; handlers check it themselves.

const Name = Type.String({ minLength: 1, maxLength: 100 });
const Label = Type.String({ minLength: 1, maxLength: 255 });
const Description = nullable(Type.String({ minLength: 1, maxLength: 1000 }));
const Status = Type.String({ minLength: 1, maxLength: 64 });

const typeRules = {
  description: Type.Optional(Description),
  statuses: Type.Optional(Type.Array(Status, { maxItems: 50 })),
  default_status: Type.Optional(nullable(Status)),
  is_default: Type.Optional(Type.Boolean()),
};
export const TypeInput = Type.Object({ name: Name, label: Label, ...typeRules });
export const TypeUpdateInput = Type.Object({
  name: Type.Optional(Name),
  label: Type.Optional(Label),
  ...typeRules,
});

const FieldName = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' });
const fieldRules = {
  is_required: Type.Optional(Type.Boolean()),
  is_unique: Type.Optional(Type.Boolean()),
  is_encrypted: Type.Optional(Type.Boolean()),
  enum_values: Type.Optional(nullable(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 500 }))),
  validation_regex: Type.Optional(
    nullable(
      Type.String({
        maxLength: 500,
        description: 'A JavaScript regular expression without backreferences and lookaround.',
      }),
    ),
  ),
  sort_order: Type.Optional(Type.Integer()),
};
export const FieldInput = Type.Object({
  name: FieldName,
  label: Label,
  field_type: FieldType,
  ...fieldRules,
});
export const FieldUpdateInput = Type.Object({
  name: Type.Optional(FieldName),
  label: Type.Optional(Label),
  field_type: Type.Optional(FieldType),
  ...fieldRules,
});

export const CustomValuesInput = Type.Object({ custom_fields: AnyMap });
