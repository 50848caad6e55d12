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
let pool: string;
before(async () => {
  api = await startPools();
  pool = (await api.createPool()).poolId;
});
after(() => api.close());

const update = (id: string, body: unknown) => api.put(`/identity/${id}`, body);
const full = (metadata: Json = {}) =>
  api.createIdentity(pool, {
    factors: [emailFactor(newEmail()), emailFactor(newEmail(), 'backup')],
    metadata,
  });
const sent = ({ name, type, value }: Shown): Json => ({ name, type, value });

describe('200', () => {
  test('pools 22 an empty body and nulls change nothing, not even a vid', async () => {
    const before = await full({ a: 'b' });
    const changes = await api.changesOf(async () => {
      const bodies = [
        {},
        { details: {} },
        { factors: null, metadata: null },
        { factors: null },
        { metadata: null },
      ];
      for (const body of bodies) assert.deepEqual(detailsOf(await update(before.id, body)), before);
      const same = { factors: before.factors.map(sent), metadata: { a: 'b' } };
      assert.deepEqual(detailsOf(await update(before.id, same)), before);
    });
    assert.deepEqual(await api.identity(before.id), before);
    assert.deepEqual(changes, [], 'what changes nothing is no change');
  });

  test('pools 23, 24: a metadata map replaces the whole, an empty one clears it, factors stay', async () => {
    const before = await full({ a: '1', b: '2' });
    const replaced = detailsOf(await update(before.id, { metadata: { b: '3' } }));
    assert.deepEqual(replaced, { ...before, metadata: { b: '3' } });
    const cleared = detailsOf(await update(before.id, { metadata: {} }));
    assert.deepEqual(cleared, { ...before, metadata: {} });
    assert.deepEqual(await api.identity(before.id), cleared);
  });

  test('pools 26 factors that are left out go, one that is sent unchanged keeps nid and vid', async () => {
    const before = await full({ a: 'b' });
    const [email] = before.factors;
    const updated = detailsOf(await update(before.id, { factors: [sent(email)] }));
    assert.deepEqual(updated, { ...before, factors: [email] });
    assert.deepEqual(await api.identity(before.id), updated);
    const again = detailsOf(await update(before.id, { factors: before.factors.map(sent) }));
    assert.equal(again.factors[1].nid, before.factors[1].nid);
    assert.notEqual(again.factors[1].vid, before.factors[1].vid, 'a value that comes back is a new one');
  });

  test('pools 27 another e-mail: title, nid and vid are new, the id is not', async () => {
    const before = await api.createIdentity(pool, { email: 'old@x.com' });
    const updated = detailsOf(await update(before.id, { factors: [emailFactor('new@x.com')] }));
    assert.equal(updated.id, before.id);
    assert.equal(updated.title, 'new@x.com');
    assert.notEqual(updated.factors[0].nid, before.factors[0].nid);
    assert.notEqual(updated.factors[0].vid, before.factors[0].vid);
    detailsOf(await api.post('/identity', { pool_id: pool, factors: [emailFactor('old@x.com')] }));
  });

  test('pools 28 another case of the same e-mail: nid stays, vid is new', async () => {
    const before = await api.createIdentity(pool, { email: 'a@x.com' });
    const updated = detailsOf(await update(before.id, { factors: [emailFactor('A@x.com')] }));
    assert.equal(updated.factors[0].value, 'A@x.com');
    assert.equal(updated.title, 'A@x.com');
    assert.equal(updated.factors[0].nid, before.factors[0].nid);
    assert.notEqual(updated.factors[0].vid, before.factors[0].vid);
  });

  test('pools 31 keys that are not this operation’s have no effect', async () => {
    const other = await api.createPool();
    const before = await full();
    const body = {
      ...{
        claims: { a: 'b' },
        title: 'Mine',
        pool_id: other.poolId,
        status: 'deleted',
        id: 'x',
        type: 'pool',
      },
      ...{ nid: before.factors[1].nid, account_id: 'x', domain_id: 'x', first_seen: { at: 1 }, last_seen: 1 },
    };
    assert.deepEqual(detailsOf(await update(before.id, body)), before);
    const factors = before.factors.map((factor: Json) => ({
      ...sent(factor),
      nid: 'x',
      vid: 'y',
      identifier: false,
    }));
    assert.deepEqual(detailsOf(await update(before.id, { ...body, factors })), before);
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('two identities may swap no e-mail at once, but one may take what another gave up', async () => {
    const [one, other] = [await full(), await full()];
    const taken = await update(one.id, { factors: [sent(other.factors[0])] });
    assertError(taken, 422, 'invalid_value', 'factors[0].value');
    detailsOf(await update(other.id, { factors: [emailFactor(newEmail())] }));
    detailsOf(await update(one.id, { factors: [sent(other.factors[0])] }));
  });

  test('updates of one identity at the same time are all applied, one after another', async () => {
    const { id } = await full();
    const values = Array.from({ length: 8 }, (_, index) => `${index}`);
    const replies = await Promise.all(values.map((value) => update(id, { metadata: { value } })));
    for (const [index, reply] of replies.entries()) {
      assert.equal(detailsOf(reply).metadata.value, `${index}`);
    }
    const rows = await api.server.sql<{ n: string }>(
      `select count(*) as n from audit_entries where subject_id = $1 and action = 'identity.updated'`,
      [uuidOf(id)],
    );
    assert.equal(Number(rows[0]?.n), 8);
  });

  test('of many that turn to one e-mail at once exactly one gets it', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => full()));
    const email = newEmail();
    const replies = await Promise.all(people.map(({ id }) => update(id, { factors: [emailFactor(email)] })));
    assert.equal(replies.filter((reply) => reply.status === 200).length, 1);
    for (const reply of replies) {
      if (reply.status !== 200) assertError(reply, 422, 'invalid_value', 'factors[0].value');
    }
  });

  test('server-kept factors are not part of what an update replaces, the title follows the ruleset', async () => {
    const { poolId } = await api.createPool([
      { name: 'login', type: 'username', claim: 'nick' },
      { name: 'email', type: 'email', claim: 'mail' },
      { name: 'password', type: 'password' },
    ]);
    const email = newEmail();
    const { id } = await api.createIdentity(poolId, { email });
    const named = detailsOf(
      await update(id, { factors: [emailFactor(email), { name: 'login', type: 'username', value: 'ada' }] }),
    );
    assert.equal(named.title, 'ada');
    assert.deepEqual(named.claims, { nick: 'ada', mail: email });
    const back = detailsOf(await update(id, { factors: [emailFactor(email)] }));
    assert.equal(back.title, email);
    assert.deepEqual(back.claims, { mail: email });
  });

  test('title and claims follow a change of the ruleset', async () => {
    const { poolId, rulesetId } = await api.createPool([
      { name: 'email', type: 'email' },
      { name: 'work', type: 'email' },
    ]);
    const [mine, work] = [newEmail(), newEmail()];
    const { id } = await api.createIdentity(poolId, {
      factors: [emailFactor(mine), emailFactor(work, 'work')],
    });
    const factors = [
      { name: 'work', type: 'email', claim: 'work_mail' },
      { name: 'email', type: 'email', persistent: false },
    ];
    detailsOf(await api.put(`/ruleset/${rulesetId}`, { factors }));
    const details = await api.identity(id);
    assert.equal(details.title, work);
    assert.deepEqual(details.claims, { work_mail: work });
    assert.deepEqual(
      details.factors.map((factor: Shown) => [factor.name, factor.persistent]),
      [
        ['work', true],
        ['email', false],
      ],
    );
    const [summary] = (await api.get(`/identity?pool_id=${poolId}`)).body.summaries;
    assert.equal(summary.title, work);
  });
});

