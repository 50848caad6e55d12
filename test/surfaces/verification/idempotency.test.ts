import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Reply } from '../../harness/server.ts';
import {
  assertError,
  isRefused,
  newEmail,
  newReference,
  pathOf,
  startVerification,
  uuidOf,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

let counter = 0;
const newKey = () => {
  counter += 1;
  return `key-${counter}`;
};
const under = (key: string, more: Record<string, string> = {}) => ({
  headers: { 'idempotency-key': key, ...more },
});
const isReplay = (reply: Reply) => reply.headers.get('idempotent-replayed') === 'true';
const NOTHING = { audit: [], events: [] };

function assertReplays(again: Reply, first: Reply): void {
  assert.ok(!isReplay(first), 'the first reply is none of another');
  assert.ok(isReplay(again), again.text);
  assert.deepEqual([again.status, again.body], [first.status, first.body]);
}

describe('replays', () => {
  test('verification 28: the same key and body run once', async () => {
    const { id } = await api.create();
    const [key, body] = [newKey(), { first_name: 'Ada', last_name: 'Lovelace', email: newEmail() }];
    const gained = await api.changesOf(async () => {
      const first = await api.patch(id, body, under(key));
      api.clock.advance(1);
      const reordered = Object.fromEntries(Object.entries(body).reverse());
      const spelt = { firstName: 'Ada', 'last-name': 'Lovelace', email: body.email };
      for (const again of [body, reordered, spelt, JSON.stringify(body, null, 4)])
        assertReplays(await api.patch(id, again, under(key)), first);
    });
    assert.deepEqual([gained.audit.length, gained.events.length], [1, 1]);
  });

  test('each operation that takes a key replays its first reply', async () => {
    const external_ref = newReference();
    const create = under(newKey());
    const made = await api.post('/identities', { external_ref }, create);
    assert.equal(made.status, 201);
    const { id } = made.body;
    const replays: [Reply, () => Promise<Reply>][] = [
      [made, () => api.post('/identities', { external_ref }, create)],
    ];
    const upsert = under(newKey());
    const found = await api.post('/identities', { external_ref, upsert: true }, upsert);
    assert.equal(found.status, 200);
    replays.push([found, () => api.post('/identities', { external_ref, upsert: true }, upsert)]);
    for (const action of ['archive', 'restore']) {
      const options = under(newKey());
      const run = () => api.post(`${pathOf(id)}/${action}`, undefined, options);
      replays.push([await run(), run]);
    }
    const empty = under(newKey());
    const nothing = () => api.patch(id, {}, empty);
    replays.push([await nothing(), nothing]);
    const changes = await api.changesOf(async () => {
      for (const [first, again] of replays) assertReplays(await again(), first);
    });
    assert.deepEqual(changes, NOTHING);
  });

  test('a redaction replays, and the replies that it took with it do not', async () => {
    const { id, external_ref } = await api.create();
    const [patch, create, redact, upsert] = [
      under(newKey()),
      under(newKey()),
      under(newKey()),
      under(newKey()),
    ];
    const found = await api.post('/identities', { external_ref, upsert: true }, upsert);
    assert.equal(found.status, 200);
    assert.equal((await api.patch(id, { first_name: 'Ada' }, patch)).status, 200);
    const first = await api.delete(pathOf(id), redact);
    assert.equal(first.status, 200);
    assertReplays(await api.delete(pathOf(id), redact), first);
    isRefused(await api.patch(id, { first_name: 'Ada' }, patch));
    isRefused(await api.delete(pathOf(id), under(newKey())));
    assertReplays(await api.delete(pathOf(id), redact), first);
    const kept = await api.server.sql(
      'select 1 as one from idempotent_replies where sealed_for_identity = $1::uuid',
      [uuidOf(id)],
    );
    assert.deepEqual(kept, []);
    assert.equal((await api.post('/identities', { external_ref: newReference() }, create)).status, 201);
  });

  test('a replay comes in the spelling that this request asks for', async () => {
    const { id } = await api.create();
    const key = newKey();
    const first = await api.patch(id, { first_name: 'Ada' }, under(key));
    const camel = await api.patch(id, { first_name: 'Ada' }, under(key, { 'key-inflection': 'camel' }));
    assert.ok(isReplay(camel));
    assert.equal(camel.body.externalRef, first.body.external_ref);
    assert.deepEqual(camel.body.extractedData, { firstName: 'Ada' });
    const dated = under(key, { 'verifa-version': '2026-02-01', 'key-inflection': 'snake' });
    assertReplays(await api.patch(id, { first_name: 'Ada' }, dated), first);
  });

  test('a replay still shows what was then', async () => {
    const { id } = await api.create();
    const key = newKey();
    const first = await api.patch(id, { first_name: 'Ada' }, under(key));
    await api.update(id, { first_name: 'Augusta', status: 'approved' });
    assertReplays(await api.patch(id, { first_name: 'Ada' }, under(key)), first);
    assert.equal((await api.identity(id)).extracted_data.first_name, 'Augusta');
  });

  test('the space of keys is the environment: another API key of it replays, and others do not', async () => {
    const { id } = await api.create();
    const key = newKey();
    const first = await api.patch(id, { first_name: 'Ada' }, under(key));
    const { secret } = await api.server.createKey();
    assertReplays(await api.patch(id, { first_name: 'Ada' }, { ...under(key), key: secret }), first);
    for (const other of [api.sandboxKey, (await api.otherAccount()).key]) {
      const made = await api.post(
        '/identities',
        { external_ref: newReference() },
        { ...under(key), key: other },
      );
      assert.equal(made.status, 201);
    }
  });

  test('a key without the grant does not get at a kept reply', async () => {
    const { id } = await api.create();
    const key = newKey();
    await api.patch(id, { first_name: 'Ada' }, under(key));
    const reader = await api.keyWith('identities:read');
    assertError(await api.patch(id, { first_name: 'Ada' }, { ...under(key), key: reader }), 403, 'forbidden');
  });

  test('verification 32: eight at once run once and reply alike', async () => {
    const { id } = await api.create();
    for (const run of [
      (key: string) => api.patch(id, { first_name: key, email: newEmailOf(key) }, under(key)),
      (key: string) => api.post('/identities', { external_ref: `at-once-${key}` }, under(key)),
      (key: string) => api.post(`${pathOf(id)}/archive`, undefined, under(key)),
      (key: string) => api.post(`${pathOf(id)}/restore`, undefined, under(key)),
      (key: string) => api.delete(pathOf(id), under(key)),
    ]) {
      const key = newKey();
      const gained = await api.changesOf(async () => {
        const replies = await Promise.all(Array.from({ length: 8 }, () => run(key)));
        const [first] = replies;
        for (const reply of replies) {
          assert.ok(reply.status < 300, reply.text);
          assert.deepEqual([reply.status, reply.body], [first?.status, first?.body]);
        }
        assert.equal(replies.filter((reply) => !isReplay(reply)).length, 1);
      });
      assert.deepEqual([gained.audit.length, gained.events.length], [1, 1]);
    }
  });
});

const newEmailOf = (key: string) => `${key}@example.com`;

describe('422', () => {
  test('verification 29: one key, another body, path or method', async () => {
    const [one, two] = [await api.create(), await api.create()];
    const key = newKey();
    assert.equal((await api.patch(one.id, { first_name: 'Ada' }, under(key))).status, 200);
    const before = await api.identity(one.id);
    const changes = await api.changesOf(async () => {
      for (const reply of [
        await api.patch(one.id, { first_name: 'Augusta' }, under(key)),
        await api.patch(one.id, {}, under(key)),
        await api.patch(one.id, { first_name: 'Ada', last_name: 'King' }, under(key)),
        // Ignored as a field, and another request all the same.
        await api.patch(one.id, { first_name: 'Ada', unknown: 1 }, under(key)),
        await api.patch(two.id, { first_name: 'Ada' }, under(key)),
        // The same identity, and another path as sent.
        await api.patch(one.external_ref, { first_name: 'Ada' }, under(key)),
        await api.post('/identities', { external_ref: newReference() }, under(key)),
        await api.post(`${pathOf(one.id)}/archive`, undefined, under(key)),
        await api.delete(pathOf(one.id), under(key)),
      ]) {
        assertError(reply, 422, 'idempotency_mismatch');
      }
    });
    assert.deepEqual(changes, NOTHING);
    assert.deepEqual(await api.identity(one.id), before);
    assert.deepEqual((await api.identity(two.id)).extracted_data, {});
  });

  test('verification 31: a key of 255 characters, and one of 256', async () => {
    const { id } = await api.create();
    const long = newKey().padEnd(255, 'k');
    const first = await api.patch(id, { first_name: 'Ada' }, under(long));
    assert.equal(first.status, 200);
    assertReplays(await api.patch(id, { first_name: 'Ada' }, under(long)), first);
    const tooLong = await api.patch(id, { first_name: 'Augusta' }, under(`${long}k`));
    isRefused(tooLong, 'Idempotency-Key');
    assert.equal((await api.identity(id)).extracted_data.first_name, 'Ada');
    // 255 characters beyond ASCII, as Latin-1 carries them.
    assert.equal((await api.patch(id, { last_name: 'King' }, under('é'.repeat(255)))).status, 200);
  });

  test('two spellings of one field, under a key as well', async () => {
    const { id } = await api.create();
    const body = { first_name: 'Ada', firstName: 'Augusta' };
    isRefused(await api.patch(id, body, under(newKey())), 'first_name');
  });
});

describe('not kept', () => {
  test('verification 30: after 24 hours and a second the key is new', async () => {
    const { id } = await api.create();
    const key = newKey();
    const first = await api.patch(id, { first_name: 'Ada' }, under(key));
    api.clock.advance(24 * 3600 - 1);
    assertReplays(await api.patch(id, { first_name: 'Ada' }, under(key)), first);
    assertError(await api.patch(id, { first_name: 'B' }, under(key)), 422, 'idempotency_mismatch');
    api.clock.advance(2);
    const second = await api.patch(id, { first_name: 'B' }, under(key));
    assert.equal(second.status, 200);
    assert.equal(second.body.extracted_data.first_name, 'B');
    assertReplays(await api.patch(id, { first_name: 'B' }, under(key)), second);
    assertError(await api.patch(id, { first_name: 'Ada' }, under(key)), 422, 'idempotency_mismatch');
  });

  test('verification 33: a refused request leaves its key free', async () => {
    const { id, external_ref } = await api.create();
    const key = newKey();
    isRefused(await api.patch(id, { email: 'none' }, under(key)), 'email');
    assertError(await api.patch('nobody', { email: newEmail() }, under(key)), 404, 'not_found');
    assertError(await api.post('/identities', { external_ref }, under(key)), 409, 'conflict');
    assertError(await api.patch(id, '{', under(key)), 400, 'bad_request');
    isRefused(await api.post(`${pathOf(id)}/restore`, undefined, under(key)));
    const done = await api.patch(id, { email: newEmail() }, under(key));
    assert.equal(done.status, 200);
    assert.ok(!isReplay(done));
  });

  test('an empty key is none', async () => {
    const { id } = await api.create();
    for (const key of ['', ' ']) {
      for (const first_name of ['Ada', 'Augusta']) {
        const reply = await api.patch(id, { first_name }, under(key));
        assert.equal(reply.body.extracted_data.first_name, first_name);
      }
    }
  });

  test('reads and searches do not look at a key', async () => {
    const { id, external_ref } = await api.create();
    const key = newKey();
    assert.equal((await api.patch(id, { first_name: 'Ada' }, under(key))).status, 200);
    const headers = under(key);
    for (const reply of [
      await api.get(pathOf(id), headers),
      await api.get('/identities', headers),
      await api.post('/identities/search', { external_ref }, headers),
      await api.post('/identities/search', { status: 'pending' }, headers),
      await api.get('/identities', under('k'.repeat(300))),
    ]) {
      assert.equal(reply.status, 200);
      assert.ok(!isReplay(reply));
    }
  });
});
