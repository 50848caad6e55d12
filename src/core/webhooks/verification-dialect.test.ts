import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdGenerator, toTagged } from '../../kit/ids.ts';
import type { OutboxEvent, Webhook } from './ports.ts';
import { verificationDialect as dialect } from './verification-dialect.ts';

const ids = createIdGenerator({
  nowMs: () => 1_772_600_000_000,
  randomBytes: (size) => Buffer.alloc(size, 7),
});
const [eventId, subjectId, identityId] = [ids.next(), ids.next(), ids.next()];

const EVENT: OutboxEvent = {
  ...{ eventId, at: new Date('2026-03-04T05:06:07.089Z'), type: 'identity.updated', subjectId },
  ...{ subjectVersion: 3, fields: ['external_ref', 'given_name', 'email', 'address.locality', 'email'] },
  data: { external_ref: 'r1', status: 'approved' },
};
const hook = (changes: Partial<Webhook> = {}) =>
  ({ attributeBlocklist: [], keyInflection: 'snake', ...changes }) as unknown as Webhook;

test('core events have the names of the contract, and others are not sent', () => {
  const names = new Map([
    ['identity.created', 'identity.created'],
    ['identity.tag_added', 'identity.tag-added'],
    ['identity.tag_removed', 'identity.tag-removed'],
    ['identity.deleted', 'identity.updated'],
    ['session.completed', 'session.completed'],
  ]);
  for (const [type, name] of names) assert.equal(dialect.nameOf(type), name);
  for (const type of [
    'identity.seen',
    'identity.purged',
    'pool.updated',
    'key.created',
    'toString',
    'verification.exception_raised',
    'verification.operation_activated',
  ]) {
    assert.equal(dialect.nameOf(type), null, type);
  }
});

test('an identity’s message names its changed fields as this surface does, each once, without blocked ones', () => {
  assert.deepEqual(JSON.parse(dialect.render(EVENT, hook({ attributeBlocklist: ['email'] }), 'sandbox')), {
    event: 'identity.updated',
    idempotency_key: toTagged(eventId, 'evt'),
    data: {
      identity_id: toTagged(subjectId, 'idn'),
      external_ref: 'r1',
      status: 'approved',
      is_sandbox: true,
      changed_fields: ['external_ref', 'first_name', 'city'],
    },
    created_at: '2026-03-04T05:06:07.089Z',
  });
});

test('a session’s message has its id, and the identity’s once they are linked', () => {
  const data = { external_ref: null, status: 'completed', identity_id: null };
  const session = { ...EVENT, type: 'session.completed', data };
  const dataOf = (event: OutboxEvent) => JSON.parse(dialect.render(event, hook(), 'live')).data;
  const common = { external_ref: null, status: 'completed', is_sandbox: false };
  assert.deepEqual(dataOf(session), { session_id: toTagged(subjectId, 'ses'), ...common });
  assert.deepEqual(dataOf({ ...session, data: { ...data, identity_id: identityId } }), {
    session_id: toTagged(subjectId, 'ses'),
    identity_id: toTagged(identityId, 'idn'),
    ...common,
  });
});

test('keys are spelled as the endpoint wants them, values are not', () => {
  const message = JSON.parse(dialect.render(EVENT, hook({ keyInflection: 'kebab' }), 'live'));
  assert.deepEqual(Object.keys(message), ['event', 'idempotency-key', 'data', 'created-at']);
  assert.deepEqual(message.data['changed-fields'].slice(0, 2), ['external_ref', 'first_name']);
});

test('the signature is over the second and the very body', () => {
  const signed: string[] = [];
  const hmac = (text: string) => {
    signed.push(text);
    return 'ab12';
  };
  const at = new Date(1_772_600_000_999);
  assert.deepEqual(dialect.sign({ body: '{"a":1}', at, deliveryId: eventId, hmac }), {
    'x-verifa-signature': 't=1772600000,v1=ab12',
    'x-verifa-delivery-id': toTagged(eventId, 'whd'),
  });
  assert.deepEqual(signed, ['1772600000.{"a":1}']);
});
