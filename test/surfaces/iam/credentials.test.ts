import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, type Shown, startIam, UNKNOWN } from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
  // Without one-time codes, so that a password may be all there is.
  const marks = { password: { identifier: true }, webauthn: { identifier: true } };
  const login = { type: 'string', 'ory.sh/kratos': { credentials: marks } };
  await api.setSchema('login', { properties: { login }, additionalProperties: false });
});
after(() => api[Symbol.asyncDispose]());

const LAST = /last first factor/;
const TOTP = { totp: { config: { totp_url: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' } } };
const CODES = { lookup_secret: { config: { codes: [{ code: 'aaaa' }] } } };
const PASSWORD = { password: { config: { hashed_password: '$md5$4QrcOUm6Wau+VuBX8g+IPg==' } } };

const newName = () => newEmail().replace('@', '-at-');
const google = (subject: string, more: object = {}) => ({ provider: 'google', subject, ...more });
const accounts = (...providers: object[]) => ({ oidc: { config: { providers } } });
const keys = (...credentials: object[]) => ({
  config: { credentials, user_handle: Buffer.from(newEmail()).toString('base64') },
});
const keyOf = (id: string, is_passwordless = false) => ({ id, public_key: 'QkJC', is_passwordless });
const made = (...credentials: object[]): Promise<Shown> =>
  api.create({
    schema_id: 'login',
    traits: { login: newName() },
    credentials: Object.assign({}, ...credentials),
  });
const remove = (id: string, type: string, identifier?: string) => {
  const query = identifier === undefined ? '' : `?identifier=${encodeURIComponent(identifier)}`;
  return api.delete(`/admin/identities/${id}/credentials/${type}${query}`);
};
const removed = async (id: string, type: string, identifier?: string): Promise<void> => {
  const reply = await remove(id, type, identifier);
  assert.deepEqual([reply.status, reply.text], [204, '']);
};
const configOf = async (id: string, type: string): Promise<Shown> =>
  (await api.identity(id, type)).credentials[type]?.config;

suite('totp and lookup_secret', () => {
  test('iam 47 removed; once more it is not there', async () => {
    const { id } = await made(PASSWORD, TOTP, CODES);
    for (const type of ['totp', 'lookup_secret']) {
      await removed(id, type);
      assertError(await remove(id, type), 404);
      assert.equal(type in (await api.identity(id)).credentials, false);
    }
    assert.deepEqual(await configOf(id, 'password'), PASSWORD.password.config);
  });

  test('an identity that has none, an unknown one, one of another pool: 404', async () => {
    const { id } = await made(PASSWORD);
    assertError(await remove(id, 'totp'), 404);
    assertError(await remove(UNKNOWN, 'totp'), 404);
    assertError(await remove('not-a-uuid', 'totp'), 404);
    assertError(await api.delete(`/admin/identities/${id}/credentials/totp`, api.sandbox), 404);
  });
});

suite('password', () => {
  test('iam 46 the last first factor stays', async () => {
    const { id } = await made(PASSWORD, TOTP, CODES);
    assertError(await remove(id, 'password'), 400, LAST);
    assert.deepEqual(await configOf(id, 'password'), PASSWORD.password.config);
  });

  test('beside another, the hash goes, and the row stays with its identifiers', async () => {
    const { id, traits } = await made(PASSWORD, accounts(google(newEmail())));
    api.clock.advance(60);
    await removed(id, 'password');
    const { credentials, updated_at } = await api.identity(id, 'password');
    assert.deepEqual(credentials.password.identifiers, [traits.login]);
    assert.deepEqual(credentials.password.config, {});
    assert.equal(credentials.password.updated_at, updated_at);
    // The account is the last one now.
    assertError(await remove(id, 'password'), 400, LAST);
  });

  test('a one-time code is a first factor where it lets people in by itself', async () => {
    const { id } = await api.create({ credentials: PASSWORD });
    await removed(id, 'password');
    assert.deepEqual(await configOf(id, 'password'), {});
  });

  test('a password without anything to type beside it is none', async () => {
    const { id } = await api.create({
      ...{ schema_id: 'login', traits: {} },
      credentials: { ...PASSWORD, ...accounts(google(newEmail())) },
    });
    assertError(await remove(id, 'password'), 400, LAST);
  });

  test('an identity that has no row of it: 404', async () => {
    const { id } = await api.create({ schema_id: 'login', traits: {} });
    assertError(await remove(id, 'password'), 404);
  });

  test('of two deletions at once that would leave nothing, one is refused', async () => {
    const subject = newEmail();
    const { id } = await made(PASSWORD, accounts(google(subject)));
    const replies = await Promise.all([remove(id, 'password'), remove(id, 'oidc', `google:${subject}`)]);
    assert.deepEqual(replies.map(({ status }) => status).sort(), [204, 400]);
  });
});

suite('oidc and saml', () => {
  test('iam 48 only by its identifier, in its letter case', async () => {
    const subject = newEmail();
    const { id } = await made(PASSWORD, accounts(google(subject)));
    assertError(await remove(id, 'oidc'), 400, /identifier/);
    assertError(await remove(id, 'oidc', ''), 400, /identifier/);
    assertError(await remove(id, 'oidc', 'google:else'), 404);
    assertError(await remove(id, 'oidc', `Google:${subject}`), 404);
    await removed(id, 'oidc', `google:${subject}`);
    assert.equal('oidc' in (await api.identity(id)).credentials, false);
    assertError(await remove(id, 'oidc', `google:${subject}`), 404);
    // It finds nobody, and is free for somebody else.
    for (const filter of ['credentials_identifier', 'preview_credentials_identifier_similar'])
      assert.deepEqual((await api.get(`/admin/identities?${filter}=google:${subject}`)).body, []);
    await made(accounts(google(subject)));
  });

  test('one of several', async () => {
    const [one, two] = [newEmail(), newEmail()];
    const { id } = await made(accounts(google(one), google(two)));
    await removed(id, 'oidc', `google:${one}`);
    const { providers } = await configOf(id, 'oidc');
    assert.deepEqual(
      providers.map(({ subject }: Shown) => subject),
      [two],
    );
    assertError(await remove(id, 'oidc', `google:${two}`), 400, LAST);
  });

  test('an organisation’s account is no first factor', async () => {
    const [one, two] = [newEmail(), newEmail()];
    const { id } = await made(accounts(google(one), google(two, { organization: 'acme' })));
    assertError(await remove(id, 'oidc', `google:${one}`), 400, LAST);
  });

  test('saml alike', async () => {
    const subject = newEmail();
    const saml = { saml: { config: { providers: [{ provider: 'adfs', subject }] } } };
    const { id } = await made(PASSWORD, saml);
    assertError(await remove(id, 'saml'), 400, /identifier/);
    assertError(await remove(id, 'oidc', `adfs:${subject}`), 404);
    await removed(id, 'saml', `adfs:${subject}`);
    assertError(await remove(id, 'saml', `adfs:${subject}`), 404);
    assertError(await remove(id, 'password'), 400, LAST);
  });
});

suite('webauthn', () => {
  test('keys of the second factor go, those that need no password stay, and count', async () => {
    const { id } = await made(PASSWORD, { webauthn: keys(keyOf('QUFB'), keyOf('QkJC', true)) });
    await removed(id, 'webauthn');
    const { credentials } = await configOf(id, 'webauthn');
    assert.deepEqual(
      credentials.map((key: Shown) => key.id),
      ['QkJC'],
    );
    await removed(id, 'password');
  });

  test('where none stays, nothing is left but what traits say', async () => {
    const { id, traits } = await made(PASSWORD, { webauthn: keys(keyOf('QUFB')) });
    await removed(id, 'webauthn');
    const { webauthn } = (await api.identity(id, 'webauthn')).credentials;
    assert.deepEqual([webauthn.identifiers, webauthn.config], [[traits.login], {}]);
    assertError(await remove(id, 'password'), 400, LAST);
  });

  test('an identity without any: 404', async () => {
    const { id } = await api.create();
    assertError(await remove(id, 'webauthn'), 404);
  });
});

suite('what cannot be deleted', () => {
  test('passkeys, codes and what there is not; after the identity, before anything else', async () => {
    const { id } = await made(PASSWORD, { passkey: keys(keyOf('QUFB')) });
    for (const type of ['passkey', 'code', 'profile', 'PASSWORD', 'constructor', 'link_recovery']) {
      assertError(await remove(id, type), 400, /cannot be deleted/);
      assertError(await remove(UNKNOWN, type), 404);
    }
    // A passkey counts.
    await removed(id, 'password');
  });

  test('keys of devices, which nobody has', async () => {
    const { id } = await made(PASSWORD);
    assertError(await remove(id, 'deviceauthn'), 400, /identifier/);
    assertError(await remove(id, 'deviceauthn', 'x'), 404);
  });
});
