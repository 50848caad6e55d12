import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type IamApi, newEmail, startIam } from '../../harness/iam.ts';
import { add, type Patches, patchesOf, remove, replace } from '../../harness/iam-patches.ts';

let api: IamApi;
let patches: Patches;
before(async () => {
  api = await startIam();
  patches = patchesOf(api);
});
after(() => api[Symbol.asyncDispose]());

const patch: Patches['patch'] = (...sent) => patches.patch(...sent);
const assertRefused: Patches['assertRefused'] = (...sent) => patches.assertRefused(...sent);

suite('credentials', () => {
  const HASH = '$md5$4QrcOUm6Wau+VuBX8g+IPg==';
  const KEY = { id: 'QUFB', public_key: 'QkJC', attestation_type: 'none', display_name: 'Key' };
  const newHandle = () => Buffer.from(newEmail()).toString('base64');
  const made = () =>
    api.create({
      credentials: {
        password: { config: { password: 'secret' } },
        totp: { config: { totp_url: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' } },
        lookup_secret: { config: { codes: [{ code: 'aaaa' }, { code: 'bbbb' }] } },
        oidc: { config: { providers: [{ subject: newEmail(), provider: 'google' }] } },
        webauthn: { config: { credentials: [KEY], user_handle: newHandle() } },
      },
    });

  test('a hash is written as it is, if it is one', async () => {
    const { id } = await made();
    const path = '/credentials/password/config/hashed_password';
    api.clock.advance(60);
    const shown = await patch(id, replace(path, HASH));
    assert.equal('config' in shown.credentials.password, false);
    assert.equal(shown.credentials.password.updated_at, shown.updated_at);
    const { credentials } = await api.identity(id, 'password');
    assert.deepEqual(credentials.password.config, { hashed_password: HASH });
    for (const hash of ['$nope$', '$2a$20$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq', 7])
      await assertRefused(id, [replace(path, hash)], /hashed_password/);
    await assertRefused(id, [add('/credentials/password/config/password', 'clear')], /password/);
  });

  test('a password where there was none, and none where there was one', async () => {
    const { id } = await api.create();
    await patch(id, add('/credentials/password/config/hashed_password', HASH));
    const { password } = (await api.identity(id, 'password')).credentials;
    assert.equal(password.config.hashed_password, HASH);
    await patch(id, remove('/credentials/password'));
    const { credentials } = await api.identity(id, 'password');
    assert.deepEqual(credentials.password.config, {});
  });

  test('TOTP, recovery codes and keys are changed, and removed', async () => {
    const { id, credentials: old } = await made();
    const totp_url = 'otpauth://totp/b?secret=KRSXG5DPEHPK3PXP';
    await patch(
      id,
      replace('/credentials/totp/config/totp_url', totp_url),
      remove('/credentials/lookup_secret/config/recovery_codes/0'),
      replace('/credentials/webauthn/config/credentials/0/display_name', 'Mine'),
    );
    const types = ['totp', 'lookup_secret', 'webauthn', 'oidc', 'password'];
    const { credentials } = await api.identity(id, ...types);
    assert.deepEqual(credentials.totp.config, { totp_url });
    assert.deepEqual(credentials.lookup_secret.config, { recovery_codes: [{ code: 'bbbb' }] });
    assert.equal(credentials.webauthn.config.credentials[0].display_name, 'Mine');
    assert.deepEqual([credentials.webauthn.config.user_handle], old.webauthn.identifiers);
    await patch(id, remove('/credentials/totp'), remove('/credentials/lookup_secret'));
    const left = (await api.identity(id, ...types)).credentials;
    assert.deepEqual(Object.keys(left).sort(), ['code', 'oidc', 'password', 'webauthn']);
    assert.deepEqual([left.oidc, left.password], [credentials.oidc, credentials.password]);
  });

  test('an entry of another type than its name, of no type that there is, or with contents that are none', async () => {
    const { id } = await made();
    await assertRefused(id, [replace('/credentials/totp/type', 'password')], /credentials\.totp\.type/);
    await assertRefused(id, [replace('/credentials/code/type', 'oidc')], /credentials\.code\.type/);
    await assertRefused(id, [add('/credentials/passkey/config/credentials/-', KEY)], /passkey\.type/);
    await assertRefused(id, [add('/credentials/magic', { type: 'magic', config: {} })], /magic/);
    await assertRefused(id, [replace('/credentials/totp/config', { totp_url: 'x' })], /totp_url/);
    await assertRefused(id, [remove('/credentials/totp/config')], /totp/);
    await assertRefused(id, [replace('/credentials/totp', 7)], /totp/);
    await assertRefused(id, [replace('/credentials/lookup_secret/config/recovery_codes', [7])]);
  });
});
