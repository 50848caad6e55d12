import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Configuration, FrontendApi, IdentityApi, ResponseError } from '@ory/client-fetch';
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
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** The body of a refusal. */
async function refusalOf(call: Promise<unknown>): Promise<{ status: number; body: string }> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ResponseError, String(error));
    return { status: error.response.status, body: await error.response.text() };
  }
  return assert.fail('it was not refused');
}

for (const base of ['', '/auth', '/iam'])
  test(`the published client at ${base === '' ? 'the root' : base} registers, signs in, adds a factor and signs out`, async () => {
    const api = new FrontendApi(new Configuration({ basePath: `${server.url}${base}` }));
    const email = newEmail();
    const registration = await api.createNativeRegistrationFlow();
    const made = await api.updateRegistrationFlow({
      flow: registration.id,
      updateRegistrationFlowBody: { method: 'password', traits: { email }, password: PASSWORD },
    });
    assert.equal(made.identity.traits.email, email);

    const begun = await api.createNativeLoginFlow();
    const flow = await api.getLoginFlow({ id: begun.id });
    assert.deepEqual([flow.id, flow.requested_aal], [begun.id, 'aal1']);
    const submit = (password: string) =>
      api.updateLoginFlow({
        flow: flow.id,
        updateLoginFlowBody: { method: 'password', identifier: email, password },
      });
    const wrong = await refusalOf(submit('not that one'));
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /4000006/);
    const { session_token: xSessionToken = '', session } = await submit(PASSWORD);
    assert.equal((await api.toSession({ xSessionToken })).id, session.id);

    const headers = { authorization: `Bearer ${server.quickstart.live.api_key}` };
    const admin = new IdentityApi(new Configuration({ basePath: `${server.url}/iam`, headers }));
    await admin.updateIdentity({
      id: made.identity.id,
      updateIdentityBody: {
        ...{ schema_id: 'default', state: 'active', traits: { email } },
        // The client's type names fewer credentials than the server takes.
        credentials: { totp: { config: { totp_url: `otpauth://totp/x?secret=${SECRET}` } } } as object,
      },
    });
    assert.equal((await refusalOf(api.toSession({ xSessionToken }))).status, 403);
    const second = await api.createNativeLoginFlow({ aal: 'aal2', xSessionToken });
    const raised = await api.updateLoginFlow({
      ...{ flow: second.id, xSessionToken },
      updateLoginFlowBody: { method: 'totp', totp_code: totpAt(SECRET, server.clock.now()) },
    });
    assert.equal(raised.session.authenticator_assurance_level, 'aal2');
    assert.equal((await api.toSession({ xSessionToken })).identity?.id, made.identity.id);

    await api.performNativeLogout({ performNativeLogoutBody: { session_token: xSessionToken } });
    assert.equal((await refusalOf(api.toSession({ xSessionToken }))).status, 401);
  });
