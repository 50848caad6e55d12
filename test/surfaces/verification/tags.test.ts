import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  isRefused,
  pathOf,
  startVerification,
  unknownIdentityId,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
before(async () => {
  api = await startVerification();
});
after(() => api.close());

const add = (id: string, tag: unknown) => api.post(`${pathOf(id)}/add-tag`, { tag });
const remove = (id: string, tag: unknown) => api.post(`${pathOf(id)}/remove-tag`, { tag });
const set = (id: string, tags: unknown) => api.post(`${pathOf(id)}/set-tags`, { tags });
const many = (n: number) => Array.from({ length: n }, (_, index) => `tag ${index}`);
/** What a call changed: types of events, and how many audit entries. */
async function told(work: () => Promise<unknown>): Promise<[string[], number]> {
  const { audit, events } = await api.changesOf(work);
  return [events.map(({ type }) => type).sort(), audit.length];
}
const ADDED = 'identity.tag_added';
const REMOVED = 'identity.tag_removed';

describe('200', () => {
  test('verification 49: fifty tags, one that is there already, and one too many', async () => {
    const { id } = await api.create();
    assert.deepEqual((await set(id, many(49))).body, { id, tags: many(49) });
    assert.deepEqual((await add(id, 'tag 49')).body.tags, many(50));
    const before = await api.identity(id);
    api.clock.advance(60);
    assert.deepEqual(
      await told(async () => {
        isRefused(await add(id, 'one more'), 'tag');
        isRefused(await set(id, many(51)), 'tags');
        const again = await add(id, 'tag 7');
        assert.equal(again.status, 200);
        assert.deepEqual(again.body, { id, tags: many(50) });
      }),
      [[], 0],
    );
    assert.deepEqual(await api.identity(id), before);
    assert.equal((await set(id, [...many(50), ...many(50)])).status, 200);
  });

  test('adding and removing, with an event for each that really came or went', async () => {
    const { id, external_ref } = await api.create();
    assert.deepEqual(await told(() => add(external_ref, ' a ')), [[ADDED], 1]);
    assert.deepEqual(await told(() => add(id, 'b')), [[ADDED], 1]);
    assert.deepEqual((await add(id, 'A')).body.tags, ['a', 'b', 'A']);
    assert.deepEqual(await told(() => remove(id, 'nothing of it')), [[], 0]);
    assert.deepEqual(await told(() => remove(id, ' a')), [[REMOVED], 1]);
    assert.deepEqual((await api.identity(id)).tags, ['b', 'A']);
    assert.deepEqual((await remove(id, 'a')).body, { id, tags: ['b', 'A'] });
  });

  test('a set replaces, deduplicates in first order, and tells of the difference', async () => {
    const { id } = await api.create();
    const kinds = await told(async () =>
      assert.deepEqual((await set(id, ['x', 'y', ' x', 'z', 'X'])).body.tags, ['x', 'y', 'z', 'X']),
    );
    assert.deepEqual(kinds, [[ADDED, ADDED, ADDED, ADDED], 1]);
    assert.deepEqual(await told(() => set(id, ['z', 'new', 'x'])), [[ADDED, REMOVED, REMOVED], 1]);
    assert.deepEqual((await api.identity(id)).tags, ['z', 'new', 'x']);
    assert.deepEqual(await told(() => set(id, ['z', 'new', 'x'])), [[], 0]);
    assert.deepEqual(await told(() => set(id, [])), [[REMOVED, REMOVED, REMOVED], 1]);
    assert.deepEqual((await api.identity(id)).tags, []);
    assert.deepEqual(await told(() => set(id, [])), [[], 0]);
  });

  test('a tag has up to a hundred characters after trimming, and is no identifier', async () => {
    const { id } = await api.create();
    const long = '𝒳'.repeat(100);
    assert.deepEqual((await add(id, `  ${long} `)).body.tags, [long]);
    isRefused(await add(id, `${long}x`), 'tag');
    const other = await api.create();
    assert.deepEqual((await add(other.id, long)).body.tags, [long]);
  });

  test('tags of an archived identity', async () => {
    const { id } = await api.create();
    await api.post(`${pathOf(id)}/archive`);
    assert.deepEqual((await add(id, 'a')).body.tags, ['a']);
    assert.notEqual((await api.identity(id)).archived_at, null);
  });

  test('tags added at once are all there', async () => {
    const { id } = await api.create();
    const replies = await Promise.all(many(12).map((tag) => add(id, tag)));
    for (const { status, text } of replies) assert.equal(status, 200, text);
    assert.deepEqual([...(await api.identity(id)).tags].sort(), many(12).sort());
  });

  test('an idempotency key is not looked at', async () => {
    const { id } = await api.create();
    const headers = { 'idempotency-key': 'same' };
    for (const tag of ['a', 'b']) {
      const reply = await api.post(`${pathOf(id)}/add-tag`, { tag }, { headers });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get('idempotent-replayed'), null);
    }
    const long = { 'idempotency-key': 'k'.repeat(300) };
    assert.equal((await api.post(`${pathOf(id)}/remove-tag`, { tag: 'a' }, { headers: long })).status, 200);
    assert.equal((await api.post(`${pathOf(id)}/set-tags`, { tags: ['c'] }, { headers })).status, 200);
    assert.deepEqual((await api.identity(id)).tags, ['c']);
  });
});

test('404 for an identity of nobody', async () => {
  for (const id of [unknownIdentityId(), 'nobody']) {
    for (const reply of [await add(id, 'a'), await remove(id, 'a'), await set(id, [])])
      assertError(reply, 404, 'not_found');
  }
});

test('422 for what is no tag, and no list of them', async () => {
  const { id } = await api.create();
  for (const tag of [undefined, null, '', '  ', 7, [], {}, true, 'a\u0000b', '\ud800']) {
    isRefused(await add(id, tag), 'tag');
    isRefused(await remove(id, tag), 'tag');
    if (tag !== undefined) isRefused(await set(id, ['fine', tag]), 'tags[1]');
  }
  for (const tags of [undefined, null, 'a', 7, {}, true]) isRefused(await set(id, tags), 'tags');
  isRefused(await set(id, ['', 'x'.repeat(101)]), 'tags[0]', 'tags[1]');
  assert.deepEqual((await api.identity(id)).tags, []);
});
