import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  assertError,
  detailsOf,
  emailFactor,
  type Json,
  newEmail,
  type PoolsApi,
  type Shown,
  startPools,
  unknownId,
  uuidOf,
} from '../../harness/pools.ts';

let api: PoolsApi;
let domainId: string;
before(async () => {
  api = await startPools();
  ({ domainId } = api.account);
});
after(() => api.close());

const create = (body: Json) =>
  api.post('/ruleset', { domain_id: domainId, title: 'R', factors: [], ...body });
const EMAIL = { name: 'email', type: 'email' };
const BACKUP = { name: 'backup', type: 'email', identifier: false };

describe('200', () => {
  test('factor definitions get their defaults by type', async () => {
    const types = ['email', 'username', 'oidc', 'password', 'totp', 'magic_code'];
    const details = detailsOf(await create({ factors: types.map((type) => ({ name: type, type })) }));
    assert.deepEqual(
      details.factors,
      types.map((type) => ({
        ...{ name: type, type, required: false, claim: null, attribute: null },
        identifier: ['email', 'username', 'oidc'].includes(type),
        persistent: type !== 'magic_code',
      })),
    );
    assert.deepEqual(details.methods, []);
    assert.deepEqual(details.plans, []);
    assert.equal(details.domain_id, domainId);
    assert.equal(details.status, 'extant');
    assert.deepEqual(detailsOf(await api.get(`/ruleset/${details.id}`)), details);
  });

  test('everything that may be set is kept, methods and plans as they come', async () => {
    const factor = {
      ...{ name: 'a_1', type: 'email', identifier: false, persistent: false, required: true },
      ...{ claim: 'mail', attribute: 'email' },
    };
    const methods = [['a_1'], { deep: [{ er: null }] }, 1.5, 'ü\\u0000 \\ud800', true];
    const plans = [{ name: 'sign-in', steps: [] }];
    const details = detailsOf(await create({ factors: [factor], methods, plans }));
    assert.deepEqual(details.factors, [factor]);
    assert.deepEqual(details.methods, methods);
    assert.deepEqual(details.plans, plans);
  });

  test('each field that is absent or null stays as it is', async () => {
    const made = detailsOf(await create({ factors: [EMAIL], methods: [1], plans: [2] }));
    const put = async (body: Json) => detailsOf(await api.put(`/ruleset/${made.id}`, body));
    assert.deepEqual(await put({}), made);
    assert.deepEqual(await put({ title: null, factors: null, methods: null, plans: null }), made);
    assert.deepEqual(await put({ title: 'Other' }), { ...made, title: 'Other' });
    assert.deepEqual((await put({ methods: [], plans: [3] })).plans, [3]);
    const renamed = await put({ factors: [{ name: 'mail', type: 'email' }] });
    assert.equal(renamed.factors[0].name, 'mail');
    assert.deepEqual(detailsOf(await api.get(`/ruleset/${made.id}`)), renamed);
  });

  test('listed within its domain, in pages; deleted ones too', async () => {
    const domain = detailsOf(await api.post('/domain', { account_id: api.account.accountId, title: 'D' }));
    const ids: string[] = [];
    for (const title of ['c', 'a', 'b']) {
      ids.push(detailsOf(await create({ domain_id: domain.id, title })).id);
    }
    const list = async (query = '') => (await api.get(`/ruleset?domain_id=${domain.id}${query}`)).body;
    const idsOf = (body: Shown) => body.summaries.map((ruleset: Shown) => ruleset.id);
    assert.deepEqual(idsOf(await list()), ids);
    assert.deepEqual(idsOf(await list('&sorting=title')), [ids[1], ids[2], ids[0]]);
    assert.deepEqual(idsOf(await list('&sorting=id:desc&pagination[page_size]=2')), [ids[2], ids[1]]);
    detailsOf(await api.delete(`/ruleset/${ids[1]}`));
    assert.deepEqual(idsOf(await list('&sorting=status:desc')), [ids[0], ids[2], ids[1]]);
  });

  test('definitions that nobody uses may change in any way', async () => {
    const { poolId, rulesetId } = await api.createPool();
    const { id } = await api.createIdentity(poolId);
    const factors = [
      { ...EMAIL, persistent: false },
      { name: 'backup', type: 'username', required: false },
    ];
    detailsOf(await api.put(`/ruleset/${rulesetId}`, { factors }));
    detailsOf(await api.put(`/ruleset/${rulesetId}`, { factors: [EMAIL] }));
    detailsOf(await api.delete(`/identity/${id}`));
    detailsOf(
      await api.put(`/ruleset/${rulesetId}`, { factors: [{ name: 'x', type: 'email', required: true }] }),
    );
  });

  test('a change holds for the very next identity, in every pool of the ruleset', async () => {
    const { poolId, rulesetId } = await api.createPool([EMAIL]);
    const body = { domain_id: domainId, ruleset_id: rulesetId, title: 'Second' };
    const second = detailsOf(await api.post('/pool', body)).id;
    const send = (pool: string, factors: Json[]) => api.post('/identity', { pool_id: pool, factors });
    const withPhone = () => [emailFactor(newEmail()), { name: 'login', type: 'username', value: newEmail() }];
    for (const pool of [poolId, second]) {
      assertError(await send(pool, withPhone()), 422, 'invalid_value', 'factors[1].name');
    }
    const login = { name: 'login', type: 'username' };
    detailsOf(await api.put(`/ruleset/${rulesetId}`, { factors: [EMAIL, login] }));
    for (const pool of [poolId, second]) detailsOf(await send(pool, withPhone()));
  });

  test('a key without the account grant sees the ruleset of its own pool only', async () => {
    const id = await api.createRuleset([EMAIL]);
    const { secret: key } = await api.server.createKey({ grants: ['identities:read'] });
    detailsOf(await api.get(`/ruleset/${api.account.rulesetId}`, { key }));
    assertError(await api.get(`/ruleset/${id}`, { key }), 404, 'not_found');
    const { summaries } = (await api.get(`/ruleset?domain_id=${domainId}`, { key })).body;
    assert.deepEqual(
      summaries.map((ruleset: Shown) => ruleset.id),
      [api.account.rulesetId],
    );
  });

  test('the quickstart’s ruleset has a linked email and a backup', async () => {
    const { factors } = detailsOf(await api.get(`/ruleset/${api.account.rulesetId}`));
    const shown = factors.map(({ name, type, identifier, attribute }: Shown) => [
      name,
      type,
      identifier,
      attribute,
    ]);
    assert.deepEqual(shown, [
      ['email', 'email', true, 'email'],
      ['backup', 'email', false, null],
    ]);
  });
});

