import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  assertError,
  type IamApi,
  newEmail,
  type Shown,
  startIam,
  UNKNOWN,
  UUID,
} from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const BASE = '/admin/identities';
const patch = (identities: unknown) => api.patch(BASE, { identities });
const traits = (email = newEmail()) => ({ traits: { email } });
const PATCH_IDS = [1, 2, 3].map((n) => `01900000-0000-7000-8000-00000000000${n}`);

/** A batch that is answered with 200. */
async function batch(identities: unknown): Promise<Shown[]> {
  const reply = await patch(identities);
  assert.equal(reply.status, 200, reply.text);
  return reply.body.identities;
}
const actions = (outcomes: readonly Shown[]) => outcomes.map((one) => one?.action ?? null);
const codes = (outcomes: readonly Shown[]) => outcomes.map((one) => one?.error?.code ?? null);
const isThere = async (email: string) =>
  (await api.get(`${BASE}?credentials_identifier=${encodeURIComponent(email)}`)).body.length === 1;

suite('batch', () => {
  test('iam 42 what breaks its schema fails alone; order and patch ids are kept', async () => {
    const [first, last] = [newEmail(), newEmail()];
    const outcomes = await batch([
      { create: traits(first), patch_id: PATCH_IDS[0] },
      { create: { traits: { email: 7 } }, patch_id: PATCH_IDS[1] },
      { create: traits(last), patch_id: PATCH_IDS[2] },
    ]);
    assert.deepEqual(actions(outcomes), ['create', 'error', 'create']);
    assert.deepEqual(
      outcomes.map(({ patch_id }) => patch_id),
      PATCH_IDS,
    );
    assert.equal(outcomes[1].error.code, 400);
    assert.match(outcomes[1].error.reason, /^I\[#\/traits\/email\] S\[#\/properties\/traits/);
    assert.equal('identity' in outcomes[1], false);
    assert.match(outcomes[0].identity, UUID);
    assert.equal((await api.identity(outcomes[0].identity)).traits.email, first);
    assert.equal((await api.identity(outcomes[2].identity)).traits.email, last);
  });

  test('an item that asks for nothing is null; so is no item at all', async () => {
    const outcomes = await batch([{}, { create: traits() }, { create: null, patch_id: PATCH_IDS[0] }]);
    assert.deepEqual(actions(outcomes), [null, 'create', null]);
    assert.equal('patch_id' in outcomes[1], false);
    assert.deepEqual(await batch([]), []);
    assert.deepEqual((await api.patch(BASE, {})).body, { identities: [] });
  });

  test('iam 43 of duplicates within the batch the first is made', async () => {
    const email = newEmail();
    const outcomes = await batch([
      { create: traits(email) },
      { create: traits(email.toUpperCase()), patch_id: PATCH_IDS[0] },
      { create: traits() },
    ]);
    assert.deepEqual(actions(outcomes), ['create', 'error', 'create']);
    const { error, patch_id } = outcomes[1];
    assert.deepEqual([error.code, error.status, patch_id], [409, 'Conflict', PATCH_IDS[0]]);
    assert.match(error.message, /exists already/);
    assert.equal(outcomes[1].reason, undefined);
  });

  test('what is taken by an identity of before is 409; one that fails takes nothing from the others', async () => {
    const { traits: known } = await api.create();
    const external_id = newEmail();
    const outcomes = await batch([
      { create: { traits: known, external_id } },
      { create: { ...traits(), external_id } },
      { create: { ...traits(), external_id } },
      { create: { schema_id: 'nope', traits: {} } },
    ]);
    assert.deepEqual(codes(outcomes), [409, null, 409, 400]);
    assert.match(outcomes[3].error.reason, /schema/);
  });

  test('all failing is 200, too', async () => {
    const { traits: known } = await api.create();
    assert.deepEqual(
      codes(await batch([{ create: { traits: known } }, { create: { traits: [] } }])),
      [409, 400],
    );
  });

  test('iam 44 a thousand items and two hundred passwords in clear, and no more', async () => {
    const reply = await patch(Array.from({ length: 1001 }, () => ({})));
    assertError(reply, 400, /1000/);
    assert.equal((await batch(Array.from({ length: 1000 }, () => ({})))).length, 1000);
    const email = newEmail();
    const inClear = (password: string) => ({
      create: { ...traits(email), credentials: { password: { config: { password } } } },
    });
    assertError(await patch(Array.from({ length: 201 }, () => inClear('secret'))), 400, /200/);
    assert.equal(await isThere(email), false);
  });

  test('passwords in clear are hashed, those of items that fail are not waited for', async () => {
    const credentials = { password: { config: { password: 'secret' } } };
    const failing = { create: { traits: { email: 7 }, credentials } };
    const outcomes = await batch([
      { create: { ...traits(), credentials } },
      ...Array.from({ length: 199 }, () => failing),
    ]);
    assert.deepEqual(codes(outcomes).slice(0, 2), [null, 400]);
    const shown = await api.identity(outcomes[0].identity, 'password');
    assert.match(shown.credentials.password.config.hashed_password, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('what is wrong with the request itself: 400 naming the item, and nothing is made', async () => {
    const email = newEmail();
    const good = { create: traits(email) };
    const withPassword = (config: object) => ({ ...traits(), credentials: { password: { config } } });
    const bad: [object, RegExp][] = [
      [{ create: { ...traits(), id: UNKNOWN } }, /^identities\[1\]\.create\.id/],
      [{ create: traits(), remove: true }, /^identities\[1\]\.remove/],
      [{ create: { ...traits(), state: 'asleep' } }, /^identities\[1\]\.create\.state: identity state/],
      [
        { create: withPassword({ hashed_password: '$nope$' }) },
        /^identities\[1\]\.create\.credentials\.password/,
      ],
      [{ create: withPassword({ pasword: 'x' }) }, /pasword/],
      [{ create: traits(), patch_id: 'one' }, /^identities\[1\]\.patch_id/],
    ];
    for (const [item, reason] of bad) assertError(await patch([good, item]), 400, reason);
    assertError(await patch('all'), 400, /^identities/);
    assertError(await api.patch(BASE, { identities: [good], more: 1 }), 400, /^more/);
    assertError(await api.patch(BASE, '{"identities":'), 400);
    assert.equal(await isThere(email), false);
    assert.deepEqual(actions(await batch([good])), ['create']);
  });

  test('who may not write identities makes none', async () => {
    const { secret: key } = await api.server.createKey({ grants: ['identities:read'] });
    assertError(await api.patch(BASE, { identities: [{ create: traits() }] }, { key }), 403);
  });
});
