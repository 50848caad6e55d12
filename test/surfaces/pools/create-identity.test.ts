import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  assertError,
  detailsOf,
  emailFactor,
  type Json,
  newEmail,
  type PoolsApi,
  startPools,
  unknownId,
  uuidOf,
} from '../../harness/pools.ts';

let api: PoolsApi;
let pool: string;
before(async () => {
  api = await startPools();
  pool = (await api.createPool()).poolId;
});
after(() => api.close());

const create = (body: Json) => api.post('/identity', { pool_id: pool, ...body });
const count = async (poolId: string) =>
  (await api.get(`/identity?pool_id=${poolId}`)).body.pagination.item_count;

describe('200', () => {
  test('pools 8 a created identity is extant and has its e-mail for a title', async () => {
    const details = detailsOf(await create({ factors: [emailFactor('hello@example.com')] }));
    assert.equal(details.title, 'hello@example.com');
    assert.equal(details.type, 'identity');
    assert.equal(details.status, 'extant');
    assert.equal(details.pool_id, pool);
    assert.equal(details.domain_id, api.account.domainId);
    assert.equal(details.account_id, api.account.accountId);
    const [factor] = details.factors;
    const { nid: _nid, vid: _vid, ...plain } = factor;
    assert.deepEqual(plain, {
      ...{ name: 'email', type: 'email', value: 'hello@example.com' },
      ...{ identifier: true, persistent: true },
    });
    assert.deepEqual(await api.identity(details.id), details);
  });

  test('pools 9 a new identity has no interactions, claims or metadata', async () => {
    const { id } = detailsOf(await create({ factors: [emailFactor(newEmail())] }));
    const details = await api.identity(id);
    assert.equal(details.first_seen, null);
    assert.equal(details.last_seen, null);
    assert.deepEqual(details.claims, {});
    assert.deepEqual(details.metadata, {});
  });

  test('pools 10 a body may be bare or under details', async () => {
    const body = (email: string) => ({ pool_id: pool, factors: [emailFactor(email)], metadata: { a: 'b' } });
    const [one, other] = [newEmail(), newEmail()];
    const bare = detailsOf(await api.post('/identity', body(one)));
    const wrapped = detailsOf(await api.post('/identity', { details: body(other) }));
    const shape = (details: typeof bare) => ({
      ...details,
      id: '',
      title: '',
      factors: details.factors.map((factor: Json) => ({ ...factor, value: '', nid: '', vid: '' })),
    });
    assert.deepEqual(shape(bare), shape(wrapped));
    assert.deepEqual([bare.title, wrapped.title], [one, other]);
  });

  test('fields beside details do not count once details are there', async () => {
    assertError(
      await api.post('/identity', { pool_id: pool, factors: [emailFactor(newEmail())], details: {} }),
      422,
      'required_value',
      'pool_id',
    );
  });

  test('keys that are unknown or read-only are ignored', async () => {
    const email = newEmail();
    const details = detailsOf(
      await create({
        factors: [{ ...emailFactor(email), nid: 'x', vid: 1, identifier: false, persistent: false }],
        ...{ title: 'Mine', claims: { a: 'b' }, id: 'x', status: 'deleted', type: 'pool', whatever: [1] },
      }),
    );
    assert.equal(details.title, email);
    assert.deepEqual(details.claims, {});
    assert.equal(details.status, 'extant');
    assert.equal(details.factors[0].identifier, true);
  });

  test('pools 19 the same e-mail in another pool makes another identity with another nid', async () => {
    const other = await api.createPool();
    const email = newEmail();
    const [here, there] = [
      await api.createIdentity(pool, { email }),
      await api.createIdentity(other.poolId, { email }),
    ];
    assert.notEqual(here.id, there.id);
    assert.notEqual(here.factors[0].nid, there.factors[0].nid);
  });

  test('pools 21 a backup address may be shared: nid equal, vid different', async () => {
    const backup = newEmail();
    const make = () =>
      api.createIdentity(pool, { factors: [emailFactor(newEmail()), emailFactor(backup, 'backup')] });
    const [one, other] = [(await make()).factors[1], (await make()).factors[1]];
    assert.equal(one.value, backup);
    assert.equal(one.identifier, false);
    assert.equal(one.nid, other.nid);
    assert.notEqual(one.vid, other.vid);
  });

  test('the same address under two names has two nids', async () => {
    const email = newEmail();
    const details = await api.createIdentity(pool, {
      factors: [emailFactor(email), emailFactor(email, 'backup')],
    });
    assert.notEqual(details.factors[0].nid, details.factors[1].nid);
  });

  test('identifiers are unique by factor name: two names, two spaces', async () => {
    const { poolId } = await api.createPool([
      { name: 'email', type: 'email' },
      { name: 'work', type: 'email' },
    ]);
    const email = newEmail();
    await api.createIdentity(poolId, { email });
    const other = await api.createIdentity(poolId, { factors: [emailFactor(email, 'work')] });
    assert.equal(other.title, email);
    const both = newEmail();
    await api.createIdentity(poolId, { factors: [emailFactor(both), emailFactor(both, 'work')] });
    const body = { pool_id: poolId, factors: [emailFactor(newEmail()), emailFactor(both, 'work')] };
    assertError(await api.post('/identity', body), 422, 'invalid_value', 'factors[1].value');
  });

  test('pools 38 a deleted identity frees its e-mail: new id and vid, same nid', async () => {
    const email = newEmail();
    const first = await api.createIdentity(pool, { email });
    detailsOf(await api.delete(`/identity/${first.id}`));
    const second = await api.createIdentity(pool, { email });
    assert.notEqual(second.id, first.id);
    assert.equal(second.factors[0].nid, first.factors[0].nid);
    assert.notEqual(second.factors[0].vid, first.factors[0].vid);
  });

  test('factors come in the order of the ruleset', async () => {
    const factors = [emailFactor(newEmail(), 'backup'), emailFactor(newEmail())];
    const details = await api.createIdentity(pool, { factors });
    assert.deepEqual(
      details.factors.map((factor: Json) => factor.name),
      ['email', 'backup'],
    );
  });

  test('a value keeps its case and loses outer white space', async () => {
    const details = detailsOf(await create({ factors: [emailFactor('  Mixed.Case+tag@Example.COM\t')] }));
    assert.equal(details.factors[0].value, 'Mixed.Case+tag@Example.COM');
    assert.equal(details.title, 'Mixed.Case+tag@Example.COM');
  });

  test('metadata is kept as sent, up to 64 keys of 128 characters and values of 4096', async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 64 }, (_, index) => [`${index}`.padEnd(128, 'k'), 'v'.repeat(4096)]),
    );
    const { id } = await api.createIdentity(pool, { metadata });
    assert.deepEqual((await api.identity(id)).metadata, metadata);
    const odd = { constructor: 'a', 'a.b[0]': '', '\n': 'line\u0000 \u{1f600}', hasOwnProperty: 'b' };
    assert.deepEqual((await api.createIdentity(pool, { metadata: odd })).metadata, odd);
  });

  test('claims are fed by the factors that name one; title is the first identifier that has a value', async () => {
    const { poolId } = await api.createPool([
      { name: 'login', type: 'username', claim: 'nick' },
      { name: 'email', type: 'email', claim: 'mail' },
      { name: 'backup', type: 'email', identifier: false, claim: 'other' },
    ]);
    const email = newEmail();
    const details = await api.createIdentity(poolId, { factors: [emailFactor(email)] });
    assert.equal(details.title, email);
    assert.deepEqual(details.claims, { mail: email });
    const both = await api.createIdentity(poolId, {
      factors: [emailFactor(newEmail()), { name: 'login', type: 'username', value: 'Ada' }],
    });
    assert.equal(both.title, 'Ada');
    assert.equal(both.claims.nick, 'Ada');
  });

  test('without identifying factors in the ruleset none is needed, and the title is the id', async () => {
    const { poolId } = await api.createPool([{ name: 'backup', type: 'email', identifier: false }]);
    const details = detailsOf(await api.post('/identity', { pool_id: poolId }));
    assert.equal(details.title, details.id);
    assert.deepEqual(details.factors, []);
  });

  test('usernames: 1 to 64 characters, compared without case and compatibility forms', async () => {
    const { poolId } = await api.createPool([{ name: 'login', type: 'username' }]);
    const login = (value: string) =>
      api.post('/identity', { pool_id: poolId, factors: [{ name: 'login', type: 'username', value }] });
    assert.equal(detailsOf(await login('Grace')).title, 'Grace');
    for (const same of ['grace', ' GRACE ', 'ｇｒａｃｅ', 'gra\u200bce']) {
      assertError(await login(same), 422, 'invalid_value', 'factors[0].value');
    }
    detailsOf(await login('x'.repeat(64)));
    for (const wrong of ['', '   ', 'x'.repeat(65), '\u200b', 'a\u0000b']) {
      assertError(await login(wrong), 422, 'invalid_value', 'factors[0].value');
    }
  });
});

