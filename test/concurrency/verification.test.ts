import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer, type TestServer } from '../harness/server.ts';
import { newReference, pathOf, type VerificationApi, verificationOf } from '../harness/verification.ts';

// Two servers of one installation, and requests at both at the same moment.

let servers: readonly [TestServer, TestServer];
let apis: readonly VerificationApi[];
let one: VerificationApi;
before(async () => {
  const first = await startServer();
  const second = await startServer({ database: first.database, clock: first.clock });
  servers = [first, second];
  one = await verificationOf(first);
  const { api_key: key } = first.quickstart.live;
  const two = await verificationOf(second);
  apis = [one, { ...two, key }];
});
after(async () => {
  const [first, second] = servers;
  await second.close();
  await first.close();
});

/** Runs the work at both servers, several times at once. */
const atBoth = <Result>(n: number, work: (api: VerificationApi, index: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: n }, (_, index) => work(apis[index % 2] ?? one, index)));
const withKey = (headers = {}) => ({ key: one.key, headers });

test('an idempotency key that is sent to two servers at once runs once', async () => {
  for (let round = 0; round < 5; round += 1) {
    const reference = newReference();
    const headers = { 'idempotency-key': reference };
    const gained = await one.changesOf(async () => {
      const replies = await atBoth(8, (api) =>
        api.post('/identities', { external_ref: reference }, withKey(headers)),
      );
      for (const reply of replies) {
        assert.equal(reply.status, 201, reply.text);
        assert.deepEqual(reply.body, replies[0]?.body);
      }
    });
    assert.deepEqual([gained.audit.length, gained.events.length], [1, 1]);
  }
});

test('a reference that two servers are asked for at once has one identity', async () => {
  for (let round = 0; round < 5; round += 1) {
    const external_ref = newReference();
    const replies = await atBoth(8, (api) =>
      api.post('/identities', { external_ref, upsert: true }, withKey()),
    );
    assert.equal(new Set(replies.map(({ body }) => body.id)).size, 1);
    assert.equal(replies.filter(({ status }) => status === 201).length, 1);
  }
});

test('changes of one identity at two servers are all there', async () => {
  const { id } = await one.create();
  const fields = ['first_name', 'last_name', 'city', 'state', 'gender', 'document_number'];
  const replies = await atBoth(fields.length, (api, index) =>
    api.patch(id, { [fields[index] ?? '']: `${index}` }, withKey()),
  );
  for (const reply of replies) assert.equal(reply.status, 200, reply.text);
  const { extracted_data } = await one.identity(id);
  assert.deepEqual(extracted_data, {
    ...{ first_name: '0', last_name: '1', address: { city: '2', state: '3' }, gender: '4' },
    document_number: '5',
  });
});

test('what one server erases, the other shows nothing of', async () => {
  const { id } = await one.createWith({ first_name: 'Ada' });
  const [, two = one] = apis;
  assert.equal((await two.identity(id, withKey())).extracted_data.first_name, 'Ada');
  assert.equal((await one.delete(pathOf(id))).status, 200);
  const shown = await two.identity(id, withKey());
  assert.deepEqual([shown.status, shown.extracted_data], ['redacted', {}]);
  assert.equal((await two.patch(id, { first_name: 'Ada' }, withKey())).status, 422);
});

test('totals of a list are right after many changes at both', async () => {
  const total = async (query: string) => (await one.get(`/identities?limit=1${query}`)).body.pagination.total;
  const before = [await total(''), await total('&status=approved'), await total('&include_archived=true')];
  const ids = await atBoth(12, async (api) => {
    const made = await api.post('/identities', { external_ref: newReference() }, withKey());
    return made.body.id as string;
  });
  await Promise.all(
    ids.flatMap((id, index) => [
      apis[index % 2]?.patch(id, { status: 'approved' }, withKey()),
      apis[(index + 1) % 2]?.post(`${pathOf(id)}/archive`, undefined, withKey()),
    ]),
  );
  for (const id of ids) await one.post(`${pathOf(id)}/restore`);
  const [all = 0, approved = 0, withArchived = 0] = before;
  assert.deepEqual(
    [await total(''), await total('&status=approved'), await total('&include_archived=true')],
    [all + 12, approved + 12, withArchived + 12],
  );
});