describe('403', () => {
  test('changing needs the account grant', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'identities:write'] });
    const { rulesetId } = api.account;
    const body = { domain_id: domainId, title: 'R', factors: [] };
    assertError(await api.post('/ruleset', body, { key }), 403, 'not_permitted');
    assertError(await api.put(`/ruleset/${rulesetId}`, {}, { key }), 403, 'not_permitted');
    assertError(await api.delete(`/ruleset/${rulesetId}`, { key }), 403, 'not_permitted');
  });
});

describe('404', () => {
  test('another account’s rulesets look like unknown ones', async () => {
    const other = await api.otherAccount();
    const unknown = unknownId('ruleset', domainId);
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', {}],
      ['DELETE', undefined],
    ] as const) {
      const foreign = await api.call(method, `/ruleset/${other.rulesetId}`, { body });
      assertError(foreign, 404, 'not_found');
      assert.equal((await api.call(method, `/ruleset/${unknown}`, { body })).text, foreign.text);
    }
    assertError(await create({ domain_id: other.domainId }), 404, 'not_found');
    assertError(await api.get(`/ruleset?domain_id=${other.domainId}`), 404, 'not_found');
  });
});

describe('409', () => {
  test('pools 54 a factor in use cannot be dropped', async () => {
    const { poolId, rulesetId } = await api.createPool();
    const { id } = await api.createIdentity(poolId);
    const before = detailsOf(await api.get(`/ruleset/${rulesetId}`));
    const changes = await api.changesOf(async () => {
      const body = { title: 'New', factors: [{ name: 'other', type: 'email' }] };
      assertError(await api.put(`/ruleset/${rulesetId}`, body), 409, 'invalid_action');
    });
    assert.deepEqual(detailsOf(await api.get(`/ruleset/${rulesetId}`)), before);
    assert.deepEqual(changes, []);
    assert.equal((await api.identity(id)).factors.length, 1);
    detailsOf(await api.delete(`/identity/${id}`));
    detailsOf(await api.put(`/ruleset/${rulesetId}`, { factors: [{ name: 'other', type: 'email' }] }));
  });

  test('a factor in use keeps its type, whether it identifies, and its attribute; none in use may be missing', async () => {
    const { poolId, rulesetId } = await api.createPool();
    await api.createIdentity(poolId);
    for (const factors of [
      [{ name: 'email', type: 'username' }, BACKUP],
      [{ ...EMAIL, identifier: false }, BACKUP],
      [{ ...EMAIL, attribute: 'email' }, BACKUP],
      [EMAIL, { ...BACKUP, required: true }],
      [EMAIL, { name: 'phone', type: 'totp', required: true }],
    ]) {
      assertError(await api.put(`/ruleset/${rulesetId}`, { factors }), 409, 'invalid_action');
    }
    detailsOf(await api.put(`/ruleset/${rulesetId}`, { factors: [{ ...EMAIL, required: true }] }));
  });

  test('required holds once every identity has it', async () => {
    const { poolId, rulesetId } = await api.createPool();
    const [one, two] = [await api.createIdentity(poolId), await api.createIdentity(poolId)];
    const factors = [EMAIL, { ...BACKUP, required: true }];
    const put = () => api.put(`/ruleset/${rulesetId}`, { factors });
    const give = ({ id, title }: Shown) =>
      api.put(`/identity/${id}`, { factors: [emailFactor(title), emailFactor(newEmail(), 'backup')] });
    detailsOf(await give(one));
    assertError(await put(), 409, 'invalid_action');
    detailsOf(await give(two));
    detailsOf(await put());
    assertError(
      await api.put(`/identity/${one.id}`, { factors: [emailFactor(one.title)] }),
      422,
      'required_value',
      'factors',
    );
  });

  test('identities without an identifier keep a ruleset from identifying', async () => {
    const { poolId, rulesetId } = await api.createPool([BACKUP]);
    detailsOf(await api.post('/identity', { pool_id: poolId }));
    assertError(await api.put(`/ruleset/${rulesetId}`, { factors: [EMAIL, BACKUP] }), 409, 'invalid_action');
  });

  test('a ruleset in use by any pool is not deleted; afterwards it is, once', async () => {
    const { poolId, rulesetId } = await api.createPool();
    assertError(await api.delete(`/ruleset/${rulesetId}`), 409, 'invalid_action');
    detailsOf(await api.delete(`/pool/${poolId}`));
    assert.equal(detailsOf(await api.delete(`/ruleset/${rulesetId}`)).status, 'deleted');
    assertError(await api.delete(`/ruleset/${rulesetId}`), 409, 'invalid_action');
    assertError(await api.put(`/ruleset/${rulesetId}`, { title: 5 }), 409, 'invalid_action');
    assert.equal(detailsOf(await api.get(`/ruleset/${rulesetId}`)).status, 'deleted');
  });

  test('while identities are made, a factor is dropped before them or not at all', async () => {
    const { poolId, rulesetId } = await api.createPool([EMAIL, BACKUP]);
    const factors = () => [emailFactor(newEmail()), emailFactor(newEmail(), 'backup')];
    const [drop, ...made] = await Promise.all([
      api.put(`/ruleset/${rulesetId}`, { factors: [EMAIL] }),
      ...Array.from({ length: 10 }, () => api.post('/identity', { pool_id: poolId, factors: factors() })),
    ]);
    const successes = made.filter((reply) => reply.status === 200);
    if (drop?.status === 200) assert.equal(successes.length, 0, 'none was made after the factor went');
    else assertError(drop ?? assert.fail(), 409, 'invalid_action');
    for (const reply of made) {
      if (reply.status !== 200) assertError(reply, 422, 'invalid_value', 'factors[1].name');
    }
  });
});

