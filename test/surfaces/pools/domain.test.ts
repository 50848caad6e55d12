import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  detailsOf,
  emailFactor,
  newEmail,
  type PoolsApi,
  type Shown,
  startPools,
  unknownId,
  uuidOf,
} from '../../harness/pools.ts';

let api: PoolsApi;
let accountId: string;
before(async () => {
  api = await startPools();
  ({ accountId } = api.account);
});
after(() => api.close());

const make = async (title = 'Domain') =>
  detailsOf(await api.post('/domain', { account_id: accountId, title }));

describe('200', () => {
  test('create, fetch, rename', async () => {
    const made = await make('First');
    assert.equal(made.title, 'First');
    assert.equal(made.status, 'extant');
    assert.equal(made.account_id, accountId);
    assert.deepEqual(detailsOf(await api.get(`/domain/${made.id}`)), made);
    const renamed = detailsOf(await api.put(`/domain/${made.id}`, { details: { title: 'Second' } }));
    assert.deepEqual(renamed, { ...made, title: 'Second' });
    for (const body of [{}, { title: null }]) {
      assert.deepEqual(detailsOf(await api.put(`/domain/${made.id}`, body)), renamed);
    }
    assert.deepEqual(detailsOf(await api.get(`/domain/${made.id}`)), renamed);
  });

  test('listed by id, title or status, in pages', async () => {
    const other = await api.otherAccount();
    const options = { key: other.key };
    for (const title of ['b', 'a', 'B']) {
      detailsOf(await api.post('/domain', { account_id: other.accountId, title }, options));
    }
    const list = async (query = '') =>
      (await api.get(`/domain?account_id=${other.accountId}${query}`, options)).body;
    const titles = (body: Shown) => body.summaries.map((domain: Shown) => domain.title);
    assert.deepEqual(titles(await list()), ['Another', 'b', 'a', 'B']);
    assert.deepEqual(titles(await list('&sorting=title')), ['Another', 'B', 'a', 'b']);
    assert.deepEqual(titles(await list('&sorting=title:desc')), ['b', 'a', 'B', 'Another']);
    const page = await list('&pagination[page_size]=3&pagination[offset]=3');
    assert.deepEqual(titles(page), ['B']);
    assert.equal(page.pagination.page_count, 2);
    assert.equal(page.pagination.previous_page_offset, 0);
    const [, second] = (await list()).summaries;
    detailsOf(await api.delete(`/domain/${second.id}`, options));
    assert.deepEqual(titles(await list('&sorting=status')), ['b', 'Another', 'a', 'B']);
  });

  test('a deleted domain is still shown and listed', async () => {
    const made = await make();
    const deleted = detailsOf(await api.delete(`/domain/${made.id}`));
    assert.deepEqual(deleted, { ...made, status: 'deleted' });
    assert.deepEqual(detailsOf(await api.get(`/domain/${made.id}`)), deleted);
    const { summaries } = (await api.get(`/domain?account_id=${accountId}&sorting=id:desc`)).body;
    assert.ok(summaries.some((domain: Shown) => domain.id === made.id && domain.status === 'deleted'));
  });

  test('a key without the account grant sees the domain of its own pool only', async () => {
    const { id } = await make();
    const { secret: key } = await api.server.createKey({ grants: ['identities:read'] });
    detailsOf(await api.get(`/domain/${api.account.domainId}`, { key }));
    assertError(await api.get(`/domain/${id}`, { key }), 404, 'not_found');
    const { body } = await api.get(`/domain?account_id=${accountId}`, { key });
    assert.deepEqual(
      body.summaries.map((domain: Shown) => domain.id),
      [api.account.domainId],
    );
    assert.equal(body.pagination.item_count, 1);
  });
});

describe('403', () => {
  test('changing needs the account grant', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'identities:write'] });
    const { domainId } = api.account;
    assertError(
      await api.post('/domain', { account_id: accountId, title: 'D' }, { key }),
      403,
      'not_permitted',
    );
    assertError(await api.put(`/domain/${domainId}`, { title: 'D' }, { key }), 403, 'not_permitted');
    assertError(await api.delete(`/domain/${domainId}`, { key }), 403, 'not_permitted');
  });
});

