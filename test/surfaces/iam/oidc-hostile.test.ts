import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import type { MutableResponse } from 'oauth2-mock-server';
import { inputValue, JSON_ONLY, messagesOf, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import {
  CLIENT,
  departFrom,
  flowAt,
  goThrough,
  HTML,
  type Provider,
  startProvider,
  throughProvider,
  timesOf,
  whoIs,
} from '../../harness/openid.ts';

let api: IamApi;
let provider: Provider;
before(async () => {
  api = await startIam();
  provider = await startProvider(api.clock);
  await api.server.setOidcProvider({ id: 'acme', label: 'Acme', issuer: provider.issuer, ...CLIENT });
});
after(async () => {
  await provider[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const ACME = { provider: 'acme' };
let counter = 0;

/** Somebody new, on the way back. */
async function onTheWay(body: Shown = ACME) {
  counter += 1;
  provider.person = { sub: `hostile-${counter}`, email: newEmail(), email_verified: true };
  const browser = openBrowser(api);
  const flow = await browser.begin('login');
  const back = await throughProvider(api, await departFrom(browser, 'login', flow, body));
  return { browser, flow, back };
}

async function assertNobody(browser: Shown): Promise<void> {
  assertError(await browser.get('/sessions/whoami', JSON_ONLY), 401);
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

suite('ID tokens', () => {
  /** What becomes of a login whose token endpoint answers this. */
  async function answeredWith(answer: (response: MutableResponse) => void) {
    const { browser, back } = await onTheWay();
    provider.answer = answer;
    try {
      const reply = await browser.get(back, HTML);
      return { browser, flow: await flowAt(api, browser, reply) };
    } finally {
      provider.answer = () => {};
      provider.twist = () => {};
    }
  }
  const idTokenOf = ({ body }: MutableResponse) => String((body as Record<string, unknown>).id_token);
  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const forge =
    (make: (claims: Shown, genuine: string) => string) =>
    (response: MutableResponse): void => {
      const genuine = idTokenOf(response);
      (response.body as Record<string, unknown>).id_token = make(claimsOf(genuine), genuine);
    };

  const FORGED: Readonly<Record<string, (claims: Shown, genuine: string) => string>> = {
    'without a signature': (claims) => `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'with the public key as a secret': (claims) => {
      const [jwk] = provider.server.issuer.keys.toJSON();
      const pem = createPublicKey({ key: jwk as Shown, format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      });
      const text = `${encode({ alg: 'HS256', kid: jwk?.kid })}.${encode(claims)}`;
      return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
    },
    'with the client’s secret as a key': (claims) => {
      const text = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
      return `${text}.${createHmac('sha256', CLIENT.clientSecret).update(text).digest('base64url')}`;
    },
    'with changed claims': (claims, genuine) => {
      const [header, , signature] = genuine.split('.');
      return `${header}.${encode({ ...claims, sub: 'victim' })}.${signature}`;
    },
    'of a key that the provider has not': (_, genuine) => {
      const [, claims, signature] = genuine.split('.');
      return `${encode({ alg: 'RS256', kid: 'unknown' })}.${claims}.${signature}`;
    },
    'with a key of its own': (claims) =>
      `${encode({ alg: 'RS256', jwk: provider.server.issuer.keys.toJSON()[0] })}.${encode(claims)}.AAAA`,
    'that is none': () => 'not.a.token',
  };
  for (const [name, make] of Object.entries(FORGED))
    test(`iam oidc a token ${name} is refused`, async () => {
      const { browser, flow } = await answeredWith(forge(make));
      assert.deepEqual(messagesOf(flow), [4000001]);
      await assertNobody(browser);
    });

  test('iam oidc a signed token of another nonce, audience, issuer or time is refused', async () => {
    const { iat } = timesOf(api.clock);
    const twisted: Shown[] = [
      { nonce: 'another' },
      { nonce: undefined },
      { aud: 'another' },
      { aud: [CLIENT.clientId, 'another'], azp: 'another' },
      { iss: 'https://attacker.example.com' },
      { iss: `${provider.issuer}/` },
      { exp: iat - 600 },
      { exp: undefined },
      { iat: iat + 600 },
      { nbf: iat + 600 },
      { sub: undefined },
      { sub: 'x'.repeat(256) },
      { sub: 'a\u0000b' },
    ];
    for (const claims of twisted) {
      provider.twist = ({ payload }) => void Object.assign(payload, claims);
      const { browser, flow } = await answeredWith(() => {});
      assert.deepEqual(messagesOf(flow), [4000001], JSON.stringify(claims));
      await assertNobody(browser);
    }
  });

  test('iam oidc what the token endpoint says instead of a token is refused', async () => {
    const answers: ((response: MutableResponse) => void)[] = [
      (response) => {
        response.statusCode = 500;
      },
      (response) => {
        response.statusCode = 400;
        response.body = { error: 'invalid_grant', error_description: 'call 555-1234' };
      },
      (response) => {
        response.body = {};
      },
      (response) => {
        response.body = { access_token: 'x', token_type: 'Bearer' };
      },
      (response) => {
        response.body = { padding: 'x'.repeat(100_000) };
      },
    ];
    for (const answer of answers) {
      const { browser, flow } = await answeredWith(answer);
      assert.deepEqual(messagesOf(flow), [4000001]);
      assert.doesNotMatch(JSON.stringify(flow), /555/);
      await assertNobody(browser);
    }
  });

  test('iam oidc userinfo of somebody else is refused, one’s own is taken', async (t) => {
    await api.server.setOidcProvider({ id: 'acme', claimsFrom: 'userinfo' });
    t.after(() => api.server.setOidcProvider({ id: 'acme', claimsFrom: 'id_token' }));
    provider.twist = ({ payload }) => void Object.assign(payload, { email: undefined, sub: 'another' });
    const { browser, flow } = await answeredWith(() => {});
    assert.deepEqual(messagesOf(flow), [4000001]);
    await assertNobody(browser);
    provider.twist = ({ payload }) => void Object.assign(payload, { email: undefined });
    const own = await onTheWay();
    await own.browser.get(own.back, HTML);
    provider.twist = () => {};
    assert.equal((await whoIs(own.browser)).identity.traits.email, provider.person.email);
  });
});

suite('rude providers', () => {
  type Handler = (request: IncomingMessage, response: ServerResponse, issuer: string) => void;

  async function rude(handler: Handler): Promise<{ server: Server; issuer: string }> {
    const server = createServer((request, response) => handler(request, response, issuer));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { server, issuer };
  }
  const discovery = (issuer: string, more: object = {}) =>
    JSON.stringify({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      ...more,
    });
  const json = (response: ServerResponse, text: string, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);

  const RUDE: Readonly<Record<string, Handler>> = {
    'whose discovery fails': (_, response) => json(response, '{}', 500),
    'whose discovery is no JSON': (_, response) => json(response, '{"issuer":'),
    'whose discovery is a page': (_, response) => response.end('<html>'),
    'whose discovery is huge': (_, response, issuer) =>
      json(response, discovery(issuer, { padding: 'x'.repeat(200_000) })),
    'whose discovery names another issuer': (_, response) =>
      json(response, discovery('https://attacker.example.com')),
    'whose discovery names none': (_, response) => json(response, '{}'),
    'that redirects to another place': (_, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    'that hangs up': (request) => request.socket.destroy(),
  };
  for (const [name, handler] of Object.entries(RUDE))
    test(`iam oidc nobody is sent to a provider ${name}`, async (t) => {
      const { server, issuer } = await rude(handler);
      t.after(() => server.close());
      await api.server.setOidcProvider({ id: 'rude', label: 'Rude', issuer, ...CLIENT });
      const browser = openBrowser(api);
      const flow = await browser.begin('login');
      const fields = { provider: 'rude', csrf_token: inputValue(flow, 'csrf_token') };
      const reply = await browser.postForm(`/self-service/login?flow=${flow.id}`, fields);
      assert.deepEqual(messagesOf(await flowAt(api, browser, reply)), [4000001]);
    });

  test('iam oidc endpoints at private addresses are not asked', async (t) => {
    const { server, issuer } = await rude((_, response, at) =>
      json(response, discovery(at, { token_endpoint: 'http://169.254.169.254/token' })),
    );
    t.after(() => server.close());
    await api.server.setOidcProvider({ id: 'rude', label: 'Rude', issuer, ...CLIENT });
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    const away = new URL(await departFrom(browser, 'login', flow, { provider: 'rude' }));
    const state = away.searchParams.get('state') ?? '';
    const reply = await browser.get(`/self-service/methods/oidc/callback/rude?code=x&state=${state}`, HTML);
    assert.deepEqual(messagesOf(await flowAt(api, browser, reply)), [4000001]);
  });

  test('iam oidc the secret is in no log and no reply', async () => {
    counter += 1;
    provider.person = { sub: `hostile-${counter}`, email: newEmail() };
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    await goThrough(api, browser, { kind: 'login', flow, body: ACME });
    assert.ok(!api.server.logs().includes(CLIENT.clientSecret));
    const rows = await api.server.sql<Shown>('select o::text as row from oidc_providers o');
    const hex = Buffer.from(CLIENT.clientSecret).toString('hex');
    for (const { row } of rows) assert.ok(!row.includes(CLIENT.clientSecret) && !row.includes(hex));
  });
});
