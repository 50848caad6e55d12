import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdGenerator } from '../../kit/ids.ts';
import { kycDialect as dialect } from './kyc-dialect.ts';
import type { OutboxEvent, Webhook } from './ports.ts';

const ids = createIdGenerator({
  nowMs: () => 1_772_600_000_000,
  randomBytes: (size) => Buffer.alloc(size, 7),
});
const [eventId, subjectId, identityId] = [ids.next(), ids.next(), ids.next()];

const operations = [{ action: 'create', code: 'deposit:wire' }];
const EVENT: OutboxEvent = {
  ...{ eventId, at: new Date('2026-03-04T05:06:07.089Z'), type: 'session.created', subjectId },
  ...{ subjectVersion: 3, fields: ['status'] },
  data: {
    ...{ external_ref: 'r1', status: 'needs_review', identity_id: identityId },
    ...{ exceptions: ['manual_review_required'], operations },
  },
};
const hook = { attributeBlocklist: [], keyInflection: 'kebab' } as unknown as Webhook;
const messageOf = (type: string) => JSON.parse(dialect.render({ ...EVENT, type }, hook, 'live'));

test('kyc 70: the four types, with the data of the contract and nothing else, in its own spelling', () => {
  const verification = { identityId, verificationId: subjectId };
  assert.deepEqual(messageOf('session.created'), {
    type: 'identityVerificationCreated',
    data: verification,
  });
  for (const type of ['session.updated', 'session.completed', 'session.failed', 'session.expired'])
    assert.deepEqual(messageOf(type), { type: 'identityVerificationUpdated', data: verification });
  assert.deepEqual(messageOf('verification.exception_raised'), {
    type: 'identityExceptionRaised',
    data: { identityId, exceptions: ['manual_review_required'] },
  });
  assert.deepEqual(messageOf('verification.operation_activated'), {
    type: 'operationActivated',
    data: { operations, identityId },
  });
  assert.equal(dialect.events.length, 4);
});

test('what the contract does not know is not sent, nor what is about no identity', () => {
  for (const type of ['identity.created', 'identity.updated', 'session.redacted', 'toString'])
    assert.equal(dialect.nameOf(type), null, type);
  assert.equal(dialect.concerns(EVENT), true);
  for (const data of [null, {}, { identity_id: null }])
    assert.equal(dialect.concerns({ ...EVENT, data }), false);
});

test('the signature is over the second and the very body; ids are UUIDs', () => {
  const signed: string[] = [];
  const hmac = (text: string) => {
    signed.push(text);
    return 'ab12';
  };
  const at = new Date(1_772_600_000_999);
  assert.deepEqual(dialect.sign({ body: '{"a":1}', at, deliveryId: eventId, hmac }), {
    'x-selfsame-signature': 't=1772600000,v1=ab12',
    'x-selfsame-delivery-id': eventId,
  });
  assert.deepEqual(signed, ['1772600000.{"a":1}']);
});
