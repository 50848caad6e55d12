import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  isRefused,
  newReference,
  pathOf,
  type Shown,
  startVerification,
  type VerificationApi,
} from '../../harness/verification.ts';

let api: VerificationApi;
let key: string;
before(async () => {
  api = await startVerification();
});
after(() => api.close());
beforeEach(async () => {
  // A pool of its own for each test.
  key = (await api.otherAccount()).key;
});

const list = (query: string) => api.get(`/identities${query}`, { key });
async function page(query: string): Promise<{ ids: string[]; pagination: Shown }> {
  const reply = await list(query);
  assert.equal(reply.status, 200, reply.text);
  return { ids: reply.body.data.map(({ id }: Shown) => id), pagination: reply.body.pagination };
}
async function make(n: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < n; made += 1) ids.unshift((await create()).id);
  return ids;
}
async function create(reference = newReference()): Promise<Shown> {
  const { status, body, text } = await api.post('/identities', { external_ref: reference }, { key });
  assert.equal(status, 201, text);
  return body;
}

describe('by offset', () => {
  test('newest first, 25 at a time, without personal data', async () => {
    const ids = await make(27);
    await api.update(ids[0] ?? '', { first_name: 'Ada', country: 'DE' }, { key });
    const first = await list('');
    assert.equal(first.status, 200);
    assert.deepEqual(first.body.pagination, { total: 27, limit: 25, offset: 0 });
    assert.deepEqual(
      first.body.data.map(({ id }: Shown) => id),
      ids.slice(0, 25),
    );
    const { extracted_data: _data, ...shown } = await api.identity(ids[0] ?? '', { key });
    assert.deepEqual(first.body.data[0], { ...shown, extracted_data: {} });
    assert.deepEqual(await page('?offset=25'), {
      ids: ids.slice(25),
      pagination: { total: 27, limit: 25, offset: 25 },
    });
    assert.deepEqual((await page('?limit=1&offset=26')).ids, ids.slice(26));
    assert.equal((await page('?limit=100')).ids.length, 27);
  });

  test('beyond the end there is nothing, and the total is what it is', async () => {
    await make(3);
    for (const offset of [3, 4, 1_000_000, 999_999_999_999_999]) {
      assert.deepEqual(await page(`?offset=${offset}`), {
        ids: [],
        pagination: { total: 3, limit: 25, offset },
      });
      const q = await page(`?q=ref&offset=${offset}`);
      assert.deepEqual(q, { ids: [], pagination: { total: 3, limit: 25, offset } });
    }
  });

  test('verification 42: an archived identity is listed only when asked for, and counted so', async () => {
    const [one = '', two = '', three = ''] = await make(3);
    assert.equal((await api.post(`${pathOf(two)}/archive`, undefined, { key })).status, 200);
    assert.deepEqual(await page(''), { ids: [one, three], pagination: { total: 2, limit: 25, offset: 0 } });
    assert.deepEqual((await page('?include_archived=false')).ids, [one, three]);
    const all = await page('?include_archived=true');
    assert.deepEqual(all, { ids: [one, two, three], pagination: { total: 3, limit: 25, offset: 0 } });
    assert.deepEqual((await page('?page[size]=10')).ids, [one, three]);
    assert.deepEqual((await page('?page[size]=10&include_archived=true')).ids, [one, two, three]);
    assert.equal((await page('?q=ref')).pagination.total, 2);
    assert.equal((await page('?q=ref&include_archived=true')).pagination.total, 3);
    assert.equal((await api.post(`${pathOf(two)}/restore`, undefined, { key })).status, 200);
    assert.equal((await page('')).pagination.total, 3);
  });

  test('by status, with the totals kept right through every change', async () => {
    const [one = '', two = '', three = '', four = ''] = await make(4);
    await api.update(one, { status: 'approved' }, { key });
    await api.update(two, { status: 'approved' }, { key });
    await api.update(two, { status: 'rejected' }, { key });
    await api.post(`${pathOf(one)}/archive`, undefined, { key });
    await api.delete(pathOf(four), { key });
    const total = async (query: string) => {
      const { ids, pagination } = await page(query);
      assert.equal(ids.length, pagination.total, query);
      return ids;
    };
    assert.deepEqual(await total('?status=pending'), [three]);
    assert.deepEqual(await total('?status=approved'), []);
    assert.deepEqual(await total('?status=approved&include_archived=true'), [one]);
    assert.deepEqual(await total('?status=rejected'), [two]);
    assert.deepEqual(await total('?status=redacted'), [four]);
    assert.deepEqual(await total('?status=Pending'), []);
    assert.deepEqual(await total('?status=nothing-like-it'), []);
    assert.deepEqual(await total(''), [two, three, four]);
    assert.deepEqual(await total('?include_archived=true'), [one, two, three, four]);
    // An archived one that is erased is on the list of erased ones, wherever that is.
    await api.delete(pathOf(one), { key });
    assert.equal((await page('?status=redacted&include_archived=true')).pagination.total, 2);
    const shown = await total('?include_archived=true');
    assert.deepEqual(shown, [one, two, three, four]);
    await total('');
  });
});

