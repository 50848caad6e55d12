import Type from 'typebox';
import { AnyMap, page, Time } from './wire.ts';

/** Contract verification 3.10, 4.2. */
export const Relationship = Type.Object({
  id: Type.String(),
  identity_id: Type.String(),
  related_identity_id: Type.String(),
  relationship_type: Type.String(),
  is_system: Type.Boolean({ description: 'Follows from data or a merge; callers do not make or remove it.' }),
  metadata: AnyMap,
  created_at: Time,
});
export const RelationshipList = page(Relationship);

export const RelationshipInput = Type.Object({
  related_identity_id: Type.String({ description: 'An `idn_…` id or an external reference.' }),
  relationship_type: Type.Literal('user_linked'),
  metadata: Type.Optional(AnyMap),
});
