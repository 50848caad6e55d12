import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { inputValue, openBrowser } from '../../harness/flows.ts';
import { type IamApi, startIam } from '../../harness/iam.ts';
import { PASSWORD, settingsOf } from '../../harness/settings.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const METHODS = ['profile', 'password', 'totp', 'lookup_secret', 'webauthn', 'passkey', 'oidc', 'nope'];
const FIELDS = [
  ...['traits', 'password', 'totp_code', 'totp_unlink', 'webauthn_register', 'webauthn_remove'],
  ...['webauthn_register_displayname', 'passkey_settings_register', 'passkey_remove', 'link', 'unlink'],
  ...['lookup_secret_regenerate', 'lookup_secret_reveal', 'lookup_secret_confirm', 'lookup_secret_disable'],
];
const value = fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.string({ unit: 'binary' }), fc.boolean());
const body = fc.record({
  method: fc.oneof(fc.constantFrom(...METHODS), value),
  fields: fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 3 }),
});

test('no body, however broken, is an error of the server', async () => {
  const settings = settingsOf(api);
  await fc.assert(
    fc.asyncProperty(body, async ({ method, fields }) => {
      const jo = await settings.somebody();
      const reply = await settings.run({ method, ...fields }, jo);
      assert.ok(reply.status < 500, `${JSON.stringify({ method, ...fields })}: ${reply.text}`);
    }),
    { numRuns: 60 },
  );
});

test('no form, however broken, is an error of the server', async () => {
  const browser = openBrowser(api);
  const { email } = await settingsOf(api).somebody();
  const login = await browser.begin('login');
  const csrf = { csrf_token: inputValue(login, 'csrf_token') };
  const known = { method: 'password', identifier: email, password: PASSWORD, ...csrf };
  await browser.postForm(`/self-service/login?flow=${login.id}`, known);
  const names = [
    'traits.email',
    'traits.name',
    'traits.name.first.x',
    'traits.__proto__.x',
    'traits',
    'traits.0',
  ];
  const form = fc.dictionary(fc.constantFrom(...FIELDS, ...names), fc.string({ unit: 'binary' }), {
    maxKeys: 4,
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...METHODS), form, async (method, fields) => {
      const flow = await browser.begin('settings');
      const token = { csrf_token: inputValue(flow, 'csrf_token') };
      const sent = { method, ...fields, ...token };
      const reply = await browser.postForm(`/self-service/settings?flow=${flow.id}`, sent);
      assert.ok(reply.status < 500, `${JSON.stringify(sent)}: ${reply.text}`);
      assert.doesNotMatch(reply.headers.get('location') ?? '', /error\?id=internal/);
    }),
    { numRuns: 60 },
  );
});