describe('a factor that is the attribute', () => {
  test('it is written to the record’s attribute and behaves like any other', async () => {
    const email = newEmail();
    const before = await api.createIdentity(api.account.poolId, { email });
    const same = detailsOf(await update(before.id, { factors: [emailFactor(email)] }));
    assert.deepEqual(same, before);
    const next = newEmail();
    const updated = detailsOf(await update(before.id, { factors: [emailFactor(next)] }));
    assert.equal(updated.title, next);
    assert.notEqual(updated.factors[0].vid, before.factors[0].vid);
    const taken = { pool_id: api.account.poolId, factors: [emailFactor(next.toUpperCase())] };
    assertError(await api.post('/identity', taken), 422, 'invalid_value', 'factors[0].value');
    detailsOf(await api.post('/identity', { pool_id: api.account.poolId, factors: [emailFactor(email)] }));
  });

  test('an unlinked factor of the same type lives beside it', async () => {
    const { poolId } = await api.createPool([
      { name: 'email', type: 'email', attribute: 'email' },
      { name: 'login', type: 'email' },
      { name: 'nick', type: 'username', attribute: 'preferred_username' },
    ]);
    const email = newEmail();
    const linked = await api.createIdentity(poolId, { email });
    const unlinked = await api.createIdentity(poolId, { factors: [emailFactor(email, 'login')] });
    const nick = await api.createIdentity(poolId, {
      factors: [emailFactor(newEmail()), { name: 'nick', type: 'username', value: 'Ada' }],
    });
    assert.equal(linked.title, unlinked.title);
    assert.equal(nick.factors[1].value, 'Ada');
    assert.deepEqual(await api.identity(nick.id), nick);
    const cleared = detailsOf(await update(nick.id, { factors: [sent(nick.factors[0])] }));
    assert.equal(cleared.factors.length, 1);
    const body = { pool_id: poolId, factors: [{ name: 'nick', type: 'username', value: 'ADA' }] };
    detailsOf(await api.post('/identity', body));
  });
});

