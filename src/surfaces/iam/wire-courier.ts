import Type from 'typebox';
import { MESSAGE_STATUSES } from '../../core/courier/ports.ts';
import { CHANNELS, TEMPLATE_TYPES } from '../../core/courier/templates.ts';

const Uuid = Type.String({ format: 'uuid' });
const Timestamp = Type.String({ format: 'date-time' });
const Channel = Type.Enum(CHANNELS);

const Dispatch = Type.Object({
  id: Uuid,
  message_id: Uuid,
  status: Type.Union([Type.Literal('success'), Type.Literal('failed')]),
  error: Type.Optional(Type.Object({ reason: Type.String() })),
  created_at: Timestamp,
  updated_at: Timestamp,
});

/** Contract iam 4.3, "Message". */
export const Message = Type.Object({
  id: Uuid,
  status: Type.Enum(MESSAGE_STATUSES),
  type: Channel,
  recipient: Type.String(),
  subject: Type.String(),
  body: Type.String(),
  template_type: Type.Enum([...TEMPLATE_TYPES]),
  channel: Channel,
  send_count: Type.Integer(),
  dispatches: Type.Optional(Type.Array(Dispatch)),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export const Messages = Type.Array(Message);

export const Params = Type.Object({ id: Uuid });
export const ListQuery = Type.Object({
  status: Type.Optional(Type.Enum(MESSAGE_STATUSES)),
  recipient: Type.Optional(Type.String({ maxLength: 512 })),
  page_size: Type.Optional(Type.String({ pattern: '^-?[0-9]{1,9}$' })),
  page_token: Type.Optional(Type.String({ maxLength: 512 })),
});
