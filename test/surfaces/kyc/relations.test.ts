import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertInvalid,
  assertRefused,
  type Body,
  company,
  type KycApi,
  type Shown,
  startKyc,
} from '../../harness/kyc.ts';
import { toVerification } from '../../harness/kyc-ids.ts';
import type { Reply } from '../../harness/server.ts';

let api: KycApi;
before(async () => {
  api = await startKyc();
});
after(() => api[Symbol.asyncDispose]());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';
const PATH = '/identity-relations';

const post = (body: unknown): Promise<Reply> => api.call('POST', PATH, { body });
const get = (id: string): Promise<Reply> => api.get(`${PATH}/${id}`);
const remove = (id: string): Promise<Reply> => api.call('DELETE', `${PATH}/${id}`);

/** A director and a company. */
async function ends(): Promise<{ fromIdentity: string; toIdentity: string }> {
  const [owner, director] = [await api.create(), await api.create()];
  const { id } = await api.create(company(owner.id));
  return { fromIdentity: director.id, toIdentity: id };
}

async function relate(more: Body = {}): Promise<Shown> {
  const { status, body, text } = await post({ ...(await ends()), label: 'director', ...more });
  assert.equal(status, 200, text);
  return body.data;
}

const listed = async (id: string): Promise<Shown[]> =>
  (await api.server.call('GET', `/api/v1/identities/${toVerification(id)}/relationships`)).body.data;

describe('200', () => {
  it('a relation has its two ends in their order, and its label', async () => {
    const label = 'Geschäftsführerin';
    for (const turn of [false, true]) {
      const { fromIdentity, toIdentity } = await ends();
      const sent = turn
        ? { fromIdentity: toIdentity, toIdentity: fromIdentity }
        : { fromIdentity, toIdentity };
      const { id, createdAt, ...made } = await relate({ ...sent, label: ` ${label} ` });
      assert.deepEqual(made, { ...sent, label });
      assert.equal(createdAt, api.clock.now().toISOString());
      assert.deepEqual((await get(id)).body, { data: { id, ...sent, label, createdAt } });
    }
  });

  it('it is a relationship of both records on the verification surface', async () => {
    const { fromIdentity, toIdentity } = await relate();
    for (const [own, other] of [
      [fromIdentity, toIdentity],
      [toIdentity, fromIdentity],
    ]) {
      const linked = (await listed(own)).filter(({ relationship_type: type }) => type === 'user_linked');
      assert.equal(linked.length, 1);
      assert.equal(linked[0].related_identity_id, toVerification(other));
      assert.deepEqual(linked[0].metadata, { label: 'director', from: fromIdentity });
    }
  });

  it('the label is nowhere in clear', async () => {
    const label = 'accountable for everything';
    const { id } = await relate({ label });
    const [row] = await api.server.sql<{ text: string }>(
      `select string_agg(r::text, '') as text from relationships r where id = $1::uuid`,
      [id],
    );
    assert.ok(row !== undefined && row.text.length > 100);
    assert.ok(!row.text.includes(Buffer.from(label).toString('hex')));
  });
});

describe('204', () => {
  it('removes it from both ends', async () => {
    const { id, fromIdentity } = await relate();
    const reply = await remove(id);
    assert.deepEqual([reply.status, reply.text], [204, '']);
    for (const again of [await remove(id), await get(id)]) assertRefused(again, 404, 'relation_not_found');
    assert.ok(!(await listed(fromIdentity)).some(({ relationship_type: type }) => type === 'user_linked'));
  });
});

describe('400', () => {
  it('for a body that is wrong, everything at once', async () => {
    assertInvalid(await post({}), 'fromIdentity:required', 'toIdentity:required', 'label:required');
    assertInvalid(
      await post({ fromIdentity: 'abc', toIdentity: null, label: ' ', role: 'x' }),
      ...['fromIdentity:format', 'toIdentity:null', 'label:length', 'role:unknown'],
    );
    const same = { fromIdentity: UNKNOWN, toIdentity: UNKNOWN, label: 'x'.repeat(256) };
    assertInvalid(await post(same), 'toIdentity:format', 'label:length');
    assertInvalid(await get('abc?x=1'), 'id:format', 'x:unknown');
    assertInvalid(await remove('abc'), 'id:format');
  });
});

describe('404', () => {
  it('identity_not_found for an end that is not there, or of another application', async () => {
    const own = await api.create();
    const foreign = await api.create(undefined, api.sandbox);
    for (const id of [UNKNOWN, foreign.id]) {
      const [from, to] = [
        { fromIdentity: id, toIdentity: own.id },
        { fromIdentity: own.id, toIdentity: id },
      ];
      for (const body of [from, to])
        assertRefused(await post({ ...body, label: 'x' }), 404, 'identity_not_found');
    }
  });

  it('relation_not_found for one of another application, and for a link without a label', async () => {
    const { id } = await relate();
    for (const method of ['GET', 'DELETE'])
      assertRefused(
        await api.call(method, `${PATH}/${id}`, api.sandbox),
        ...([404, 'relation_not_found'] as const),
      );
    const { fromIdentity, toIdentity } = await ends();
    const linked = await api.server.call(
      'POST',
      `/api/v1/identities/${toVerification(fromIdentity)}/relationships`,
      { body: { related_identity_id: toVerification(toIdentity), relationship_type: 'user_linked' } },
    );
    assert.equal(linked.status, 201, linked.text);
    const [row] = await api.server.sql<{ id: string }>(
      'select id from relationships where metadata is null order by id desc limit 1',
    );
    assertRefused(await get(row?.id ?? ''), 404, 'relation_not_found');
  });

  it('R8: it goes with either of its ends', async () => {
    for (const end of ['fromIdentity', 'toIdentity']) {
      const made = await relate();
      assert.equal((await api.delete(made[end])).status, 204);
      for (const reply of [await get(made.id), await remove(made.id)])
        assertRefused(reply, 404, 'relation_not_found');
    }
  });
});

describe('409', () => {
  it('for two that are linked already, in either direction', async () => {
    const { fromIdentity, toIdentity } = await relate();
    for (const body of [
      { fromIdentity, toIdentity },
      { fromIdentity: toIdentity, toIdentity: fromIdentity },
    ])
      assertRefused(await post({ ...body, label: 'owner' }), 409, 'conflict');
  });
});