describe('404, 409', () => {
  test('an identity of another account or an unknown one is not found, whatever the body says', async () => {
    const other = await api.otherAccount();
    const { id } = await full();
    assertError(await api.put(`/identity/${id}`, { metadata: 1 }, { key: other.key }), 404, 'not_found');
    assertError(await update(unknownId('identity', id), { metadata: 1 }), 404, 'not_found');
  });

  test('the state of an identity is told before what is wrong with the body', async () => {
    const { id } = await full();
    detailsOf(await api.delete(`/identity/${id}`));
    for (const body of [{}, { metadata: 1 }, { factors: [] }]) {
      assertError(await update(id, body), 409, 'invalid_action');
    }
  });
});

describe('422', () => {
  test('pools 25 a metadata value that is no string is refused, and nothing changes', async () => {
    const before = await full({ a: 'b' });
    const body = { metadata: { a: 1 }, factors: [emailFactor(newEmail())] };
    assertError(await update(before.id, body), 422, 'invalid_value', 'metadata.a');
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('pools 29 one invalid factor leaves the identity exactly as it was', async () => {
    const before = await full({ a: 'b' });
    const changes = await api.changesOf(async () => {
      const factors = [emailFactor(newEmail()), emailFactor('not-an-email', 'backup')];
      const reply = await update(before.id, { factors, metadata: { c: 'd' } });
      assertError(reply, 422, 'invalid_value', 'factors[1].value');
    });
    assert.deepEqual(await api.identity(before.id), before);
    assert.deepEqual(changes, []);
    detailsOf(await update(before.id, { factors: before.factors.map(sent) }));
  });

  test('pools 30 the same factor name twice is refused at the second', async () => {
    const before = await full();
    const reply = await update(before.id, { factors: [emailFactor(newEmail()), emailFactor(newEmail())] });
    assertError(reply, 422, 'invalid_value', 'factors[1].name');
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('an update cannot leave an identity without identifying or required factors', async () => {
    const before = await full();
    assertError(await update(before.id, { factors: [] }), 422, 'required_value', 'factors');
    const backup = { factors: [sent(before.factors[1])] };
    assertError(await update(before.id, backup), 422, 'required_value', 'factors');
    assert.deepEqual(await api.identity(before.id), before);
  });

  test('a malformed id comes before the body’s fields, another type’s id is told apart', async () => {
    assertError(await update('x', { metadata: 1 }), 422, 'invalid_value', 'identity_id');
    assertError(await update(pool, { metadata: 1 }), 422, 'unexpected_ref_type', 'identity_id');
  });
});

test('an update writes one audit entry and one event with the names of what changed', async () => {
  const { id, factors } = await full({ a: 'b' });
  const update2 = { factors: [sent(factors[0]), emailFactor(newEmail(), 'backup')], metadata: { c: 'd' } };
  const changes = await api.changesOf(() => update(id, update2));
  assert.equal(changes.length, 1);
  const [change] = changes;
  assert.equal(change?.action, 'identity.updated');
  assert.equal(change?.subject_id, uuidOf(id));
  assert.equal(change?.pool_id, uuidOf(pool));
  assert.deepEqual(change?.fields, ['factors.backup', 'metadata']);
});