describe('q', () => {
  test('a part of the reference, in any case, however short', async () => {
    const names = [
      'Alpha-1',
      'ALPHABET',
      'beta',
      'be',
      'é-Ünï',
      'x%y_z',
      'a\\b',
      '𝒳𝒴𝒵',
      'ΣΑΣ',
      'two  spaces',
    ];
    const ids = new Map<string, string>();
    for (const name of names) ids.set(name, (await create(name)).id);
    const found = async (q: string) => {
      const { ids: shown, pagination } = await page(`?q=${encodeURIComponent(q)}`);
      assert.equal(pagination.total, shown.length);
      return [...ids].filter(([, id]) => shown.includes(id)).map(([name]) => name);
    };
    assert.deepEqual(await found('alpha'), ['Alpha-1', 'ALPHABET']);
    assert.deepEqual(await found('ALPHA'), ['Alpha-1', 'ALPHABET']);
    assert.deepEqual(await found('lphab'), ['ALPHABET']);
    assert.deepEqual(await found('BET'), ['ALPHABET', 'beta']);
    assert.deepEqual(await found('be'), ['ALPHABET', 'beta', 'be']);
    assert.deepEqual(await found('B'), ['ALPHABET', 'beta', 'be', 'a\\b']);
    assert.deepEqual(await found(' beta '), ['beta']);
    assert.deepEqual(await found('%'), ['x%y_z']);
    assert.deepEqual(await found('_'), ['x%y_z']);
    assert.deepEqual(await found('x%z'), []);
    assert.deepEqual(await found('x_y'), []);
    assert.deepEqual(await found('\\'), ['a\\b']);
    assert.deepEqual(await found('É'), ['é-Ünï']);
    assert.deepEqual(await found('é-ü'), ['é-Ünï']);
    assert.deepEqual(await found('É-ÜNÏ'), ['é-Ünï']);
    assert.deepEqual(await found('𝒳'), ['𝒳𝒴𝒵']);
    assert.deepEqual(await found('𝒳𝒴'), ['𝒳𝒴𝒵']);
    assert.deepEqual(await found('𝒳𝒴𝒵'), ['𝒳𝒴𝒵']);
    assert.deepEqual(await found('o  s'), ['two  spaces']);
    assert.deepEqual(await found('no such'), []);
    // Nothing to look for is no filter.
    assert.equal((await found('')).length, names.length);
    assert.equal((await found('  ')).length, names.length);
  });

  test('follows a rename, and still finds what is erased', async () => {
    const { id } = await create('before-rename');
    await api.update(id, { external_ref: 'after-change' }, { key });
    assert.deepEqual((await page('?q=before-ren')).ids, []);
    assert.deepEqual((await page('?q=ter-CHA')).ids, [id]);
    await api.delete(pathOf(id), { key });
    assert.deepEqual((await page('?q=ter-cha')).ids, [id]);
    assert.deepEqual((await page('?q=te')).ids, [id]);
  });

  test('with status, pages and cursors', async () => {
    const made: string[] = [];
    for (let n = 0; n < 7; n += 1) made.unshift((await create(`Queried-${n}`)).id);
    await make(2);
    await api.update(made[3] ?? '', { status: 'failed' }, { key });
    assert.deepEqual((await page('?q=queried&status=failed')).ids, [made[3]]);
    const window = await page('?q=queried&limit=3&offset=2');
    assert.deepEqual(window, { ids: made.slice(2, 5), pagination: { total: 7, limit: 3, offset: 2 } });
    const first = await page('?q=queried&page[size]=5');
    assert.deepEqual(first.ids, made.slice(0, 5));
    const second = await page(`?q=queried&page[size]=5&page[after]=${first.pagination.next_cursor}`);
    assert.deepEqual(second.ids, made.slice(5));
  });
});

