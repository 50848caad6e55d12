import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, startIam } from '../../harness/iam.ts';
import { IDENTITIES as BASE, listsOf } from '../../harness/iam-lists.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const { list, walk } = listsOf(() => api);
const refused = async (query: string, reason?: RegExp) =>
  assertError(await api.get(`${BASE}?${query}`), 400, reason);

suite('pages of the sandbox', () => {
  const sandbox = () => api.sandbox;

  test('iam 10 a pool without identities has an empty list', async () => {
    const { ids, links, total } = await list('', sandbox());
    assert.deepEqual([ids, Object.keys(links), total], [[], ['first'], null]);
    const numbered = await list('page=0', sandbox());
    assert.deepEqual([numbered.ids, Object.keys(numbered.links), numbered.total], [[], ['first'], '0']);
  });
});

suite('pages', () => {
  let ids: string[];
  before(async () => {
    ids = [];
    for (let n = 0; n < 5; n += 1) ids.push((await api.create()).id);
  });

  test('iam 11 pages of two by token: every one once, in the order of ids, no next at the end', async () => {
    const pages = await walk('page_size=2');
    assert.deepEqual(
      pages.map(({ length }) => length),
      [2, 2, 1],
    );
    assert.deepEqual(pages.flat(), ids);
    assert.deepEqual(pages.flat(), [...ids].sort());
  });

  test('links keep the path and the other parameters, and lead back to the first page', async () => {
    const path = `/iam/identities?consistency=strong&page_size=2&include_credential=password&include_credential=totp`;
    const { links } = await list(path);
    const next = new URL(links.next ?? '');
    assert.equal(next.origin, api.server.url);
    assert.equal(next.pathname, '/iam/identities');
    assert.deepEqual(next.searchParams.getAll('include_credential'), ['password', 'totp']);
    assert.equal(next.searchParams.get('consistency'), 'strong');
    const second = await list(next.href.slice(api.server.url.length));
    assert.deepEqual(second.ids, ids.slice(2, 4));
    const first = await list((second.links.first ?? '').slice(api.server.url.length));
    assert.deepEqual(first.ids, ids.slice(0, 2));
  });

  test('“1”, nothing and the nil UUID are the first page; no total is given', async () => {
    for (const token of ['1', '', '00000000-0000-0000-0000-000000000000']) {
      const { ids: found, total } = await list(`page_size=2&page_token=${token}`);
      assert.deepEqual([found, total], [ids.slice(0, 2), null]);
    }
  });

  test('iam 12 a token that was made up, or is another pool’s: 400', async () => {
    await api.create({}, api.sandbox);
    await api.create({}, api.sandbox);
    const { links } = await list('page_size=1', api.sandbox);
    const foreign = new URL(links.next ?? '').searchParams.get('page_token') ?? '';
    assert.notEqual(foreign, '');
    for (const token of ['garbage', '2', ids[0] ?? '', foreign, `${foreign}A`])
      await refused(`page_token=${token}`, /page_token/);
  });

  test('iam 13 more than a page may have is a whole page; none and fewer than none are the usual', async () => {
    const { links, ids: found } = await list('page_size=9999');
    assert.deepEqual(found, ids);
    assert.match(links.first ?? '', /page_size=500/);
    for (const size of ['0', '-3', ''])
      assert.match((await list(`page_size=${size}`)).links.first ?? '', /page_size=250/);
    assert.equal((await list('per_page=2')).ids.length, 2);
    await refused('page_size=many', /page_size/);
    await refused('page_token=1&per_page=1.5', /per_page/);
  });

  test('iam 14 numbered pages from 0: total and links', async () => {
    const { ids: found, total, links } = await list('page=1&per_page=2');
    assert.deepEqual([found, total], [ids.slice(2, 4), '5']);
    assert.deepEqual(
      Object.entries(links).map(([relation, url]) => [relation, new URL(url).searchParams.get('page')]),
      [
        ['first', '0'],
        ['prev', '0'],
        ['next', '2'],
        ['last', '2'],
      ],
    );
    assert.deepEqual(Object.keys((await list('page=0&per_page=1')).links), ['first', 'next', 'last']);
    assert.deepEqual(Object.keys((await list('page=4&per_page=1')).links), ['first', 'prev', 'last']);
    assert.deepEqual(Object.keys((await list('page=0&per_page=5')).links), ['first']);
    const beyond = await list('page=100&per_page=5');
    assert.deepEqual([beyond.ids, Object.keys(beyond.links)], [[], ['first']]);
  });

  test('iam 15 no numbered page beyond a thousand identities', async () => {
    await refused('page=1000&per_page=250');
    await refused('page=3&per_page=9999', /page/);
    assert.deepEqual((await list('page=4&per_page=250')).ids, []);
    // Given with a page token or a size, the number does not count.
    assert.deepEqual((await list('page=1000&page_size=3')).ids, ids.slice(0, 3));
  });

  test('a page that is no number, or below the first, is the first', async () => {
    for (const page of ['-1', 'x', ''])
      assert.deepEqual((await list(`page=${page}&per_page=2`)).ids, ids.slice(0, 2));
  });

  test('erased identities are in no page and in no total; inactive ones are in both', async () => {
    const [gone, sleeping] = [await api.create(), await api.create({ state: 'inactive' })];
    assert.equal((await list('page=0')).total, '7');
    assert.equal((await api.delete(`${BASE}/${gone.id}`)).status, 204);
    const { ids: found, total } = await list('page=0');
    assert.deepEqual([found, total], [[...ids, sleeping.id], '6']);
    assert.deepEqual((await walk('page_size=4')).flat(), found);
    assert.deepEqual((await list(`ids=${gone.id}`)).ids, []);
    assert.deepEqual((await list(`credentials_identifier=${gone.traits.email}`)).ids, []);
  });

  test('who may not read identities sees none; credentials need a grant of their own', async () => {
    const reading = (await api.server.createKey({ grants: ['identities:read'] })).secret;
    assertError(await api.get(BASE, { key: null }), 401);
    assert.equal((await api.get(BASE, { key: reading })).status, 200);
    assertError(await api.get(`${BASE}?include_credential=password`, { key: reading }), 403);
    const writing = (await api.server.createKey({ grants: ['identities:write'] })).secret;
    assertError(await api.get(BASE, { key: writing }), 403);
  });
});