describe('422', () => {
  test('domain_id, title and factors are needed', async () => {
    const reply = await api.post('/ruleset', {});
    for (const field of ['domain_id', 'title', 'factors']) assertError(reply, 422, 'required_value', field);
    for (const field of ['domain_id', 'title', 'factors']) {
      assertError(await create({ [field]: null }), 422, 'required_value', field);
    }
    assertError(await create({ domain_id: 'x' }), 422, 'invalid_value', 'domain_id');
    const wrongType = await create({ domain_id: api.account.poolId });
    assertError(wrongType, 422, 'unexpected_ref_type', 'domain_id');
    assertError(await create({ title: '' }), 422, 'invalid_value', 'title');
  });

  test('definitions are checked each at its place', async () => {
    const cases: [unknown, string, string][] = [
      ['x', 'invalid_value', 'factors'],
      [['x'], 'invalid_value', 'factors[0]'],
      [[EMAIL, null], 'invalid_value', 'factors[1]'],
      [[{ type: 'email' }], 'required_value', 'factors[0].name'],
      [[{ name: 'a' }], 'required_value', 'factors[0].type'],
      [[{ ...EMAIL, type: 'sms' }], 'invalid_value', 'factors[0].type'],
      [[EMAIL, EMAIL], 'invalid_value', 'factors[1].name'],
      [[{ ...EMAIL, identifier: 'yes' }], 'invalid_value', 'factors[0].identifier'],
      [[{ ...EMAIL, persistent: 1 }], 'invalid_value', 'factors[0].persistent'],
      [[{ ...EMAIL, required: 'no' }], 'invalid_value', 'factors[0].required'],
      [[{ ...EMAIL, claim: 5 }], 'invalid_value', 'factors[0].claim'],
      [[{ ...EMAIL, claim: '\ud800' }], 'invalid_value', 'factors[0].claim'],
      [[{ ...EMAIL, attribute: 'nope' }], 'invalid_value', 'factors[0].attribute'],
      [[{ ...EMAIL, attribute: 'preferred_username' }], 'invalid_value', 'factors[0].attribute'],
      [[{ name: 'p', type: 'password', attribute: 'email' }], 'invalid_value', 'factors[0].attribute'],
      [
        ['a', 'b'].map((name) => ({ ...EMAIL, name, attribute: 'email' })),
        'invalid_value',
        'factors[1].attribute',
      ],
      [
        Array.from({ length: 65 }, (_, index) => ({ ...EMAIL, name: `f${index}` })),
        'invalid_value',
        'factors',
      ],
    ];
    for (const type of ['password', 'totp', 'magic_code']) {
      cases.push([[{ name: 'a', type, identifier: true }], 'invalid_value', 'factors[0].identifier']);
    }
    for (const name of ['', 'A', '1a', 'a-b', 'a b', `a${'b'.repeat(64)}`, 5, '__proto__']) {
      cases.push([[{ name, type: 'email' }], 'invalid_value', 'factors[0].name']);
    }
    for (const [factors, code, field] of cases) {
      assertError(await create({ factors }), 422, code, field);
      const put = await api.put(`/ruleset/${api.account.rulesetId}`, { factors });
      assertError(put, 422, code, field);
    }
    detailsOf(await create({ factors: [{ name: `a${'b'.repeat(63)}`, type: 'email' }] }));
  });

  test('methods and plans are lists that the database can hold, up to 64 KiB', async () => {
    for (const field of ['methods', 'plans']) {
      const wrong = ['x', {}, 5, ['\u0000'], [{ '\u0000': 1 }], ['\ud800'], [{ '\udc00': [] }], ['\\\ud800']];
      for (const value of [...wrong, ['x'.repeat(65_536)]]) {
        assertError(await create({ [field]: value }), 422, 'invalid_value', field);
      }
    }
  });

  test('lists need domain_id', async () => {
    assertError(await api.get('/ruleset'), 422, 'required_value', 'domain_id');
    const { rulesetId } = api.account;
    const wrong = await api.get(`/ruleset?domain_id=${rulesetId}`);
    assertError(wrong, 422, 'unexpected_ref_type', 'domain_id');
    assertError(await api.get(`/ruleset/${domainId}`), 422, 'unexpected_ref_type', 'ruleset_id');
    assertError(await api.get('/ruleset/x'), 422, 'invalid_value', 'ruleset_id');
  });
});

test('each change writes one audit entry and one event', async () => {
  let id = '';
  const changes = await api.changesOf(async () => {
    id = await api.createRuleset([EMAIL]);
    await api.put(`/ruleset/${id}`, { title: 'T', methods: [] });
    await api.put(`/ruleset/${id}`, {});
    await api.delete(`/ruleset/${id}`);
  });
  assert.deepEqual(
    changes.map(({ action, subject_id, fields }) => [action, subject_id, fields]),
    [
      ['ruleset.created', uuidOf(id), ['title', 'factors', 'methods', 'plans']],
      ['ruleset.updated', uuidOf(id), ['title', 'methods']],
      ['ruleset.deleted', uuidOf(id), ['status']],
    ],
  );
});
