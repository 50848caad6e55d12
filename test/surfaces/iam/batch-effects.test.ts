import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const BASE = '/admin/identities';
const patch = (identities: unknown) => api.patch(BASE, { identities });
const traits = (email = newEmail()) => ({ traits: { email } });
const BCRYPT = '$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq';

/** A batch that is answered with 200. */
async function batch(identities: unknown): Promise<Shown[]> {
  const reply = await patch(identities);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.identities;
}
const codes = (outcomes: readonly Shown[]) => outcomes.map((one) => one?.error?.code ?? null);

suite('what a batch leaves behind', () => {
  const create = () => ({
    ...{ schema_id: 'default', ...traits(), state: 'inactive', external_id: newEmail() },
    ...{ metadata_public: { tier: 1 }, metadata_admin: ['note'] },
    organization_id: '5b3cbb2e-9a01-4c57-8e5f-0d8f5c3c1c11',
    credentials: {
      password: { config: { hashed_password: BCRYPT } },
      oidc: { config: { providers: [{ provider: 'google', subject: newEmail() }] } },
    },
  });

  test('an identity of a batch shows as one that was made alone does', async () => {
    const [one, other] = [create(), create()];
    const alone = await api.create(one);
    const [outcome] = await batch([{ create: other }]);
    const types = ['password', 'oidc'];
    const [expected, shown] = [
      await api.identity(alone.id, ...types),
      await api.identity(outcome.identity, ...types),
    ];
    const neutral = (identity: Shown, sent: ReturnType<typeof create>) =>
      JSON.stringify(identity)
        .replaceAll(identity.id, 'ID')
        .replaceAll(sent.traits.email, 'EMAIL')
        .replaceAll(sent.external_id, 'EXTERNAL')
        .replaceAll(sent.credentials.oidc.config.providers[0]?.subject ?? '', 'SUBJECT')
        .replaceAll(/"id":"[0-9a-f-]{36}"/g, '"id":"ADDRESS"');
    assert.equal(neutral(shown, other), neutral(expected, one));
  });

  test('its rows are of the same kinds and counts in every table, and so are the totals', async () => {
    // Of one length, since what is sealed is as long as what it holds.
    const fixed = (n: number) => ({
      ...{
        ...create(),
        traits: { email: `same-length-${n}@counted.example` },
        external_id: `same-length-${n}`,
      },
      credentials: {
        password: { config: { hashed_password: BCRYPT } },
        oidc: { config: { providers: [{ provider: 'google', subject: `same-length-${n}` }] } },
      },
    });
    const before = await totals();
    const { id: alone } = await api.create(fixed(1));
    const between = await totals();
    const [outcome] = await batch([{ create: fixed(2) }]);
    assert.deepEqual(difference(await totals(), between), difference(between, before));
    assert.deepEqual(await rowsOf(outcome.identity), await rowsOf(alone));
  });

  test('identifiers of a batch are taken afterwards', async () => {
    const email = newEmail();
    await batch([{ create: traits(email) }]);
    assertError(await api.post(BASE, traits(email)), 409);
  });
});

suite('large batches', () => {
  test('a thousand are made at once, in their order; duplicates are found however far apart', async () => {
    const emails = Array.from({ length: 1000 }, () => newEmail());
    const twice = [...emails.slice(0, 999), emails[0] ?? ''];
    const before = (await totals()).get('identities') ?? 0;
    const outcomes = await batch(twice.map((email) => ({ create: traits(email) })));
    assert.deepEqual(codes(outcomes), [...Array(999).fill(null), 409]);
    assert.equal((await totals()).get('identities'), before + 999);
    const ids = outcomes.slice(0, 999).map(({ identity }) => identity);
    assert.deepEqual(ids, [...new Set(ids)].sort());
    for (const index of [0, 199, 200, 998])
      assert.equal((await api.identity(ids[index])).traits.email, emails[index]);
  });

  test('a change of the pool’s schemas meanwhile costs nobody anything', async () => {
    const batches = Array.from({ length: 4 }, () =>
      batch(Array.from({ length: 300 }, () => ({ create: traits() }))),
    );
    const changes = async () => {
      for (let turn = 0; turn < 10; turn += 1) await api.setSchema('other', { properties: {} });
    };
    const [outcomes] = await Promise.all([Promise.all(batches), changes()]);
    assert.ok(outcomes.flat().every(({ action }) => action === 'create'));
  });
});

suite('batches at once', () => {
  test('ten of the same hundred make each identity once, and all are answered', async () => {
    const emails = Array.from({ length: 100 }, () => newEmail());
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, turn) => {
        // Each in an order of its own.
        const turned = [...emails.slice(turn * 10), ...emails.slice(0, turn * 10)];
        return batch(turned.map((email) => ({ create: traits(email) })));
      }),
    );
    const outcomes = replies.flat();
    assert.equal(outcomes.filter(({ action }) => action === 'create').length, 100);
    assert.ok(codes(outcomes).every((code) => code === null || code === 409));
  });

  test('batches and creations of one another’s addresses make each once', async () => {
    const emails = Array.from({ length: 40 }, () => newEmail());
    const [outcomes, ...replies] = await Promise.all([
      batch(emails.map((email) => ({ create: traits(email) }))),
      ...emails.map((email) => api.post(BASE, traits(email))),
    ]);
    emails.forEach((email, index) => {
      const made = [outcomes[index].action === 'create', replies[index]?.status === 201];
      assert.equal(made.filter(Boolean).length, 1, `${email}: ${made}`);
    });
  });
});

/** Running totals of the live pool, by name. */
async function totals(): Promise<Map<string, number>> {
  const rows = await api.server.sql<{ name: string; n: number }>(
    'select name, sum(n)::integer as n from tallies where pool_id = $1::uuid group by name',
    [api.server.quickstart.live.app_id],
  );
  return new Map(rows.map(({ name, n }) => [name, n]));
}

function difference(now: Map<string, number>, then: Map<string, number>): [string, number][] {
  return [...now]
    .map(([name, n]): [string, number] => [name, n - (then.get(name) ?? 0)])
    .filter(([, n]) => n !== 0)
    .sort();
}

/** What every table has of an identity, but for values that are its own. */
async function rowsOf(id: string): Promise<unknown> {
  return api.server.sql(
    `select
         (select jsonb_build_array(schema_id, status, version, octet_length(profile), octet_length(credentials),
            standing - 'stateChangedAt', created_at = updated_at)
          from identities where pool_id = $1::uuid and id = $2::uuid) as record,
         (select octet_length(wrapped) from identity_keys where pool_id = $1::uuid and identity_id = $2::uuid) as key,
         (select array_agg(space order by space) from identifiers
          where pool_id = $1::uuid and identity_id = $2::uuid) as spaces,
         (select count(*)::integer from search_keys where pool_id = $1::uuid and identity_id = $2::uuid) as keys,
         (select array_agg(space || ' ' || cardinality(grams) order by space) from search_grams
          where pool_id = $1::uuid and identity_id = $2::uuid) as grams,
         (select jsonb_agg(jsonb_build_array(action, fields, key_id is null, origin is null))
          from audit_entries where pool_id = $1::uuid and subject_id = $2::uuid) as audited,
         (select jsonb_agg(jsonb_build_array(type, fields, subject_version, data))
          from outbox where pool_id = $1::uuid and subject_id = $2::uuid) as announced`,
    [api.server.quickstart.live.app_id, id],
  );
}
