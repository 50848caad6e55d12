import Type from 'typebox';

const Id = Type.String();
/** The document as it was given. */
const Document = Type.Unknown();

/** Contract iam 4.3. */
export const SchemaEntry = Type.Object({ id: Id, schema: Document });
export const SchemaEntries = Type.Array(SchemaEntry);
export const Schema = Document;

/** Of the administration, which no contract has. */
export const KeptSchema = Type.Object({
  id: Id,
  schema: Document,
  is_default: Type.Boolean(),
  created_at: Type.String({ format: 'date-time' }),
});
export const KeptSchemas = Type.Array(KeptSchema);

export const SchemaBody = Type.Object(
  { schema: Document, replace: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);

export const Params = Type.Object({ id: Id });
const Count = Type.Optional(Type.String());
export const PageQuery = Type.Object({
  page: Count,
  per_page: Count,
  page_size: Count,
  page_token: Type.Optional(Type.String()),
});
export const Nothing = Type.Object({});
