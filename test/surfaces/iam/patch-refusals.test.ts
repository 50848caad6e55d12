import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, startIam, UNKNOWN } from '../../harness/iam.ts';
import { add, type Patches, patchesOf, remove, replace } from '../../harness/iam-patches.ts';

let api: IamApi;
let patches: Patches;
before(async () => {
  api = await startIam();
  patches = patchesOf(api);
});
after(() => api[Symbol.asyncDispose]());

const pathOf = (id: string) => `/admin/identities/${id}`;
const send: Patches['send'] = (...sent) => patches.send(...sent);
const patch: Patches['patch'] = (...sent) => patches.patch(...sent);
const assertRefused: Patches['assertRefused'] = (...sent) => patches.assertRefused(...sent);

suite('400', () => {
  test('iam 37 what is denied, in any case: named, and unchanged', async () => {
    const { id } = await api.create({
      credentials: { oidc: { config: { providers: [{ subject: newEmail(), provider: 'google' }] } } },
    });
    for (const [path, named] of [
      ...[
        ['/id', '/id'],
        ['/ID', '/ID'],
        ['/stateChangedAt', '/stateChangedAt'],
        ['/credentials', '/credentials'],
      ],
      ...[
        ['/CREDENTIALS', '/CREDENTIALS'],
        ['/credentials/oidc', '/credentials/oidc'],
      ],
      ...[
        ['/credentials/oidc/config', '/credentials/oidc'],
        ['/credentials/OIDC/identifiers/0', '/credentials/OIDC'],
      ],
      ...[
        ['/credentials/saml', '/credentials/saml'],
        ['/Credentials/Saml/config/providers', '/Credentials/Saml'],
      ],
    ] as const)
      for (const operation of [add(path, {}), replace(path, {}), remove(path)]) {
        const error = await assertRefused(id, [operation], /^failed to apply JSON patch$/);
        assert.ok(error.message.includes(`denied path: ${named}`), error.message);
      }
  });

  test('iam 38 operations that there are not', async () => {
    const { id } = await api.create();
    const from = '/traits/email';
    for (const operation of [
      { op: 'test', path: from, value: 'x' },
      { op: 'move', from, path: '/metadata_public' },
      { op: 'copy', from, path: '/metadata_public' },
      { op: 'ADD', path: '/metadata_public', value: 1 },
    ]) {
      const error = await assertRefused(id, [operation], /failed to apply JSON patch/);
      assert.match(error.message, /unsupported operation/);
    }
  });

  test('iam 40 traits that become invalid, whatever else the patch does', async () => {
    const { id } = await api.create({ metadata_admin: 1 });
    const good = replace('/metadata_admin', 2);
    await assertRefused(id, [good, replace('/traits/email', 7)], /^I\[#\/traits\/email\] S\[#/);
    await assertRefused(id, [good, add('/traits/unknown', 7)], /additionalProperties/);
    await assertRefused(id, [good, replace('/traits', [])], /I\[#\/traits\]/);
    await assertRefused(id, [good, remove('/metadata_public/none')], /failed to apply/);
  });

  test('what is no patch at all', async () => {
    const { id } = await api.create();
    for (const body of [
      ...[{}, 'x', null, [7], [[]], [{}], [{ op: 'add' }], [{ op: 'add', path: 7, value: 1 }]],
      ...[[{ op: 'add', path: '/metadata_public' }], [add('', {})], [add('metadata_public', 1)]],
      ...[[add('/metadata_public/~2', 1)], [remove('')], [replace('', {})]],
    ])
      await assertRefused(id, body);
    assertError(await api.patch(pathOf(id), '['), 400);
    assertError(await api.patch(pathOf(id)), 400);
  });

  test('more than 100 operations', async () => {
    const { id } = await api.create();
    const many = (size: number) => Array.from({ length: size }, (_, n) => add(`/metadata_public/n${n}`, n));
    const shown = await patch(id, ...many(100));
    assert.equal(Object.keys(shown.metadata_public).length, 100);
    await assertRefused(id, many(101));
  });

  test('patches that would add up to more than any identity may be', async () => {
    const { id } = await api.create();
    const text = 'x'.repeat(600_000);
    await patch(id, add('/metadata_admin/a', text));
    await assertRefused(id, [add('/metadata_admin/b', text)], /failed to apply/);
    const shown = await patch(id, remove('/metadata_admin/a'), add('/metadata_admin/b', text));
    assert.deepEqual(Object.keys(shown.metadata_admin), ['b']);
  });

  test('positions that there are not, and more than any document has', async () => {
    const { id } = await api.create({ metadata_public: { list: ['x'] } });
    for (const operation of [
      ...[add('/metadata_public/list/2', 1), replace('/metadata_public/list/1', 1)],
      ...[add('/metadata_public/list/01', 1), remove('/metadata_public/list/-')],
      ...[add('/metadata_admin/9999999', 1), add('/state/x', 1), add('/a'.repeat(2000), 1)],
    ])
      await assertRefused(id, [operation], /failed to apply JSON patch/);
  });

  test('prototypes of objects stay what they are', async () => {
    const { id } = await api.create();
    await assertRefused(id, [add('/__proto__/polluted', true)], /failed to apply/);
    await assertRefused(id, [add('/metadata_public/__proto__/polluted', true)], /failed to apply/);
    const body = '[{"op":"add","path":"/metadata_public","value":{"__proto__":{"polluted":true},"a":1}}]';
    const reply = await api.patch(pathOf(id), body);
    assert.deepEqual(reply.body.metadata_public, { a: 1 });
    const shown = await patch(id, add('/metadata_public/constructor/prototype/polluted', true));
    assert.deepEqual(shown.metadata_public.constructor, { prototype: { polluted: true } });
    assert.equal(Reflect.get({}, 'polluted'), undefined);
    const { metadata_public } = await api.create({ metadata_public: {} });
    assert.equal(metadata_public.polluted, undefined);
  });
});

suite('404 and 409', () => {
  test('an unknown id counts before the patch, which counts before the schema', async () => {
    for (const id of [UNKNOWN, 'not-a-uuid']) {
      assertError(await send(id, { op: 'test', path: '/id' }), 404);
      assertError(await api.patch(pathOf(id), {}), 404);
    }
    const { id } = await api.create();
    await assertRefused(id, [replace('/traits/email', 7), remove('/id')], /failed to apply/);
    const { id: other } = await api.create();
    assertError(await api.patch(pathOf(other), [], api.sandbox), 404);
  });

  test('what another identity has; the schema counts before that', async () => {
    const external_id = newEmail();
    const holder = await api.create({ external_id });
    const { id, traits } = await api.create();
    const taken = replace('/traits/email', holder.traits.email.toUpperCase());
    assertError(await send(id, taken), 409, /exists already/);
    assertError(await send(id, add('/external_id', external_id)), 409);
    assertError(await send(id, taken, add('/traits/age', 7)), 400);
    assert.deepEqual((await api.identity(id)).traits, traits);
  });
});
