import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Configuration, FrontendApi, IdentityApi, ResponseError } from '@ory/client-fetch';
import { newEmail, UNKNOWN } from '../../harness/iam.ts';
import { startServer, type TestServer } from '../../harness/server.ts';

// The published client, as it comes from the registry.

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

function clientAt(base: string): IdentityApi {
  const headers = { authorization: `Bearer ${server.quickstart.live.api_key}` };
  return new IdentityApi(new Configuration({ basePath: `${server.url}${base}`, headers }));
}

for (const base of ['', '/iam'])
  test(`iam 77 the published client at ${base === '' ? 'the root' : base} makes every call unchanged`, async () => {
    const api = clientAt(base);
    const email = newEmail();
    const made = await api.createIdentity({
      createIdentityBody: {
        schema_id: 'default',
        traits: { email, name: { first: 'Ada' } },
        metadata_public: { tier: 1 },
        credentials: { password: { config: { password: 'a long enough secret' } } },
      },
    });
    assert.deepEqual([made.state, made.traits.email, made.schema_id], ['active', email, 'default']);
    assert.ok(made.created_at instanceof Date);

    const shown = await api.getIdentity({ id: made.id, includeCredential: ['password', 'totp'] });
    const password = shown.credentials?.password;
    assert.deepEqual(password?.identifiers, [email]);
    assert.match(JSON.stringify(password?.config), /\$argon2id\$/);

    const found = await api.listIdentities({ credentialsIdentifier: email.toUpperCase() });
    assert.deepEqual(
      found.map(({ id }) => id),
      [made.id],
    );
    const all = await api.listIdentities({ pageSize: 500 });
    assert.ok(all.some(({ id }) => id === made.id));

    const patched = await api.patchIdentity({
      id: made.id,
      jsonPatch: [{ op: 'replace', path: '/traits/name/first', value: 'Augusta' }],
    });
    assert.equal(patched.traits.name.first, 'Augusta');
    const updated = await api.updateIdentity({
      id: made.id,
      updateIdentityBody: { schema_id: 'default', state: 'active', traits: { email } },
    });
    assert.deepEqual([updated.traits, updated.metadata_public ?? null], [{ email }, null]);

    assert.deepEqual(await api.listSessions({ expand: ['identity'] }), []);
    const recovery = await api.createRecoveryCodeForIdentity({
      createRecoveryCodeForIdentityBody: { identity_id: made.id, expires_in: '1h' },
    });
    assert.match(recovery.recovery_code, /^\d{6}$/);

    await api.deleteIdentity({ id: made.id });
    await assert.rejects(api.getIdentity({ id: made.id }), (error) => {
      assert.ok(error instanceof ResponseError);
      return error.response.status === 404;
    });
  });

test('iam 77 schemas and errors come as the client expects them', async () => {
  const schemas = await clientAt('').listIdentitySchemas({});
  assert.deepEqual(
    schemas.map(({ id }) => id),
    ['default'],
  );
  const error = await clientAt('')
    .getIdentity({ id: UNKNOWN })
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  assert.ok(error instanceof ResponseError);
  const body = (await error.response.json()) as { error: { code: number; status: string } };
  assert.deepEqual([body.error.code, body.error.status], [404, 'Not Found']);
  const frontend = new FrontendApi(new Configuration({ basePath: server.url }));
  await assert.rejects(frontend.toSession({}), ResponseError);
});