describe('401, 403', () => {
  test('a key that may only read makes nothing', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:read', 'account'] });
    const before = await count(pool);
    assertError(await api.post('/identity', { pool_id: pool }, { key }), 403, 'not_permitted');
    assert.equal(await count(pool), before);
  });
});

describe('404', () => {
  test('pools 13 an unknown pool and one of another account are not found, and look the same', async () => {
    const other = await api.otherAccount();
    const factors = [emailFactor(newEmail())];
    const unknown = await create({ pool_id: unknownId('pool', pool), factors });
    const foreign = await create({ pool_id: other.poolId, factors });
    assertError(unknown, 404, 'not_found');
    assertError(foreign, 404, 'not_found');
    assert.deepEqual(foreign.body, unknown.body);
  });
});

describe('409', () => {
  test('a deleted pool takes no identity, whatever else is wrong with the body', async () => {
    const { poolId } = await api.createPool();
    detailsOf(await api.delete(`/pool/${poolId}`));
    const body = { pool_id: poolId, factors: 'x', metadata: 1 };
    assertError(await api.post('/identity', body), 409, 'invalid_action');
  });
});

describe('422', () => {
  test('pools 11 pool_id is needed', async () => {
    for (const body of [{}, { pool_id: null }, { factors: [emailFactor(newEmail())] }]) {
      assertError(await api.post('/identity', body), 422, 'required_value', 'pool_id');
    }
    for (const wrong of ['x', 1, [], {}, pool.toUpperCase(), pool.slice(1), `${pool} `]) {
      assertError(await create({ pool_id: wrong }), 422, 'invalid_value', 'pool_id');
    }
  });

  test('pools 12 pool_id must be a pool, not a domain or anything else', async () => {
    const identity = await api.createIdentity(pool);
    const { accountId, domainId, rulesetId } = api.account;
    for (const id of [domainId, accountId, rulesetId, identity.id, identity.factors[0].nid]) {
      assertError(await create({ pool_id: id }), 422, 'unexpected_ref_type', 'pool_id');
    }
  });

  test('pools 14 a factor name must be in the ruleset', async () => {
    const reply = await create({ factors: [emailFactor(newEmail(), 'phone')] });
    assertError(reply, 422, 'invalid_value', 'factors[0].name');
  });

  test('pools 15 a value must be an e-mail address', async () => {
    const before = await count(pool);
    const wrong = ['not-an-email', '', '@example.com', 'a@', 'a@b', 'a b@example.com', 'a@exa mple.com'];
    wrong.push(
      'a@example..com',
      'a@-example.com',
      'a@[127.0.0.1]',
      'a@127.0.0.1',
      'a@@example.com',
      'a,b@x.com',
    );
    wrong.push(`${'x'.repeat(65)}@example.com`, `a@${'x'.repeat(64)}.com`, `a@${'x.'.repeat(126)}com`);
    wrong.push(
      '.a@example.com',
      'a.@example.com',
      'a..b@example.com',
      '<a@example.com>',
      'a@example.com\u0000',
    );
    wrong.push('a@example.com/x', 'a@example.com?x', 'a@example.com#x', 'a@ex%61mple.com', 'a@example.\tcom');
    wrong.push(
      'a@example.com\\x',
      'a@example.com:80',
      'a@x@example.com/',
      'a@example.\ncom',
      'a@ex^ample.com',
    );
    for (const value of wrong) {
      const reply = await create({ factors: [emailFactor(value)] });
      assertError(reply, 422, 'invalid_value', 'factors[0].value');
      assert.ok(value.length < 5 || !reply.text.includes(value), 'a value is never sent back');
    }
    assert.equal(await count(pool), before);
  });

  test('an address has at most 254 characters', async () => {
    const address = (length: number) => {
      const end = `.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(56)}.com`;
      return `${'a'.repeat(length - end.length - 2)}@x${end}`;
    };
    detailsOf(await create({ factors: [emailFactor(address(247))] }));
    const long = `${'l'.repeat(64)}@${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}`;
    detailsOf(await create({ factors: [emailFactor(`${long}.coms`)] }));
    assert.equal(`${long}.coms`.length, 252);
    assertError(await create({ factors: [emailFactor(`${long}.museum1`)] }), 422, 'invalid_value');
  });

  test('pools 16 factors are needed where the ruleset identifies by them', async () => {
    assertError(await create({ factors: [] }), 422, 'required_value', 'factors');
    assertError(await create({}), 422, 'required_value', 'factors');
  });

  test('pools 17 a backup factor alone is refused', async () => {
    const reply = await create({ factors: [emailFactor(newEmail(), 'backup')] });
    assertError(reply, 422, 'required_value', 'factors');
  });

  test('a required factor must be there', async () => {
    const { poolId } = await api.createPool([
      { name: 'email', type: 'email' },
      { name: 'backup', type: 'email', identifier: false, required: true },
    ]);
    const body = { pool_id: poolId, factors: [emailFactor(newEmail())] };
    assertError(await api.post('/identity', body), 422, 'required_value', 'factors');
    body.factors.push(emailFactor(newEmail(), 'backup'));
    detailsOf(await api.post('/identity', body));
  });

  test('pools 18 an e-mail is taken in any case, and nothing is made', async () => {
    await api.createIdentity(pool, { email: 'a@x.com' });
    const before = await count(pool);
    const reply = await create({ factors: [emailFactor('A@X.com')] });
    assertError(reply, 422, 'invalid_value', 'factors[0].value');
    assert.equal(await count(pool), before);
  });

  test('an e-mail is the same in every spelling of its domain, full width and with zero width characters', async () => {
    await api.createIdentity(pool, { email: 'jürgen@bücher.example' });
    const same = [
      'JÜRGEN@BÜCHER.example',
      'jürgen@xn--bcher-kva.example',
      'ju\u0308rgen@bu\u0308cher.example',
    ];
    same.push(
      'jürgen@bücher。example',
      'jür\u200bgen@bücher.example',
      'ｊürgen@ｂücher.example',
      '\u2060jürgen@BÜCHER.EXAMPLE',
    );
    for (const value of same) {
      assertError(await create({ factors: [emailFactor(value)] }), 422, 'invalid_value', 'factors[0].value');
    }
    // No tricks with dots and plus signs: these are other addresses.
    for (const other of ['jürgen+1@bücher.example', 'jür.gen@bücher.example', 'jurgen@bücher.example']) {
      detailsOf(await create({ factors: [emailFactor(other)] }));
    }
  });

  test('pools 20 of 20 at once with one e-mail exactly one is made', async () => {
    const { poolId } = await api.createPool();
    const email = newEmail();
    const body = { pool_id: poolId, factors: [emailFactor(email)] };
    const replies = await Promise.all(Array.from({ length: 20 }, () => api.post('/identity', body)));
    const made = replies.filter((reply) => reply.status === 200);
    assert.equal(made.length, 1);
    for (const reply of replies) {
      if (reply !== made[0]) assertError(reply, 422, 'invalid_value', 'factors[0].value');
    }
    const list = await api.get(`/identity?pool_id=${poolId}`);
    assert.deepEqual(
      list.body.summaries.map((summary: Json) => summary.id),
      [made[0]?.body.details.id],
    );
    assert.equal(list.body.pagination.item_count, 1);
  });

  test('null is for updates only', async () => {
    assertError(await create({ factors: null }), 422, 'invalid_value', 'factors');
    const factors = [emailFactor(newEmail())];
    assertError(await create({ factors, metadata: null }), 422, 'invalid_value', 'metadata');
  });

  test('factors of the wrong shape are told apart, each at its place', async () => {
    const valid = emailFactor(newEmail());
    const cases: [unknown, string, string][] = [
      ['x', 'invalid_value', 'factors'],
      [{}, 'invalid_value', 'factors'],
      [[valid, null], 'invalid_value', 'factors[1]'],
      [['x'], 'invalid_value', 'factors[0]'],
      [[{ type: 'email', value: 'a@x.com' }], 'required_value', 'factors[0].name'],
      [[{ name: null, type: 'email', value: 'a@x.com' }], 'required_value', 'factors[0].name'],
      [[{ name: 'email', value: 'a@x.com' }], 'required_value', 'factors[0].type'],
      [[{ name: 'email', type: 'email' }], 'required_value', 'factors[0].value'],
      [[{ ...valid, value: 5 }], 'invalid_value', 'factors[0].value'],
      [[{ ...valid, type: 'username' }], 'invalid_value', 'factors[0].type'],
      [[{ ...valid, type: 'password' }], 'invalid_value', 'factors[0].type'],
      [[{ ...valid, type: 'nonsense' }], 'invalid_value', 'factors[0].type'],
      [[valid, emailFactor(newEmail())], 'invalid_value', 'factors[1].name'],
      [Array.from({ length: 65 }, () => valid), 'invalid_value', 'factors'],
    ];
    for (const [factors, code, field] of cases) assertError(await create({ factors }), 422, code, field);
  });

  test('types that the server keeps cannot be sent, also where the ruleset has them', async () => {
    const { poolId } = await api.createPool([
      { name: 'email', type: 'email' },
      ...['oidc', 'password', 'totp', 'magic_code'].map((type) => ({ name: type, type })),
    ]);
    for (const type of ['oidc', 'password', 'totp', 'magic_code']) {
      const factors = [emailFactor(newEmail()), { name: type, type, value: 'x' }];
      const reply = await api.post('/identity', { pool_id: poolId, factors });
      assertError(reply, 422, 'invalid_value', 'factors[1].type');
    }
  });

  test('metadata is a map of strings within its limits', async () => {
    const factors = [emailFactor(newEmail())];
    const cases: [unknown, string][] = [
      ['x', 'metadata'],
      [['x'], 'metadata'],
      [{ a: 1 }, 'metadata.a'],
      [{ a: null }, 'metadata.a'],
      [{ a: { b: 'c' } }, 'metadata.a'],
      [{ a: 'v'.repeat(4097) }, 'metadata.a'],
      [{ '': 'v' }, 'metadata'],
      [{ ['k'.repeat(129)]: 'v' }, 'metadata'],
      [Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v'])), 'metadata'],
    ];
    for (const [metadata, field] of cases) {
      assertError(await create({ factors, metadata }), 422, 'invalid_value', field);
    }
  });

  test('every problem comes at once, the first of the body on top', async () => {
    const factors = [{ name: 'nope', type: 'email', value: 'wrong' }];
    const wrong = await create({ factors, metadata: { a: 1 } });
    assert.deepEqual(Object.keys(wrong.body.errors), ['factors[0].name', 'factors[0].value', 'metadata.a']);
    const other = await api.post('/identity', {
      metadata: { a: 1 },
      factors: [{ type: 'email', value: 'wrong' }],
    });
    assert.deepEqual(Object.keys(other.body.errors).slice(0, 2), ['metadata.a', 'factors[0].value']);
    assert.equal(other.body.code, 'invalid_value');
    assert.ok(other.body.errors.pool_id);
    const missing = await create({ factors: [{ type: null, value: 'wrong' }] });
    assert.equal(missing.body.code, 'required_value');
  });
});

test('a create writes one audit entry and one event, with names of fields only; a refusal writes none', async () => {
  const email = newEmail();
  const [one] = await api.changesOf(async () => {
    const body = { pool_id: pool, factors: [emailFactor(email)], metadata: { secret: 'value' } };
    detailsOf(await api.post('/identity', body, { headers: { 'x-request-id': 'made-here' } }));
  });
  const { summaries } = (await api.get(`/identity?pool_id=${pool}&sorting=id:desc`)).body;
  const [key] = await api.server.sql<{ id: string }>(
    `select k.id from api_keys k where k.label = 'Quickstart live'`,
  );
  assert.deepEqual(one, {
    action: 'identity.created',
    subject_id: uuidOf(summaries[0].id),
    fields: ['factors.email', 'metadata'],
    pool_id: uuidOf(pool),
    key_id: key?.id,
    request_id: 'made-here',
  });
  const none = await api.changesOf(async () => {
    assertError(await create({ factors: [emailFactor(email)] }), 422, 'invalid_value');
    assertError(await create({ factors: [] }), 422, 'required_value');
    assertError(await create({ pool_id: unknownId('pool', pool) }), 404, 'not_found');
  });
  assert.deepEqual(none, []);
});

test('no body, however broken, yields a 500', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('email', 'backup', 'a@x.com', '\ud800'),
  );
  const anything = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }));
  const factor = fc.record(
    { name: anything, type: fc.oneof(anything, fc.constant('email')), value: anything },
    { requiredKeys: [] },
  );
  const fields = fc.record(
    {
      pool_id: fc.oneof({ weight: 4, arbitrary: fc.constant(pool) }, { weight: 1, arbitrary: anything }),
      factors: fc.oneof(anything, fc.array(fc.oneof(factor, anything), { maxLength: 4 })),
      metadata: fc.oneof(anything, fc.dictionary(text, fc.oneof(text, anything))),
      idempotency_key: anything,
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fields,
    fields.map((details) => ({ details })),
    fc.jsonValue(),
    fc.json().map((json) => json.slice(0, -1)),
  );
  const { id } = await api.createIdentity(pool);
  await fc.assert(
    fc.asyncProperty(body, async (sent) => {
      const text = typeof sent === 'string' && sent === '' ? ' ' : sent;
      assert.notEqual((await api.post('/identity', text)).status, 500);
      assert.notEqual((await api.put(`/identity/${id}`, text)).status, 500);
    }),
    { numRuns: 150 },
  );
});
