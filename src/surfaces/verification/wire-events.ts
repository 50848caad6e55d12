import Type from 'typebox';
import { AnyMap, ExtractedData, Identity, nullable, page, Time } from './wire.ts';
import { Result, Session } from './wire-sessions.ts';

/** Contract verification 5.5. */
export const AuditEvent = Type.Object({
  id: Type.String(),
  type: Type.String({ description: '`api.<resource>.<verb>`.' }),
  created_at: Time,
  resource_type: Type.String(),
  resource_id: Type.String(),
  actor: Type.String({ description: '`api_key:` and what the key begins with, or `system`.' }),
  metadata: Type.Object({ changed_fields: Type.Array(Type.String()) }),
  ip_address: nullable(Type.String()),
  request_method: nullable(Type.String()),
  request_path: nullable(Type.String()),
  sequence_num: Type.Integer(),
});

export const AuditEventPage = page(AuditEvent);

const ExportedSession = Type.Object({ ...Session.properties, result: nullable(Result) });

/** Section 3.5: everything, whatever the whitelist says. */
export const IdentityExport = Type.Object({
  ...Identity.properties,
  extracted_data: Type.Object({
    ...ExtractedData.properties,
    email: Type.Optional(Type.String()),
    phone: Type.Optional(Type.String()),
  }),
  sessions: Type.Array(ExportedSession),
  identity_links: Type.Array(AnyMap),
  identity_relationships: Type.Array(
    Type.Object({
      id: Type.String(),
      related_identity_id: Type.String(),
      relationship_type: Type.String(),
      metadata: AnyMap,
      created_at: Time,
    }),
  ),
  face_embeddings_count: Type.Integer(),
});
