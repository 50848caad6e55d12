import assert from 'node:assert/strict';
import { TestClock } from './clock.ts';
import { startCognito } from './cognito.ts';
import { type IamApi, iamOf } from './iam.ts';
import { type IdentifyApi, type IdentifyCall, type Shown, startIdentify } from './identify.ts';
import { toVerification } from './kyc-ids.ts';
import { CLIENT, startProvider } from './openid.ts';
import type { Reply } from './server.ts';
import { type Answer, json, startStandIn } from './stand-in.ts';

export const LOCAL = { strategy: 'email', provider: 'local' };
export const COGNITO = { strategy: 'email', provider: 'awsCognito' };
export const GOOGLE = { strategy: 'email', provider: 'google' };
export const AUTH_ZERO = { strategy: 'email', provider: 'authZero' };
/** Tokens are `x-` and the id. */
export const X = { strategy: 'email', provider: 'twitter' };
/** A provider of the operator's own. Tokens are `own-` and the id, also in the cookie. */
export const OWN = { strategy: 'email', provider: 'nba' };
export const COOKIE = 'fan_session';
export const SITE = 'https://fans.example.com';

/** Live project and sandbox with several providers, each with stand-ins, and what people do with accounts there. */
export interface LinkingApi extends AsyncDisposable {
  readonly api: IdentifyApi;
  readonly iam: IamApi;
  /** @param sub Default somebody new. */
  googleToken(sub?: string, claims?: object): Promise<string>;
  auth0Token(sub?: string, claims?: object): Promise<string>;
  /** Somebody new with a password, logged in. */
  newcomer(): Promise<Shown>;
  link(pair: object, token: string, data: object, call?: IdentifyCall): Promise<Reply>;
  /** Must succeed. @returns What it shows. */
  linked(pair: object, token: string, data: object): Promise<Shown>;
  userOf(pair: object, token: string): Promise<string>;
  setState(userId: string, state: 'active' | 'inactive'): Promise<Reply>;
  /** By an operator. */
  merge(primary: string, secondary: string): Promise<void>;
  erase(userId: string): Promise<void>;
}

let counter = 0;
export function newSubject(): string {
  counter += 1;
  return `${process.pid}${counter}`;
}

/** Answers whose a bearer token is by what stands in it; 401 where nothing does. */
function whose(prefix: string, show: (id: string) => object): Answer {
  return (asked, response) => {
    const token = asked.headers.authorization ?? '';
    const found = token.startsWith(`Bearer ${prefix}`);
    json(found ? show(token.slice(`Bearer ${prefix}`.length)) : {}, found ? 200 : 401)(asked, response);
  };
}

export async function startLinking(): Promise<LinkingApi> {
  const clock = new TestClock();
  const [openid, cognito] = await Promise.all([startProvider(clock), startCognito(clock)]);
  const service = await startStandIn({
    '/certs': (asked, response) => json({ keys: openid.server.issuer.keys.toJSON() })(asked, response),
    '/2/users/me': whose('x-', (id) => ({ data: { id, name: 'Ana' } })),
    '/userinfo': whose('own-', (sub) => ({ sub })),
  });
  const api = await startIdentify({ clock });
  const iam = await iamOf(api.server);
  const { url } = service;
  const keys = { jwksUri: `${url}/certs` };
  const providers = {
    google: { clientIds: [CLIENT.clientId], ...keys },
    authZero: { issuer: openid.issuer, audience: CLIENT.clientId, ...keys },
    twitter: { apiUrl: url },
    nba: { issuer: url, validation: 'endpoint', userinfoUrl: `${url}/userinfo`, cookieName: COOKIE },
    awsCognito: { backend: 'aws', ...cognito.settings() },
  };
  for (const project of [api.projectId, api.server.quickstart.sandbox.app_id])
    await api.server.configureIdentify({ cors: { origins: [SITE] }, providers }, project);
  const linking: LinkingApi = {
    ...{ api, iam },
    googleToken: (sub = newSubject(), claims = {}) =>
      openid.idToken({ iss: 'https://accounts.google.com', sub, ...claims }),
    auth0Token: (sub = newSubject(), claims = {}) => openid.idToken({ sub, ...claims }),
    newcomer: () => api.newcomer({ pair: LOCAL }),
    link: (pair, token, data, call = {}) => api.post('/v1/user/link', { ...pair, data }, { token, ...call }),
    async linked(pair, token, data) {
      const reply = await linking.link(pair, token, data);
      assert.equal(reply.status, 200, reply.text);
      return reply.body.data;
    },
    userOf: async (pair, token) => (await api.profile(token, pair)).userId,
    setState: (userId, value) =>
      iam.patch(`/admin/identities/${userId}`, [{ op: 'replace', path: '/state', value }]),
    async merge(primary, secondary) {
      const body = {
        primary_identity_id: toVerification(primary),
        secondary_identity_id: toVerification(secondary),
      };
      const reply = await api.server.call('POST', '/api/v1/identities/merge', { body });
      assert.equal(reply.status, 200, reply.text);
    },
    async erase(userId) {
      const reply = await api.server.call('DELETE', `/api/v1/identities/${toVerification(userId)}`);
      assert.equal(reply.status, 200, reply.text);
    },
    async [Symbol.asyncDispose]() {
      for (const one of [api, openid, cognito, service]) await one[Symbol.asyncDispose]();
    },
  };
  return linking;
}
