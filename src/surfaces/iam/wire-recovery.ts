import Type from 'typebox';

const Uuid = Type.String({ format: 'uuid' });
const Timestamp = Type.String({ format: 'date-time' });
const Duration = Type.String({ maxLength: 64, description: 'As Go writes durations: `1h`, `30m`' });

/** Contract iam 4.3. What it does not name is passed over. */
export const LinkBody = Type.Object({
  identity_id: Uuid,
  expires_in: Type.Optional(Duration),
});
export const LinkQuery = Type.Object({ return_to: Type.Optional(Type.String({ maxLength: 2048 })) });
export const CodeBody = Type.Object({
  ...LinkBody.properties,
  flow_type: Type.Optional(Type.Union([Type.Literal('browser'), Type.Literal('api')])),
});

export const RecoveryLink = Type.Object({ recovery_link: Type.String(), expires_at: Timestamp });
export const RecoveryCode = Type.Object({ ...RecoveryLink.properties, recovery_code: Type.String() });
