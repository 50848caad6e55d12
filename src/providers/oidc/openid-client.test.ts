import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { OpenIdFailed } from '../../core/oidc/errors.ts';
import type { OpenIdProvider } from '../../core/oidc/ports.ts';
import { createGuardedClient } from '../net/guarded-client.ts';
import { createOpenIdClient } from './openid-client.ts';

const REQUEST = {
  ...{ redirectUri: 'https://id.example.com/back', state: 's', nonce: 'n', codeVerifier: 'v'.repeat(43) },
  mustAuthenticate: false,
};

function providerAt(issuer: string): OpenIdProvider {
  return {
    ...{ id: 'acme', label: 'Acme', issuer, clientId: 'us', clientSecret: 'secret', mapping: [] },
    ...{ clientAuth: 'client_secret_basic', claimsFrom: 'id_token', isEnabled: true },
    ...{ scopes: ['openid'], parameters: { acr_values: 'high' } },
  };
}

/** A provider of which every request is counted. */
async function start(t: TestContext, answer: (issuer: string) => object | null) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const document = answer(issuer);
    if (document === null) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { issuer, requests };
}

function clientOf({ allowPrivate = true, timeoutMs = 2000 } = {}) {
  const client = createGuardedClient({ allowPrivate, timeoutMs: 5000, maxResponseBytes: 64 * 1024 });
  const clock = { now: () => new Date() };
  return createOpenIdClient({ client, clock, timeoutMs });
}

const discovery = (issuer: string) => ({
  ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
  jwks_uri: `${issuer}/keys`,
});

async function problemOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail('it worked'),
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof OpenIdFailed);
  return error.problem;
}

test('discovery is asked once, and an operator’s parameters go along', async (t) => {
  const { issuer, requests } = await start(t, discovery);
  const client = clientOf();
  const url = await client.authorizationUrl(providerAt(issuer), REQUEST);
  assert.equal(new URL(url).searchParams.get('acr_values'), 'high');
  await client.authorizationUrl(providerAt(issuer), REQUEST);
  assert.deepEqual(requests, ['/.well-known/openid-configuration']);
});

test('a provider that does not answer is given up in time', async (t) => {
  const { issuer } = await start(t, () => null);
  const client = clientOf({ timeoutMs: 50 });
  assert.equal(await problemOf(client.authorizationUrl(providerAt(issuer), REQUEST)), 'unavailable');
});

test('a provider at a private address is not asked', async (t) => {
  const { issuer, requests } = await start(t, discovery);
  const client = clientOf({ allowPrivate: false });
  assert.equal(await problemOf(client.authorizationUrl(providerAt(issuer), REQUEST)), 'unavailable');
  assert.deepEqual(requests, []);
});

test('people are sent to a place on the web, and to nothing else', async (t) => {
  const { issuer } = await start(t, (at) => ({
    ...discovery(at),
    authorization_endpoint: 'javascript:alert(1)',
  }));
  assert.equal(await problemOf(clientOf().authorizationUrl(providerAt(issuer), REQUEST)), 'untrusted');
});

test('a failure is not remembered', async (t) => {
  let isUp = false;
  const { issuer } = await start(t, (at) => (isUp ? discovery(at) : {}));
  const client = clientOf();
  assert.equal(await problemOf(client.authorizationUrl(providerAt(issuer), REQUEST)), 'untrusted');
  isUp = true;
  assert.match(await client.authorizationUrl(providerAt(issuer), REQUEST), /\/authorize\?/);
});
