import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertInvalid, assertRefused, type KycApi, passport, person, startKyc } from '../../harness/kyc.ts';
import { FACTORS } from '../../harness/matrix.ts';

// Keys of whoever may have one identity (contract kyc 1), on every surface.

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const newKey = async (): Promise<string> =>
  (await api.server.createKey({ isSingleIdentity: true, label: 'one identity' })).secret;
/** A key that has made its identity. */
async function usedUp(): Promise<{ key: string; id: string }> {
  const key = await newKey();
  return { key, id: (await api.create(person(), { key })).id };
}
const totalOf = async (): Promise<number> => (await api.list('page%5Bsize%5D=1')).total;

test('a second creation with a key of one identity is 403, and nothing is stored', async () => {
  const { key, id } = await usedUp();
  const before = await totalOf();
  for (let n = 0; n < 2; n += 1)
    assertRefused(await api.post(person(), { key }), 403, 'identity_limit_reached');
  const documents = [passport(await api.uploadFile())];
  assertRefused(await api.post(person({ documents }), { key }), 403, 'identity_limit_reached');
  assert.equal(await totalOf(), before);
  assert.equal((await api.patch(id, { name: 'Ana Costa' }, { key })).status, 200);
  assert.equal((await api.post(person())).status, 200, 'other keys go on');
});

test('what is no identity at all is 400 all the same; who else is there is not told', async () => {
  const { key } = await usedUp();
  assertInvalid(await api.post(person({ gender: 'x' }), { key }), 'gender:enum');
  const { email } = await api.create();
  assertRefused(await api.post(person({ email }), { key }), 403, 'identity_limit_reached');
});

test('a creation that is refused does not use the key up', async () => {
  const key = await newKey();
  const { email } = await api.create();
  assertRefused(await api.post(person({ email }), { key }), 400, 'email_already_in_use');
  assertRefused(await api.post(person({ type: 'x' }), { key }), 400, 'validation_failed');
  assert.equal((await api.post(person(), { key })).status, 200);
});

test('a first identity may come with its documents', async () => {
  const key = await newKey();
  const made = await api.create(person({ documents: [passport(await api.uploadFile())] }), { key });
  assert.equal(made.documents.length, 1);
  assertRefused(await api.post(person(), { key }), 403, 'identity_limit_reached');
});

test('a key remembers its identity when that one is deleted, and purged', async () => {
  const { key, id } = await usedUp();
  assert.equal((await api.delete(id, { key })).status, 204);
  assertRefused(await api.post(person(), { key }), 403, 'identity_limit_reached');
  api.clock.advance(2 * 86_400);
  assert.ok((await api.server.purge(1)) >= 1);
  assertRefused(await api.post(person(), { key }), 403, 'identity_limit_reached');
});

const email = () => person().email;
const makeIn = (pool_id: string, key: string) =>
  api.server.call('POST', '/api/v1/identity', {
    key,
    body: { details: { pool_id, factors: [{ name: 'email', type: 'email', value: email() }] } },
  });
const makers = {
  pools: (key: string) => makeIn(api.server.quickstart.live.pool_id, key),
  verification: (key: string) =>
    api.server.call('POST', '/api/v1/identities', { key, body: { external_ref: String(email()) } }),
  iam: (key: string) =>
    api.server.call('POST', '/admin/identities', { key, body: { traits: { email: email() } } }),
};

for (const [surface, make] of Object.entries(makers)) {
  test(`${surface}: one identity is made, on whichever surface, and a second is 403`, async () => {
    const here = await newKey();
    const first = await make(here);
    assert.ok(first.status === 200 || first.status === 201, first.text);
    const before = await totalOf();
    assertRefused(await api.post(person(), { key: here }), 403, 'identity_limit_reached');
    for (const key of [here, (await usedUp()).key]) assert.equal((await make(key)).status, 403);
    assert.equal(await totalOf(), before + 1);
  });
}

test('each surface says it in its own envelope', async () => {
  const { key } = await usedUp();
  assert.equal((await makers.pools(key)).body.code, 'not_permitted');
  assert.equal((await makers.verification(key)).body.error, 'forbidden');
  assert.equal((await makers.iam(key)).body.error.code, 403);
});

test('iam: of a batch the first good one is made, the others fail in their place', async () => {
  const key = await newKey();
  const create = (taken?: unknown) => ({ create: { traits: { email: taken ?? email() } } });
  const batch = async (...identities: unknown[]): Promise<(number | undefined)[]> => {
    const { body, text } = await api.server.call('PATCH', '/admin/identities', { key, body: { identities } });
    assert.ok(Array.isArray(body.identities), text);
    return body.identities.map((one: { error?: { code: number } }) => one.error?.code);
  };
  assert.deepEqual(await batch({ create: { traits: { email: 7 } } }, create(), create()), [
    ...[400, undefined, 403],
  ]);
  const { email: taken } = await api.create();
  assert.deepEqual(await batch(create(), create(taken)), [403, 403]);
});

test('verification: an upsert finds what is there, also with a key that is used up', async () => {
  const { key } = await usedUp();
  const upsert = (external_ref: unknown) =>
    api.server.call('POST', '/api/v1/identities', { key, body: { external_ref, upsert: true } });
  const { body: other } = await makers.verification(api.server.quickstart.live.api_key);
  const found = await upsert(other.external_ref);
  assert.deepEqual([found.status, found.body.id, found.body.upserted], [200, other.id, true]);
  assert.equal((await upsert(email())).status, 403);
});

test('verification: a session that its own key decides makes an identity, or is refused whole', async () => {
  const poolId = api.server.quickstart.sandbox.app_id as never;
  const { secret: key } = await api.server.createKey({ poolId, isSingleIdentity: true });
  const simulate = async () => {
    const made = await api.server.call('POST', '/api/v1/sessions', { key, body: { external_ref: email() } });
    assert.equal(made.status, 201, made.text);
    const path = `/api/v1/sessions/${made.body.id}`;
    const { status } = await api.server.call('POST', `${path}/simulate`, {
      key,
      body: { action: 'approve' },
    });
    return { status, session: (await api.server.call('GET', path, { key })).body.status };
  };
  assert.deepEqual(await simulate(), { status: 200, session: 'completed' });
  assert.deepEqual(await simulate(), { status: 403, session: 'sandbox_pending' });
});

test('verification: the same request under its idempotency key is answered as before', async () => {
  const key = await newKey();
  const body = { external_ref: String(email()) };
  const send = () =>
    api.server.call('POST', '/api/v1/identities', { key, body, headers: { 'idempotency-key': 'once' } });
  const replies = await Promise.all([send(), send(), send()]);
  assert.deepEqual(
    replies.map(({ status }) => status),
    [201, 201, 201],
  );
  assert.equal(new Set(replies.map((reply) => reply.body.id)).size, 1);
});

test('pools: a key of one identity makes it in its own pool only', async () => {
  const { domain_id, live } = api.server.quickstart;
  const make = async (resource: string, details: unknown) => {
    const reply = await api.server.call('POST', `/api/v1/${resource}`, { body: { details } });
    assert.equal(reply.status, 200, reply.text);
    return reply.body.details.id;
  };
  const ruleset_id = await make('ruleset', { domain_id, title: 'R', factors: FACTORS });
  const pool_id = await make('pool', { domain_id, ruleset_id, title: 'P' });
  const key = await newKey();
  assert.equal((await makeIn(pool_id, key)).status, 403);
  assert.equal((await makeIn(live.pool_id, key)).status, 200);
});
