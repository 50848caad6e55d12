import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { Events, type MutableResponse, type MutableToken, OAuth2Server } from 'oauth2-mock-server';
import type { TestClock } from './clock.ts';
import type { Browser, FlowKindName } from './flows.ts';
import { inputValue, JSON_ONLY } from './flows.ts';
import type { IamApi, Shown } from './iam.ts';
import type { Reply } from './server.ts';

export interface Person {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** An OpenID provider on loopback that says whatever a test wants of whoever comes. */
export interface Provider extends AsyncDisposable {
  readonly issuer: string;
  /** Who signs in next. */
  person: Person;
  /** Changes ID tokens before they are signed. */
  twist: (token: MutableToken) => void;
  /** Changes what the token endpoint answers. */
  answer: (response: MutableResponse) => void;
  /** Addresses that browsers were sent to, the newest last. */
  readonly asked: URL[];
  /** A signed ID token, as a native client would have got it. */
  idToken(claims: Readonly<Record<string, unknown>>): Promise<string>;
  readonly server: OAuth2Server;
}

export const CLIENT = { clientId: 'selfsame', clientSecret: 'a client secret of many letters' };
export const HTML = { accept: 'text/html' };

/** @param clock Tokens are of this time. */
export async function startProvider(clock: TestClock): Promise<Provider> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.issuer.url = issuer;
  const provider: Provider = {
    ...{ issuer, server, person: { sub: 'nobody' }, asked: [] },
    twist: () => {},
    answer: () => {},
    idToken: (claims) =>
      server.issuer.buildToken({
        scopesOrTransform: (_, payload) =>
          Object.assign(payload, timesOf(clock), { aud: CLIENT.clientId, ...claims }),
      }),
    [Symbol.asyncDispose]: () => server.stop(),
  };
  server.service.on(Events.BeforeAuthorizeRedirect, (_, request) => {
    provider.asked.push(new URL(request.url ?? '', issuer));
  });
  server.service.on(Events.BeforeTokenSigning, (token: MutableToken) => {
    // The access token is signed by the same server, and is nobody's to read.
    if (token.payload.aud === undefined) return;
    Object.assign(token.payload, timesOf(clock), provider.person);
    provider.twist(token);
  });
  server.service.on(Events.BeforeResponse, (response: MutableResponse) => provider.answer(response));
  server.service.on(Events.BeforeUserinfo, (response: MutableResponse) => {
    response.body = { ...provider.person };
  });
  return provider;
}

export function timesOf(clock: TestClock): { iat: number; nbf: number; exp: number } {
  const seconds = Math.floor(clock.now().getTime() / 1000);
  return { iat: seconds, nbf: seconds - 10, exp: seconds + 3600 };
}

/** Where a submit sends a browser, as a page's script is told. */
export async function departFrom(
  browser: Browser,
  kind: FlowKindName,
  flow: Shown,
  body: Readonly<Record<string, unknown>>,
): Promise<string> {
  const sent = { csrf_token: inputValue(flow, 'csrf_token'), ...body };
  const reply = await browser.postJson(`/self-service/${kind}?flow=${flow.id}`, sent);
  assert.equal(reply.status, 422, reply.text);
  assert.equal(reply.body.error.id, 'browser_location_change_required', reply.text);
  return reply.body.redirect_browser_to;
}

/** What the provider's page does: the address of ours that the browser is sent to, without its origin. */
export async function throughProvider(api: IamApi, url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'manual' });
  const location = response.headers.get('location') ?? '';
  assert.ok(location.startsWith(`${api.server.url}/`), `${response.status} ${location}`);
  return location.slice(api.server.url.length);
}

/** Out of a flow, through the provider and back, as a person does it. */
export async function goThrough(
  api: IamApi,
  browser: Browser,
  { kind, flow, body }: { kind: FlowKindName; flow: Shown; body: Readonly<Record<string, unknown>> },
): Promise<Reply> {
  const back = await throughProvider(api, await departFrom(browser, kind, flow, body));
  return browser.get(back, HTML);
}

/** The flow that a page is sent to. */
export async function flowAt(api: IamApi, browser: Browser, reply: Reply): Promise<Shown> {
  assert.equal(reply.status, 303, reply.text);
  const location = new URL(reply.headers.get('location') ?? '');
  assert.equal(location.origin, new URL(api.server.url).origin);
  const id = location.searchParams.get('flow');
  const kind = location.pathname.slice(1);
  const read = await browser.get(`/self-service/${kind}/flows?id=${id}`, JSON_ONLY);
  assert.equal(read.status, 200, `${location} ${read.text}`);
  return { ...read.body, kind };
}

/** What of a browser's session is known. */
export async function whoIs(browser: Browser): Promise<Shown> {
  const reply = await browser.get('/sessions/whoami', JSON_ONLY);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}
