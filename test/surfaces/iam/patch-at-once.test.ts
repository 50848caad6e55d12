import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type IamApi, startIam } from '../../harness/iam.ts';
import { add, type Patches, patchesOf } from '../../harness/iam-patches.ts';

let api: IamApi;
let patches: Patches;
before(async () => {
  api = await startIam();
  patches = patchesOf(api);
});
after(() => api[Symbol.asyncDispose]());

const pathOf = (id: string) => `/admin/identities/${id}`;
const send: Patches['send'] = (...sent) => patches.send(...sent);

suite('at once', () => {
  test('iam 80 no patch is lost', async () => {
    const { id } = await api.create();
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => send(id, add(`/metadata_public/n${n}`, n))),
    );
    const { metadata_public } = await api.identity(id);
    const done = replies.flatMap(({ status, text }, n) => {
      assert.ok([200, 400, 409].includes(status), text);
      return status === 200 ? [[`n${n}`, n]] : [];
    });
    assert.ok(done.length > 0);
    assert.deepEqual(metadata_public, Object.fromEntries(done));
  });

  test('iam 80 nor one beside a replacement: it comes before, and is replaced, or after, and is there', async () => {
    const { id, traits } = await api.create();
    const body = { traits, metadata_public: { put: true }, metadata_admin: { put: true } };
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n === 10
          ? api.put(pathOf(id), body)
          : send(id, add(`/metadata_public/n${n}`, n), add(`/metadata_admin/n${n}`, n)),
      ),
    );
    assert.equal(replies[10]?.status, 200);
    const shown = await api.identity(id);
    assert.deepEqual(shown.metadata_public, shown.metadata_admin);
    const { put, ...ours } = shown.metadata_public;
    assert.equal(put, true);
    for (const [name, n] of Object.entries(ours)) assert.equal(name, `n${n}`);
    // Each that answered after the replacement was seen has what the replacement left.
    for (const { status, body: seen } of replies)
      if (status === 200 && seen.metadata_public.put === true)
        for (const name of Object.keys(seen.metadata_public)) assert.ok(name in shown.metadata_public);
  });

  test('a list that 10 append to has 10 more', async () => {
    const { id } = await api.create({ metadata_public: { list: [] } });
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, n) => send(id, add('/metadata_public/list/-', n))),
    );
    for (const { status, text } of replies) assert.equal(status, 200, text);
    const { list } = (await api.identity(id)).metadata_public;
    assert.deepEqual(list.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