describe('404', () => {
  test('another account’s domains look like unknown ones', async () => {
    const other = await api.otherAccount();
    const unknown = unknownId('domain', accountId);
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { title: 'D' }],
      ['DELETE', undefined],
    ] as const) {
      const foreign = await api.call(method, `/domain/${other.domainId}`, { body });
      assertError(foreign, 404, 'not_found');
      assert.equal((await api.call(method, `/domain/${unknown}`, { body })).text, foreign.text);
    }
    assertError(await api.get(`/domain?account_id=${other.accountId}`), 404, 'not_found');
    const body = { account_id: other.accountId, title: 'D' };
    assertError(await api.post('/domain', body), 404, 'not_found');
  });
});

describe('409', () => {
  test('a deleted domain is not changed, takes nothing, and closes what is below it', async () => {
    const { id } = await make();
    const factors = [{ name: 'email', type: 'email' }];
    const rules = { domain_id: id, title: 'R', factors };
    const ruleset = detailsOf(await api.post('/ruleset', rules));
    const named = { domain_id: id, ruleset_id: ruleset.id, title: 'P' };
    const pool = detailsOf(await api.post('/pool', named));
    const identity = await api.createIdentity(pool.id);
    detailsOf(await api.delete(`/domain/${id}`));
    const body = { pool_id: pool.id, factors: [emailFactor(newEmail())] };
    for (const reply of [
      await api.delete(`/domain/${id}`),
      await api.put(`/domain/${id}`, { title: 1 }),
      await api.post('/ruleset', { ...rules, title: 1 }),
      await api.post('/pool', { ...named, title: 1 }),
      await api.post('/identity', body),
      await api.put(`/identity/${identity.id}`, { metadata: {} }),
      await api.delete(`/identity/${identity.id}`),
    ]) {
      assertError(reply, 409, 'invalid_action');
    }
    assert.deepEqual(await api.identity(identity.id), identity);
    assert.equal((await api.get(`/identity?pool_id=${pool.id}`)).body.pagination.item_count, 1);
    detailsOf(await api.get(`/pool/${pool.id}`));
    detailsOf(await api.get(`/ruleset/${ruleset.id}`));
  });
});

describe('422', () => {
  test('account_id and title are needed and checked', async () => {
    assertError(await api.post('/domain', {}), 422, 'required_value', 'account_id');
    assertError(await api.post('/domain', {}), 422, 'required_value', 'title');
    assertError(await api.post('/domain', { account_id: accountId }), 422, 'required_value', 'title');
    const named = { title: 'D' };
    assertError(await api.post('/domain', { ...named, account_id: 'x' }), 422, 'invalid_value', 'account_id');
    const { domainId } = api.account;
    const wrongType = await api.post('/domain', { ...named, account_id: domainId });
    assertError(wrongType, 422, 'unexpected_ref_type', 'account_id');
    for (const title of ['', ' ', 1, [], 'x'.repeat(201), 'a\u0000', 'a\nb', '\ud800']) {
      assertError(await api.post('/domain', { account_id: accountId, title }), 422, 'invalid_value', 'title');
      assertError(await api.put(`/domain/${domainId}`, { title }), 422, 'invalid_value', 'title');
    }
    await make('x'.repeat(200));
  });

  test('lists need account_id and know three sort fields', async () => {
    assertError(await api.get('/domain'), 422, 'required_value', 'account_id');
    assertError(await api.get('/domain?account_id=x'), 422, 'invalid_value', 'account_id');
    const path = `/domain?account_id=${accountId}`;
    assertError(await api.get(`${path}&sorting=last_seen`), 422, 'invalid_value', 'sorting[field]');
    const size = await api.get(`${path}&pagination[page_size]=0`);
    assertError(size, 422, 'invalid_value', 'pagination[page_size]');
    const wrong = await api.get(`/domain?account_id=${api.account.poolId}`);
    assertError(wrong, 422, 'unexpected_ref_type', 'account_id');
  });
});

test('each change writes one audit entry and one event; a refusal or no change writes none', async () => {
  let id = '';
  const changes = await api.changesOf(async () => {
    ({ id } = await make());
    await api.put(`/domain/${id}`, { title: 'Other' });
    await api.put(`/domain/${id}`, {});
    await api.put(`/domain/${id}`, { title: 5 });
    await api.delete(`/domain/${id}`);
    await api.delete(`/domain/${id}`);
  });
  assert.deepEqual(
    changes.map(({ action, subject_id, fields }) => [action, subject_id, fields]),
    [
      ['domain.created', uuidOf(id), ['title']],
      ['domain.updated', uuidOf(id), ['title']],
      ['domain.deleted', uuidOf(id), ['status']],
    ],
  );
});