describe('by cursor', () => {
  test('verification 44: every row that was there is seen once while others come', async () => {
    const ids = await make(60);
    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&page[after]=${encodeURIComponent(cursor)}`;
      const { ids: found, pagination } = await page(`?page[size]=25${at}`);
      assert.equal(pagination.size, 25);
      assert.equal(pagination.has_more, pagination.next_cursor !== null);
      seen.push(...found);
      sizes.push(found.length);
      cursor = pagination.next_cursor;
      await make(3);
    } while (cursor !== null);
    assert.deepEqual(seen, ids);
    assert.deepEqual(sizes, [25, 25, 10]);
  });

  test('back again over the same pages', async () => {
    const ids = await make(10);
    const first = await page('?page[size]=4');
    assert.deepEqual(first.pagination, {
      ...{ size: 4, has_more: true, next_cursor: first.pagination.next_cursor, previous_cursor: null },
    });
    const second = await page(`?page[size]=4&page[after]=${first.pagination.next_cursor}`);
    assert.deepEqual(second.ids, ids.slice(4, 8));
    const last = await page(`?page[size]=4&page[after]=${second.pagination.next_cursor}`);
    assert.deepEqual(last.ids, ids.slice(8));
    assert.deepEqual([last.pagination.has_more, last.pagination.next_cursor], [false, null]);
    await make(2);
    const back = await page(`?page[size]=4&page[before]=${last.pagination.previous_cursor}`);
    assert.deepEqual(back.ids, ids.slice(4, 8));
    assert.equal(back.pagination.has_more, true);
    const again = await page(`?page[size]=4&page[before]=${back.pagination.previous_cursor}`);
    assert.deepEqual(again.ids, ids.slice(0, 4));
    const forth = await page(`?page[size]=4&page[after]=${back.pagination.next_cursor}`);
    assert.deepEqual(forth.ids, ids.slice(8));
    const newest = await page(`?page[size]=4&page[before]=${again.pagination.previous_cursor}`);
    assert.equal(newest.ids.length, 2);
    assert.deepEqual([newest.pagination.has_more, newest.pagination.previous_cursor], [false, null]);
  });

  test('an id is a cursor, of an identity that is not on the list as well, and wins over the offset', async () => {
    const ids = await make(5);
    assert.deepEqual((await page(`?page[after]=${ids[1]}`)).ids, ids.slice(2));
    assert.deepEqual((await page(`?page[after]=${ids[1]}&offset=4&limit=1`)).ids, ids.slice(2));
    assert.deepEqual((await page(`?page[before]=${ids[2]}`)).ids, ids.slice(0, 2));
    assert.deepEqual((await page(`?page[after]=${ids[4]}`)).ids, []);
    assert.deepEqual((await page(`?page[before]=${ids[0]}`)).ids, []);
    await api.post(`${pathOf(ids[1] ?? '')}/archive`, undefined, { key });
    assert.deepEqual((await page(`?page[after]=${ids[1]}`)).ids, ids.slice(2));
    assert.deepEqual((await page(`?page%5Bafter%5D=${ids[1]}`)).ids, ids.slice(2));
  });

  test('identities of one millisecond are told apart', async () => {
    const replies = await Promise.all(Array.from({ length: 12 }, () => create()));
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { ids, pagination } = await page(`?page[size]=5${cursor}`);
      seen.push(...ids);
      if (!pagination.has_more) break;
      cursor = `&page[after]=${pagination.next_cursor}`;
    }
    assert.deepEqual([...seen].sort(), replies.map(({ id }) => id).sort());
    assert.deepEqual(seen, [...seen].sort().reverse());
  });
});

describe('422', () => {
  test('verification 43: bounds of limit and offset', async () => {
    for (const limit of ['0', '101', '-1', '1.5', 'x', '', '1e1', '0x10', ' ', '９']) {
      isRefused(await list(`?limit=${encodeURIComponent(limit)}`), 'limit');
    }
    for (const offset of ['-1', '1.5', 'x', '', '1e1', '99999999999999999999']) {
      isRefused(await list(`?offset=${encodeURIComponent(offset)}`), 'offset');
    }
    isRefused(await list('?limit=0&offset=-1'), 'limit', 'offset');
    assert.equal((await page('?limit=1')).pagination.limit, 1);
    assert.equal((await page('?limit=100')).pagination.limit, 100);
  });

  test('cursors that are none, two at once, and sizes out of bounds', async () => {
    const [id = ''] = await make(1);
    for (const bad of ['x', '', id.slice(4), `ses_${id.slice(4)}`, `${id}0`, id.toUpperCase()]) {
      isRefused(await list(`?page[after]=${bad}`), 'page[after]');
      isRefused(await list(`?page[before]=${bad}`), 'page[before]');
    }
    isRefused(await list(`?page[after]=${id}&page[before]=${id}`));
    for (const size of ['0', '101', '-1', 'x', ''])
      isRefused(await list(`?page[size]=${size}`), 'page[size]');
  });

  test('a flag that is neither true nor false, and a part too long', async () => {
    for (const flag of ['1', 'yes', 'TRUE', ''])
      isRefused(await list(`?include_archived=${flag}`), 'include_archived');
    isRefused(await list(`?q=${'x'.repeat(256)}`), 'q');
    assert.deepEqual((await page(`?q=${encodeURIComponent('é'.repeat(255))}`)).ids, []);
  });

  test('odd characters in a query are refused or find nothing, and are no fault', async () => {
    await make(1);
    for (const odd of ['%00', 'a%00bc', '%ED%A0%80', '%FF', "'", '%27;--', '$1', '%F0%9F%98%80']) {
      for (const name of ['q', 'status', 'include_archived', 'limit', 'page[after]', 'nothing']) {
        const { status, text } = await list(`?${name}=${odd}`);
        assert.ok(status === 200 || status === 422, `${name}=${odd}: ${text}`);
      }
    }
  });
});
