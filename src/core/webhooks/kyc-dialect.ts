import type { Dialect } from './dialect.ts';
import type { OutboxEvent } from './ports.ts';

/** Core events under the `type` strings of contract kyc 3.10; what is not here is not sent. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['session.created', 'identityVerificationCreated'],
  ['session.updated', 'identityVerificationUpdated'],
  ['session.completed', 'identityVerificationUpdated'],
  ['session.failed', 'identityVerificationUpdated'],
  ['session.expired', 'identityVerificationUpdated'],
  ['verification.exception_raised', 'identityExceptionRaised'],
  ['verification.operation_activated', 'operationActivated'],
]);

/**
 * What clients of the kyc surface are told: `{ type, data }` in the contract's own spelling, whatever spelling of keys
 * the endpoint has; ids are UUIDs.
 *
 * Signed are the second and the raw body (`t.body`), not the body alone: with the time under the signature a message
 * that somebody recorded is of no use to him once it is older than what the receiver allows.
 */
export const kycDialect: Dialect = {
  events: [...new Set(TYPES.values())],
  nameOf: (type) => TYPES.get(type) ?? null,
  /** Sessions that are about nobody yet are verification's alone. */
  concerns: ({ data }) => typeof data?.identity_id === 'string',
  dataOf: ({ data }, environment) => ({
    status: data?.status,
    external_ref: data?.external_ref,
    is_sandbox: environment === 'sandbox',
  }),
  render: (event) => JSON.stringify({ type: TYPES.get(event.type) ?? event.type, data: dataOf(event) }),
  sign({ body, at, deliveryId, hmac }) {
    const seconds = Math.floor(at.getTime() / 1000);
    return {
      'x-selfsame-signature': `t=${seconds},v1=${hmac(`${seconds}.${body}`)}`,
      'x-selfsame-delivery-id': deliveryId,
    };
  },
};

function dataOf({ type, subjectId, data }: OutboxEvent): Record<string, unknown> {
  const identityId = data?.identity_id;
  if (type === 'verification.exception_raised') return { identityId, exceptions: data?.exceptions ?? [] };
  if (type === 'verification.operation_activated')
    return { operations: operationsOf(data?.operations), identityId };
  return { identityId, verificationId: subjectId };
}

/** As the contract spells them; what an event holds beside is left out. */
function operationsOf(kept: unknown): { action: unknown; code: unknown }[] {
  const operations = Array.isArray(kept) ? (kept as Record<string, unknown>[]) : [];
  return operations.map(({ action, code }) => ({ action, code }));
}
