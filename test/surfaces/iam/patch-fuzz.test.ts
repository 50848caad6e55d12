import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type IamApi, newEmail, startIam } from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const KEYS = [
  ...['traits', 'email', 'name', 'first', 'metadata_public', 'metadata_admin', 'state', 'schema_id', 'id'],
  ...['credentials', 'password', 'totp', 'lookup_secret', 'webauthn', 'passkey', 'code', 'oidc', 'saml'],
  ...['config', 'hashed_password', 'recovery_codes', 'totp_url', 'type', 'user_handle', 'external_id'],
  ...['verifiable_addresses', 'recovery_addresses', 'verified', 'verified_at', 'status', 'via', 'value'],
  ...['0', '1', '-', '__proto__', 'constructor', 'state_changed_at', 'organization_id', 'created_at'],
];
/** Where something is, or may be. */
const PATHS = [
  ...['a', 'list/-', 'list/0', 'constructor/a', '0'].flatMap((below) => [
    `/metadata_public/${below}`,
    `/metadata_admin/${below}`,
  ]),
  ...['/traits', '/traits/email', '/traits/name/first', '/traits/username', '/traits/phone', '/state'],
  ...[
    '/external_id',
    '/organization_id',
    '/state_changed_at',
    '/schema_id',
    '/metadata_public',
    '/credentials/code',
  ],
  ...['value', 'via', 'verified', 'status', 'verified_at'].map((name) => `/verifiable_addresses/0/${name}`),
  ...['/verifiable_addresses', '/verifiable_addresses/0', '/verifiable_addresses/-', '/recovery_addresses'],
  ...['password', 'totp', 'lookup_secret', 'webauthn', 'passkey'].flatMap((type) => [
    ...[`/credentials/${type}`, `/credentials/${type}/type`, `/credentials/${type}/config`],
  ]),
  ...['password/config/hashed_password', 'totp/config/totp_url', 'lookup_secret/config/recovery_codes/0'].map(
    (below) => `/credentials/${below}`,
  ),
  ...['credentials', 'credentials/0/id', 'user_handle'].map(
    (below) => `/credentials/webauthn/config/${below}`,
  ),
];
const KEY = { id: 'QUFB', public_key: 'QkJC', is_passwordless: true };

const key = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...KEYS) }, fc.string({ maxLength: 4 }));
const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...PATHS) },
  {
    weight: 9,
    arbitrary: fc.array(key, { maxLength: 5 }).map((keys) => keys.map((one) => `/${one}`).join('')),
  },
  fc.string(),
);
const value = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, '', 'active', 'inactive', 'sent', 'email', 'default', 'password', 7, [], {}],
    ...['2020-01-02T03:04:05Z', '9999-12-31T23:59:59-01:00', '2016-12-31T23:59:60Z'],
    ...['otpauth://totp/a?secret=JBSWY3DPEHPK3PXP', '$md5$4QrcOUm6Wau+VuBX8g+IPg=='],
    ...[{ type: 'totp' }, { type: 'password', config: {} }, { email: 'a@example.org' }],
    { type: 'passkey', config: { credentials: [KEY], user_handle: 'QUFB' } },
    [{ value: 'a@example.org', verified: true }],
    '\ud800\u0000',
  ),
  fc.jsonValue(),
);
const operation = fc.record(
  { op: fc.constantFrom('add', 'replace', 'remove', 'add', 'replace', 'test'), path, value },
  { requiredKeys: ['op', 'path'] },
);

test('no patch, however broken, is more than refused, and what it leaves can be read and patched again', async () => {
  const { id } = await api.create({
    external_id: newEmail(),
    credentials: {
      ...{ password: { config: { hashed_password: '$md5$4QrcOUm6Wau+VuBX8g+IPg==' } } },
      ...{ totp: { config: { totp_url: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' } } },
      ...{ lookup_secret: { config: { codes: [{ code: 'aaaa' }] } } },
      ...{ webauthn: { config: { credentials: [KEY], user_handle: 'QUFB' } } },
    },
  });
  const at = `/admin/identities/${id}`;
  const statuses = new Map<number, number>();
  const types = ['password', 'totp', 'lookup_secret', 'webauthn', 'passkey', 'code'];
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 2 }), async (operations) => {
      const reply = await api.patch(at, operations);
      assert.ok([200, 400].includes(reply.status), `${JSON.stringify(operations)}: ${reply.text}`);
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      if (reply.status !== 200) return;
      const { credentials: _shown, ...rest } = await api.identity(id, ...types);
      const { credentials: _none, ...patched } = reply.body;
      assert.deepEqual(rest, patched);
      assert.equal((await api.patch(at, [])).status, 200);
    }),
    { numRuns: 150 },
  );
  assert.ok((statuses.get(200) ?? 0) > 0, 'some of them are applied');
  assert.ok((statuses.get(400) ?? 0) > 0, 'some of them are refused');
});
