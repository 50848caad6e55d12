import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { inputValue, JSON_ONLY, messagesOf, nodesOf, openBrowser } from '../../harness/flows.ts';
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

/** Somebody whom the provider knows, and nobody here. */
function somebodyNew(claims: Shown = {}): { email: string; sub: string } {
  counter += 1;
  const [email, sub] = [newEmail(), `Subject-${counter}`];
  provider.person = { sub, email, email_verified: true, given_name: 'Ana', family_name: 'Silva', ...claims };
  return { email, sub };
}

async function enter(query = '') {
  const browser = openBrowser(api);
  const flow = await browser.begin('login', query);
  const reply = await goThrough(api, browser, { kind: 'login', flow, body: ACME });
  return { browser, flow, reply };
}

const addressOf = (identity: Shown, value: string) =>
  identity.verifiable_addresses?.find((one: Shown) => one.value === value);

suite('signing in', () => {
  test('iam oidc an account that nobody has signs up with what the provider says, and is signed in', async () => {
    const { email, sub } = somebodyNew();
    const { browser, flow, reply } = await enter('?return_to=/home');
    assert.ok(nodesOf(flow).includes('oidc provider(submit)'), nodesOf(flow).join());
    assert.equal(reply.status, 303, reply.text);
    assert.equal(reply.headers.get('location'), `${api.server.url}/home`);
    const { identity, authentication_methods: methods } = await whoIs(browser);
    assert.deepEqual(identity.traits, { email, name: { first: 'Ana', last: 'Silva' } });
    assert.deepEqual(
      methods.map((one: Shown) => [one.method, one.aal, one.provider]),
      [['oidc', 'aal1', 'acme']],
    );
    const { credentials } = await api.identity(identity.id, 'oidc');
    assert.deepEqual(credentials.oidc.identifiers, [`acme:${sub}`]);
    const [account] = credentials.oidc.config.providers;
    assert.deepEqual([account.provider, account.subject], ['acme', sub]);
    assert.match(account.initial_id_token, /^eyJ/);
    assert.match(account.initial_refresh_token, /./);
  });

  test('iam oidc the same account is the same identity the next time, whatever else it says', async () => {
    const { sub } = somebodyNew();
    const first = await whoIs((await enter()).browser);
    provider.person = { sub, email: newEmail(), email_verified: true };
    const { browser, reply } = await enter();
    assert.equal(reply.headers.get('location'), `${api.server.url}/`);
    const second = await whoIs(browser);
    assert.equal(second.identity.id, first.identity.id);
    assert.deepEqual(second.identity.traits, first.identity.traits);
    assert.notEqual(second.id, first.id);
  });

  test('iam oidc the browser is sent with PKCE, state and nonce, to come back here', async () => {
    somebodyNew();
    await enter();
    const asked = provider.asked.at(-1)?.searchParams ?? new URLSearchParams();
    assert.equal(asked.get('response_type'), 'code');
    assert.equal(asked.get('code_challenge_method'), 'S256');
    for (const name of ['code_challenge', 'state', 'nonce'])
      assert.match(asked.get(name) ?? '', /^[\w-]{43}$/);
    assert.equal(asked.get('scope'), 'openid email profile');
    assert.equal(asked.get('redirect_uri'), `${api.server.url}/self-service/methods/oidc/callback/acme`);
    assert.equal(asked.get('prompt'), null);
  });

  test('iam oidc a page without scripts is redirected, by the button alone', async () => {
    const { email } = somebodyNew();
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    const fields = { identifier: '', password: '', csrf_token: inputValue(flow, 'csrf_token'), ...ACME };
    const away = await browser.postForm(`/self-service/login?flow=${flow.id}`, fields);
    assert.equal(away.status, 303, away.text);
    const back = await throughProvider(api, away.headers.get('location') ?? '');
    assert.equal((await browser.get(back, HTML)).status, 303);
    assert.equal((await whoIs(browser)).identity.traits.email, email);
  });

  test('iam oidc an address that the provider has verified is verified here, another is not', async () => {
    const seen = somebodyNew();
    const verified = (await whoIs((await enter()).browser)).identity;
    const address = addressOf(verified, seen.email);
    assert.deepEqual([address.verified, address.status], [true, 'completed']);
    assert.ok(address.verified_at);
    for (const claim of [{ email_verified: false }, { email_verified: undefined }, { email_verified: 1 }]) {
      const unseen = somebodyNew(claim);
      const { identity } = await whoIs((await enter()).browser);
      assert.equal(addressOf(identity, unseen.email).verified, false);
    }
  });

  test('iam oidc a later login verifies the address too, once the provider says so', async () => {
    const { email, sub } = somebodyNew({ email_verified: false });
    await enter();
    provider.person = { sub, email: 'someone.else@example.org', email_verified: true };
    assert.equal(addressOf((await whoIs((await enter()).browser)).identity, email).verified, false);
    provider.person = { sub, email: email.toUpperCase(), email_verified: 'true' };
    assert.equal(addressOf((await whoIs((await enter()).browser)).identity, email).verified, true);
  });

  test('iam oidc people sign in after the pool’s keys were turned', async () => {
    const { email } = somebodyNew();
    const browser = openBrowser(api);
    const flow = await browser.begin('login');
    const back = await throughProvider(api, await departFrom(browser, 'login', flow, ACME));
    await api.server.rotatePoolKeys();
    await browser.get(back, HTML);
    assert.equal((await whoIs(browser)).identity.traits.email, email);
  });

  test('iam oidc whoever is blocked is told so, and not signed in', async () => {
    somebodyNew();
    const { identity } = await whoIs((await enter()).browser);
    const blocked = [{ op: 'replace', path: '/state', value: 'inactive' }];
    assert.equal((await api.patch(`/admin/identities/${identity.id}`, blocked)).status, 200);
    const { browser, reply } = await enter();
    assert.deepEqual(messagesOf(await flowAt(api, browser, reply)), [4010011]);
    assertError(await browser.get('/sessions/whoami', JSON_ONLY), 401);
  });

  test('iam oidc whoever confirms a session must sign in anew, with their own account', async () => {
    const { sub } = somebodyNew();
    const { browser } = await enter();
    const before = await whoIs(browser);
    api.clock.advance(60);
    const flow = await browser.begin('login', '?refresh=true');
    assert.deepEqual(
      flow.ui.nodes.flatMap(({ attributes, meta }: Shown) =>
        attributes.name === 'provider' ? [meta.label.id] : [],
      ),
      [1010018],
    );
    provider.person = { sub: 'somebody-else' };
    const other = await goThrough(api, browser, { kind: 'login', flow, body: ACME });
    assert.equal(provider.asked.at(-1)?.searchParams.get('prompt'), 'login');
    assert.deepEqual(messagesOf(await flowAt(api, browser, other)), [4010009]);
    provider.person = { sub, auth_time: Math.floor(api.clock.now().getTime() / 1000) - 3600 };
    const stale = await goThrough(api, browser, { kind: 'login', flow, body: ACME });
    assert.deepEqual(messagesOf(await flowAt(api, browser, stale)), [4000001]);
    provider.person = { sub };
    const own = await goThrough(api, browser, { kind: 'login', flow, body: ACME });
    assert.equal(own.status, 303, own.text);
    const after = await whoIs(browser);
    assert.equal(after.id, before.id);
    assert.ok(after.authenticated_at > before.authenticated_at);
  });
});

