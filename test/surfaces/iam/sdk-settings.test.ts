import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Configuration,
  FrontendApi,
  type SettingsFlow,
  type UpdateSettingsFlowBody,
} from '@ory/client-fetch';
import { newEmail } from '../../harness/iam.ts';
import { startServer, type TestServer } from '../../harness/server.ts';
import { totpAt } from '../../harness/totp.ts';

// The published client, as it comes from the registry.

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

const PASSWORD = 'a quiet harbour in June';
const NEW_PASSWORD = 'another harbour in July';

/** The text of a node, which the client knows by its id. */
function textIn({ ui }: SettingsFlow, id: string): string {
  for (const { attributes } of ui.nodes)
    if (attributes.node_type === 'text' && attributes.id === id) return attributes.text.text;
  return assert.fail(`no ${id}`);
}

for (const base of ['', '/auth', '/iam'])
  test(`the published client at ${base === '' ? 'the root' : base} changes settings, and comes back with both factors`, async () => {
    const api = new FrontendApi(new Configuration({ basePath: `${server.url}${base}` }));
    const email = newEmail();
    const registration = await api.createNativeRegistrationFlow();
    await api.updateRegistrationFlow({
      flow: registration.id,
      updateRegistrationFlowBody: { method: 'password', traits: { email }, password: PASSWORD },
    });
    const signIn = async (password: string) => {
      const { id: flow } = await api.createNativeLoginFlow();
      const updateLoginFlowBody = { method: 'password', identifier: email, password } as const;
      return (await api.updateLoginFlow({ flow, updateLoginFlowBody })).session_token ?? '';
    };
    const xSessionToken = await signIn(PASSWORD);
    const begun = await api.createNativeSettingsFlow({ xSessionToken });
    const flow = await api.getSettingsFlow({ id: begun.id, xSessionToken });
    assert.deepEqual([flow.state, flow.identity.traits], ['show_form', { email }]);
    const save = (updateSettingsFlowBody: UpdateSettingsFlowBody) =>
      api.updateSettingsFlow({ flow: flow.id, xSessionToken, updateSettingsFlowBody });

    const named = await save({ method: 'profile', traits: { email, name: { first: 'Jo' } } });
    assert.deepEqual([named.state, named.identity.traits], ['success', { email, name: { first: 'Jo' } }]);
    const moved = await save({ method: 'profile', traits: { email, username: newEmail() } });
    assert.equal(moved.state, 'success');
    await save({ method: 'password', password: NEW_PASSWORD });
    const secret = textIn(flow, 'totp_secret_key');
    await save({ method: 'totp', totp_code: totpAt(secret, server.clock.now()) });
    const shown = await save({ method: 'lookup_secret', lookup_secret_regenerate: true });
    const [code = ''] = textIn(shown, 'lookup_secret_codes').split(', ');
    await save({ method: 'lookup_secret', lookup_secret_confirm: true });
    assert.equal((await api.toSession({ xSessionToken })).authenticator_assurance_level, 'aal2');

    const next = await signIn(NEW_PASSWORD);
    const second = await api.createNativeLoginFlow({ aal: 'aal2', xSessionToken: next });
    const raised = await api.updateLoginFlow({
      ...{ flow: second.id, xSessionToken: next },
      updateLoginFlowBody: { method: 'lookup_secret', lookup_secret: code },
    });
    assert.equal(raised.session.authenticator_assurance_level, 'aal2');
    await api.performNativeLogout({ performNativeLogoutBody: { session_token: next } });
    await api.performNativeLogout({ performNativeLogoutBody: { session_token: xSessionToken } });
  });
