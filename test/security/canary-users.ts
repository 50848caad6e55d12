import type { QuickstartFile } from '../../src/wiring/quickstart.ts';
import { type Call, done, type Marks } from './canary-people.ts';

/** The identify surface, in requests that succeed; and a login that does not. */
export async function writeIdentify(
  call: Call,
  { text }: Marks,
  { live: { app_id: projectId } }: QuickstartFile,
): Promise<void> {
  const pair = { projectId, strategy: 'email', provider: 'local' };
  // A password may not be like its address: each is marked once.
  const secret = { email: 'somebody.plain@example.net', password: `${text()}aA1!` };
  await done(call('POST', '/v1/user', { ...pair, data: secret }));
  await done(call('PUT', '/v1/user/login', { ...pair, data: secret }));
  const credentials = { email: `${text()}@example.com`, password: 'bID>idfsf23!' };
  const profile = () => ({
    ...{ nickname: text(), username: text(), appProfile: { [text()]: text() } },
    ...{ 'custom:note': text(), [`custom:${text().slice(-20)}`]: text() },
  });
  await done(call('POST', '/v1/user', { ...pair, data: { ...credentials, ...profile() } }));
  const login = { ...pair, data: credentials };
  const { data } = await done(call('PUT', '/v1/user/login', login));
  const bearer = { authorization: `Bearer ${data.accessToken}` };
  await done(call('PUT', '/v1/user', { ...pair, data: profile() }, bearer));
  // Not to the address that is marked: messages are files here, until there is a transport.
  await done(call('PUT', '/v1/user/forgot-password', { ...pair, data: { email: secret.email } }));
  await call('PUT', '/v1/user/login', { ...pair, data: { ...credentials, password: text() } });
  await call('POST', '/v1/user/confirm-forgot-password', {
    ...pair,
    data: { ...credentials, confirmationCode: text().slice(-40) },
  });
  const query = `projectId=${projectId}&strategy=email&provider=local&deviceId=${data.deviceId}`;
  await done(call('GET', `/v1/user/check?${query}`, undefined, bearer));

  const anonymous = { projectId, strategy: 'simplified', provider: 'anonymous' };
  const { username, nickname, appProfile } = profile();
  const told = { additionalId: text(), username, nickname, appProfile };
  await done(call('PUT', '/v1/user/login', { ...anonymous, data: told }));
  const noLogin = { projectId, strategy: 'simplified', provider: 'noLogin' };
  const { externalId } = await done(call('POST', '/v1/user', { ...noLogin, data: { username, appProfile } }));
  await done(call('PUT', '/v1/user', { ...noLogin, externalId, data: { appProfile: { [text()]: text() } } }));
}
