import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type KycApi, kycOf, person, type Shown } from '../harness/kyc.ts';
import type { Message } from '../harness/receiver.ts';
import { type Hooks, openHooks } from '../harness/webhooks.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function open(t: TestContext): Promise<{ hooks: Hooks; api: KycApi }> {
  const hooks = await openHooks(t);
  return { hooks, api: await kycOf(hooks.server) };
}

/** What arrived since the last call. */
async function arrived({ receiver, run }: Hooks): Promise<Message[]> {
  await run();
  return receiver.messages.splice(0);
}
const typesOf = (messages: readonly Message[]) => messages.map(({ body }) => body.type);

test('kyc 70: created, updated, exceptionRaised and operationActivated, in the order in which they happened', async (t) => {
  const { hooks, api } = await open(t);
  const { secret } = await hooks.hook({ dialect: 'kyc', key_inflection: 'kebab' });
  const { id } = await api.create();
  const [{ verificationId }] = (await api.identity(id)).kycStatus;
  const verification = { identityId: id, verificationId };

  const created = await arrived(hooks);
  assert.deepEqual(
    created.map(({ body }) => body),
    [{ type: 'identityVerificationCreated', data: verification }],
  );
  const [message] = created;
  assert.ok(message);
  const [, t0 = '', v1] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(message.headers['x-selfsame-signature'])) ?? [];
  assert.equal(v1, createHmac('sha256', secret).update(`${t0}.${message.raw}`).digest('hex'));
  assert.ok(Math.abs(hooks.server.clock.now().getTime() / 1000 - Number(t0)) <= 1);
  assert.match(String(message.headers['x-selfsame-delivery-id']), UUID);
  assert.equal(message.headers['x-verifa-signature'], undefined);

  await hooks.server.runJob('kyc');
  const [entry] = (await api.identity(id)).kycStatus;
  assert.ok(entry.exceptions.includes('missing_document'));
  assert.deepEqual(
    (await arrived(hooks)).map(({ body }) => body),
    [
      { type: 'identityVerificationUpdated', data: verification },
      { type: 'identityExceptionRaised', data: { identityId: id, exceptions: entry.exceptions } },
    ],
  );

  const approval = await hooks.server.call('POST', `/review/${verificationId}/approve`, { body: {} });
  assert.equal(approval.status, 200, approval.text);
  const [updated, activated, ...more] = await arrived(hooks);
  assert.ok(activated);
  assert.deepEqual(updated?.body, { type: 'identityVerificationUpdated', data: verification });
  assert.equal(activated.body.type, 'operationActivated');
  assert.deepEqual(Object.keys(activated.body.data), ['operations', 'identityId']);
  const active = (await api.get(`/identities/${id}/operations`)).body.data;
  const named = ({ action, code }: Shown) => `${code} ${action}`;
  assert.deepEqual(activated.body.data.operations.map(named).sort(), active.map(named).sort());
  for (const one of activated.body.data.operations) assert.deepEqual(Object.keys(one), ['action', 'code']);
  assert.deepEqual(more, []);
});

test('kyc 57, 58, 70: a sandbox tells of simulated decisions like of real ones', async (t) => {
  const { hooks, api } = await open(t);
  const key = hooks.server.quickstart.sandbox.api_key;
  await hooks.hook({ dialect: 'kyc' }, { key });
  const { id } = await api.create(person(), { key });
  assert.deepEqual(typesOf(await arrived(hooks)), ['identityVerificationCreated']);
  const decide = async (how: string, body: object) => {
    const reply = await api.call('POST', `/sandbox/identities/${how}`, { key, body });
    assert.equal(reply.status, 200, reply.text);
    return arrived(hooks);
  };
  const rejected = await decide('reject', { identityId: id, exceptions: ['forged'] });
  assert.deepEqual(typesOf(rejected), ['identityVerificationUpdated']);
  const approved = await decide('approve', { identityId: id });
  assert.deepEqual(typesOf(approved), ['identityVerificationUpdated', 'operationActivated']);
});

test('each dialect tells its own: new events are not verification’s, and sessions about nobody not kyc’s', async (t) => {
  const { hooks, api } = await open(t);
  const both = [await hooks.hook({ dialect: 'kyc' }), await hooks.hook()];
  const session = await hooks.call('POST', '/sessions', { body: {} });
  assert.equal(session.status, 201, session.text);
  const alone = await arrived(hooks);
  assert.deepEqual(
    alone.map(({ body }) => body.event),
    ['session.created'],
  );
  const { id } = await api.create();
  await hooks.server.runJob('kyc');
  const messages = await arrived(hooks);
  const names = messages.map(({ body }) => body.event ?? body.type).sort();
  assert.deepEqual(names, [
    ...['identity.created', 'identity.updated', 'identityExceptionRaised', 'identityVerificationCreated'],
    ...['identityVerificationUpdated', 'session.created'],
  ]);
  assert.equal((await api.identity(id)).kycStatus[0].status, 'exception');
  const [kyc, verification] = await Promise.all(both.map((hook) => hooks.deliveries(hook.id)));
  assert.deepEqual(new Set(kyc?.map(({ event }) => event)), new Set(typesOf(messages).filter(Boolean)));
  assert.ok(verification?.every(({ event }) => !event.startsWith('verification.')));
});

test('an endpoint asks for events by the names of its dialect, and for no others', async (t) => {
  const { hooks, api } = await open(t);
  const wanted = ['identityExceptionRaised'];
  await hooks.hook({ dialect: 'kyc', enabled_events: wanted });
  for (const body of [
    { dialect: 'kyc', enabled_events: ['session.created'] },
    { enabled_events: wanted },
    { dialect: 'iam' },
  ]) {
    const reply = await hooks.call('POST', '/webhooks', { body: { url: hooks.receiver.url, ...body } });
    assert.equal(reply.status, 422, reply.text);
  }
  await api.create();
  await hooks.server.runJob('kyc');
  assert.deepEqual(typesOf(await arrived(hooks)), wanted);
});

test('what could not be delivered keeps later events of its verification waiting, and no others', async (t) => {
  const { hooks, api } = await open(t);
  await hooks.hook({ dialect: 'kyc' });
  const [one, other] = [await api.create(), await api.create()];
  hooks.receiver.answer = ({ body }) => (body.data.identityId === one.id ? 500 : 200);
  await hooks.server.runJob('kyc');
  const first = await arrived(hooks);
  const typesFor = (messages: readonly Message[], { id }: Shown) =>
    typesOf(messages.filter(({ body }) => body.data.identityId === id));
  assert.deepEqual(typesFor(first, one), ['identityVerificationCreated']);
  const all = ['identityVerificationCreated', 'identityVerificationUpdated', 'identityExceptionRaised'];
  assert.deepEqual(typesFor(first, other), all);
  hooks.receiver.answer = () => 200;
  hooks.server.clock.advance(31);
  assert.deepEqual(typesFor(await arrived(hooks), one), all);
});