suite('signing up', () => {
  const REQUIRED = {
    properties: {
      email: {
        type: 'string',
        format: 'email',
        'ory.sh/kratos': {
          credentials: { password: { identifier: true } },
          verification: { via: 'email' },
        },
      },
      shoe: { type: 'number', title: 'Shoe size' },
    },
    required: ['email', 'shoe'],
  };

  async function withSchema(t: { after(run: () => unknown): void }) {
    await api.setSchema('shoes', REQUIRED);
    const set = (id: string) => api.put(`/admin/schemas/${id}/default`);
    assert.equal((await set('shoes')).status, 200);
    t.after(() => set('default'));
  }

  test('iam oidc what the schema misses is asked for, out of either flow, and the account waits', async (t) => {
    await withSchema(t);
    for (const kind of ['registration', 'login'] as const) {
      const { email, sub } = somebodyNew();
      const browser = openBrowser(api);
      const begun = await browser.begin(kind);
      const reply = await goThrough(api, browser, { kind, flow: begun, body: ACME });
      const flow = await flowAt(api, browser, reply);
      assert.equal(flow.kind, 'registration');
      assert.equal(inputValue(flow, 'traits.email'), email);
      assert.deepEqual(messagesOf(flow), [4000002]);
      assert.doesNotMatch(JSON.stringify(flow), new RegExp(sub));
      const sent = { csrf_token: inputValue(flow, 'csrf_token'), ...ACME };
      const fields = { ...sent, 'traits.email': email, 'traits.shoe': '43' };
      const done = await browser.postForm(`/self-service/registration?flow=${flow.id}`, fields);
      assert.equal(done.status, 303, done.text);
      const [found] = (await api.get(`/admin/identities?credentials_identifier=acme:${sub}`)).body;
      assert.deepEqual(found.traits, { email, shoe: 43 });
      assert.equal(addressOf(found, email).verified, true);
      const status = kind === 'login' ? 200 : 401;
      assert.equal((await browser.get('/sessions/whoami', JSON_ONLY)).status, status, kind);
    }
  });

  test('iam oidc an address that was typed instead is not verified by the provider’s', async (t) => {
    await withSchema(t);
    const { sub } = somebodyNew();
    const browser = openBrowser(api);
    const begun = await browser.begin('registration');
    const reply = await goThrough(api, browser, { kind: 'registration', flow: begun, body: ACME });
    const flow = await flowAt(api, browser, reply);
    const typed = newEmail();
    const sent = { csrf_token: inputValue(flow, 'csrf_token'), ...ACME, traits: { email: typed, shoe: 43 } };
    assert.equal((await browser.postJson(`/self-service/registration?flow=${flow.id}`, sent)).status, 200);
    const [found] = (await api.get(`/admin/identities?credentials_identifier=acme:${sub}`)).body;
    assert.equal(found.traits.email, typed);
    assert.equal(addressOf(found, typed).verified, false);
  });

  test('iam oidc who is signed up already is signed in from a registration too', async () => {
    somebodyNew();
    const { identity } = await whoIs((await enter()).browser);
    const browser = openBrowser(api);
    const flow = await browser.begin('registration');
    const offers = ({ ui }: Shown) =>
      ui.nodes.flatMap(({ group, meta }: Shown) => (group === 'oidc' ? [meta.label.text] : []));
    assert.deepEqual(offers(flow), ['Sign up with Acme']);
    const sent = { method: 'profile', traits: {}, csrf_token: inputValue(flow, 'csrf_token') };
    const second = await browser.postJson(`/self-service/registration?flow=${flow.id}`, sent);
    assert.deepEqual(offers(second.body), ['Sign up with Acme']);
    await goThrough(api, browser, { kind: 'registration', flow, body: ACME });
    assert.equal((await whoIs(browser)).identity.id, identity.id);
  });
});
