import assert from 'node:assert/strict';
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, startIam } from '../../harness/iam.ts';
import type { TestSession } from '../../harness/sessions.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const CLAIMS = ['email', 'email_verified', 'given_name', 'family_name', 'acr', 'amr', 'auth_time'];
const TEMPLATES = [
  { name: 'plain' },
  { name: 'rich', ttlSeconds: 600, claims: [...CLAIMS, 'schema_id', 'metadata_public', 'traits'] },
  { name: 'external', subject: 'external_id' },
];

const configure = () => api.server.configureIam({ tokenTemplates: TEMPLATES });
const ask = ({ token }: TestSession, template: string, base = '') =>
  api.get(`${base}/sessions/whoami?tokenize_as=${template}`, {
    ...{ key: null, headers: { 'x-session-token': token } },
  });
const jwks = async (base = '') => (await api.get(`${base}/.well-known/jwks.json`, { key: null })).body.keys;

const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

/** Checks a token as a service would that knows nothing but its address. */
async function checked(token: string) {
  const [header, claims, signature] = token.split('.');
  const { kid, alg, typ } = decode(header);
  assert.deepEqual([alg, typ], ['ES256', 'JWT']);
  const { iss } = decode(claims);
  const found = (await jwks(iss.slice(api.server.url.length))).find(
    (key: { kid: string }) => key.kid === kid,
  );
  const isGood = (text: string) =>
    verify(
      'sha256',
      Buffer.from(text),
      { key: createPublicKey({ key: found as JsonWebKey, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature ?? '', 'base64url'),
    );
  assert.ok(isGood(`${header}.${claims}`));
  assert.equal(isGood(`${header}.${claims}x`), false);
  return decode(claims);
}

async function newSession(body = {}): Promise<TestSession & { identityId: string }> {
  const { id: identityId } = await api.create(body);
  return { ...(await api.server.logIn({ identityId })), identityId };
}

suite('before a pool has templates', () => {
  test('there is no key, and no token', async () => {
    assert.deepEqual(await jwks(), []);
    assertError(await ask(await newSession(), 'plain'), 400, /tokenize_as/);
    assert.deepEqual(await jwks(), []);
  });
});

suite('with templates', () => {
  before(configure);

  test('iam 75 a known template gives a token that verifies, whose subject is the identity', async () => {
    const session = await newSession();
    const { status, body } = await ask(session, 'plain');
    assert.equal(status, 200);
    assert.equal(body.id, session.id);
    const seconds = Math.floor(api.clock.now().getTime() / 1000);
    const { jti, ...claims } = await checked(body.tokenized);
    assert.match(jti, /^[0-9a-f-]{36}$/);
    assert.deepEqual(claims, {
      ...{ iss: api.server.url, sub: session.identityId, sid: session.id },
      ...{ iat: seconds, nbf: seconds, exp: seconds + 60 },
    });
    const again = await checked((await ask(session, 'plain')).body.tokenized);
    assert.notEqual(again.jti, jti);
  });

  test('iam 75 an unknown template is refused', async () => {
    const session = await newSession();
    for (const name of ['other', '', '__proto__']) assertError(await ask(session, name), 400, /tokenize_as/);
  });

  test('a template adds the claims that it names, as far as there are values', async () => {
    const email = newEmail();
    const traits = { email, name: { first: 'Ana' } };
    const session = await newSession({
      ...{ traits, metadata_public: { plan: 'gold' }, metadata_admin: { risk: 'high' } },
      verifiable_addresses: [{ value: email, via: 'email', verified: true }],
    });
    const { jti, iss, sub, sid, iat, nbf, exp, ...added } = await checked(
      (await ask(session, 'rich')).body.tokenized,
    );
    assert.equal(exp - iat, 600);
    assert.deepEqual(added, {
      ...{ email, email_verified: true, given_name: 'Ana', acr: 'aal1', amr: ['password'] },
      ...{ auth_time: iat, schema_id: 'default', metadata_public: { plan: 'gold' }, traits },
    });
  });

  test('traits and metadata cannot say who somebody is', async () => {
    const session = await newSession({ metadata_public: { sub: 'somebody-else', exp: 1 } });
    const claims = await checked((await ask(session, 'rich')).body.tokenized);
    assert.equal(claims.sub, session.identityId);
    assert.ok(claims.exp > 1);
  });

  test('the subject may be the caller’s own key, for those who have one', async () => {
    const external = `customer-${newEmail()}`;
    const session = await newSession({ external_id: external });
    assert.equal((await checked((await ask(session, 'external')).body.tokenized)).sub, external);
    assertError(await ask(await newSession(), 'external'), 400, /tokenize_as/);
  });

  test('the key is there before the first token, once there are templates', async () => {
    const { poolId } = await api.server.createAccount();
    assert.deepEqual(await jwks(`/p/${poolId}`), []);
    await api.server.configureIam({ tokenTemplates: TEMPLATES, poolId });
    const [key] = await jwks(`/p/${poolId}`);
    assert.equal(key.alg, 'ES256');
    assert.deepEqual(await jwks(`/p/${poolId}`), [key]);
  });

  test('one key signs, however many ask at once, and it is shown without its private half', async () => {
    const poolId = api.server.quickstart.sandbox.app_id;
    await api.server.configureIam({ tokenTemplates: TEMPLATES, poolId });
    const { id } = await api.create({}, api.sandbox);
    const session = await api.server.logIn({ identityId: id, poolId });
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => ask(session, 'plain', `/p/${poolId}`)),
    );
    const tokens = replies.map(({ body }) => body.tokenized.split('.')[0]);
    assert.equal(new Set(tokens).size, 1);
    const claims = await checked(replies[0]?.body.tokenized);
    assert.equal(claims.iss, `${api.server.url}/p/${poolId}`);
    const [own, sandbox] = [await jwks(), await jwks(`/p/${poolId}`)];
    assert.notEqual(own[0].kid, sandbox[0].kid, 'each pool has its own');
    assert.deepEqual(Object.keys(own[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    for (const base of ['/auth', '/iam']) assert.deepEqual(await jwks(base), own);
  });

  test('a key opens after the pool’s keys were rotated', async () => {
    const session = await newSession();
    const before = decode((await ask(session, 'plain')).body.tokenized.split('.')[0]).kid;
    await api.server.rotatePoolKeys();
    const { body } = await ask(session, 'plain');
    assert.equal(decode(body.tokenized.split('.')[0]).kid, before);
    await checked(body.tokenized);
  });

  test('a session that lets nobody in, or not far enough, has no token', async () => {
    const totp = 'otpauth://totp/Test:a?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Test';
    const half = await newSession({ credentials: { totp: { config: { totp_url: totp } } } });
    assertError(await ask(half, 'plain'), 403);
    const ended = await newSession();
    await api.delete(`/admin/sessions/${ended.id}`);
    assertError(await ask(ended, 'plain'), 401);
  });
});

suite('setting templates', () => {
  const refused = async (...tokenTemplates: { name: string; [more: string]: unknown }[]) =>
    assert.rejects(api.server.configureIam({ tokenTemplates }), { code: 'invalid_input' });

  test('a template that could not be used, or would tell of what nobody may read, is refused', async () => {
    await refused({ name: '' });
    await refused({ name: 'a b' });
    await refused({ name: 'a' }, { name: 'a' });
    await refused({ name: 'a', ttlSeconds: 0 });
    await refused({ name: 'a', ttlSeconds: 86_401 });
    await refused({ name: 'a', ttlSeconds: 1.5 });
    for (const claim of ['sub', 'exp', 'iss', 'metadata_admin', 'credentials', 'document_number'])
      await refused({ name: 'a', claims: [claim] });
    await refused({ name: 'a', subject: 'email' });
    await refused(...Array.from({ length: 21 }, (_, n) => ({ name: `t${n}` })));
  });

  test('templates are set as a whole, and setting the same again changes nothing', async () => {
    const entries = () =>
      api.server.sql(
        `/* scatter: a test */ select fields from audit_entries where action = 'pool.configured'`,
      );
    const { tokenTemplates } = await api.server.configureIam({ tokenTemplates: [{ name: 'one' }] });
    assert.deepEqual(tokenTemplates, [{ name: 'one', ttlSeconds: 60, claims: [], subject: 'id' }]);
    const count = (await entries()).length;
    await api.server.configureIam({ tokenTemplates: [{ name: 'one', ttlSeconds: 60 }] });
    assert.equal((await entries()).length, count);
    assert.deepEqual((await entries()).at(-1), { fields: ['token_templates'] });
  });
});
