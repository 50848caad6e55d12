import { isUuid, toTagged } from '../../kit/ids.ts';
import { respell } from '../../kit/key-spelling.ts';
import { fieldOfChange } from '../verification/fields.ts';
import type { Dialect } from './dialect.ts';
import type { OutboxEvent, Webhook } from './ports.ts';

/** Core events under the names of contract verification 5.4; what is not here is not sent. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['identity.created', 'identity.created'],
  ['identity.updated', 'identity.updated'],
  ['identity.archived', 'identity.archived'],
  ['identity.restored', 'identity.restored'],
  ['identity.tag_added', 'identity.tag-added'],
  ['identity.tag_removed', 'identity.tag-removed'],
  // This surface knows no deletion: an identity that others deleted has changed.
  ['identity.deleted', 'identity.updated'],
  ['session.created', 'session.created'],
  ['session.completed', 'session.completed'],
  ['session.expired', 'session.expired'],
  ['session.redacted', 'session.redacted'],
]);

export const verificationDialect: Dialect = {
  events: [...new Set(NAMES.values())],
  nameOf: (type) => NAMES.get(type) ?? null,
  concerns: () => true,
  dataOf: ({ data }, environment) => ({
    status: data?.status,
    external_ref: data?.external_ref,
    is_sandbox: environment === 'sandbox',
  }),
  render(event, webhook, environment) {
    const { status = null, external_ref = null } = event.data ?? {};
    const common = { external_ref, status, is_sandbox: environment === 'sandbox' };
    const data = event.type.startsWith('session.')
      ? { session_id: toTagged(event.subjectId, 'ses'), ...linkOf(event), ...common }
      : {
          identity_id: toTagged(event.subjectId, 'idn'),
          ...common,
          changed_fields: changedFields(event, webhook),
        };
    const envelope = {
      event: NAMES.get(event.type) ?? event.type,
      idempotency_key: toTagged(event.eventId, 'evt'),
      data,
      created_at: event.at.toISOString(),
    };
    return JSON.stringify(respell(envelope, webhook.keyInflection));
  },
  sign({ body, at, deliveryId, hmac }) {
    const seconds = Math.floor(at.getTime() / 1000);
    return {
      'x-verifa-signature': `t=${seconds},v1=${hmac(`${seconds}.${body}`)}`,
      'x-verifa-delivery-id': toTagged(deliveryId, 'whd'),
    };
  },
};

/** The identity that a session is linked to, once it is. */
function linkOf({ data }: OutboxEvent): { identity_id?: string } {
  const id = data?.identity_id;
  return typeof id === 'string' && isUuid(id) ? { identity_id: toTagged(id, 'idn') } : {};
}

function changedFields({ fields }: OutboxEvent, { attributeBlocklist }: Webhook): string[] {
  return [...new Set(fields.map(fieldOfChange))].filter((name) => !attributeBlocklist.includes(name));
}
