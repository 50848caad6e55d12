import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertError, type IamApi, newEmail, startIam, UNKNOWN } from '../../harness/iam.ts';
import { IDENTITIES as BASE, listsOf } from '../../harness/iam-lists.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const { list, walk } = listsOf(() => api);
const refused = async (query: string, reason?: RegExp) =>
  assertError(await api.get(`${BASE}?${query}`), 400, reason);

suite('ids', () => {
  test('unknown ones are passed over, doubled ones come once, in any case', async () => {
    const [one, other] = [await api.create(), await api.create()];
    const query = [other.id, one.id.toUpperCase(), UNKNOWN, other.id].map((id) => `ids=${id}`).join('&');
    assert.deepEqual((await list(query)).ids, [one.id, other.id]);
    assert.deepEqual((await walk(`${query}&page_size=1`)).flat(), [one.id, other.id]);
    const { id: elsewhere } = await api.create({}, api.sandbox);
    assert.deepEqual((await list(`ids=${elsewhere}`)).ids, []);
  });

  test('iam 18 one filter at a time', async () => {
    await refused('ids=&credentials_identifier=');
    const pairs = ['credentials_identifier=a', `ids=${UNKNOWN}`, `organization_id=${UNKNOWN}`];
    for (const filter of pairs)
      await refused(`preview_credentials_identifier_similar=x&${filter}`, /cannot combine multiple filters/);
    await refused(`ids=${UNKNOWN}&credentials_identifier=a`, /cannot combine multiple filters/);
  });

  test('iam 19 500 of them and no more; each a UUID', async () => {
    const query = (count: number) => Array.from({ length: count }, () => `ids=${UNKNOWN}`).join('&');
    await refused(query(501), /ids/);
    assert.deepEqual((await list(query(500))).ids, []);
    await refused('ids=nope', /ids/);
    await refused(`ids=${UNKNOWN}&ids=`, /ids/);
    assert.deepEqual((await list('ids=a3bb189e-8bf9-4888-9912-ace4e6543002')).ids, []);
  });
});

suite('identifiers', () => {
  const find = (text: string, more = '') => list(`credentials_identifier=${encodeURIComponent(text)}${more}`);
  const begin = (text: string, more = '') =>
    list(`preview_credentials_identifier_similar=${encodeURIComponent(text)}${more}`);

  before(() =>
    api.setSchema('named', {
      properties: {
        username: {
          type: 'string',
          'ory.sh/kratos': { credentials: { password: { identifier: true } } },
        },
        phone: {
          type: 'string',
          format: 'tel',
          'ory.sh/kratos': { credentials: { code: { identifier: true, via: 'sms' } } },
        },
        spare: { type: 'string', format: 'email', 'ory.sh/kratos': { recovery: { via: 'email' } } },
      },
    }),
  );

  test('iam 16 an e-mail in other letter case is found, with its credentials', async () => {
    const email = newEmail();
    const credentials = { password: { config: { password: 'secret' } } };
    const { id } = await api.create({ traits: { email: `A${email}` }, credentials });
    const { ids, items } = await find(` a${email.toUpperCase()}`);
    assert.deepEqual(ids, [id]);
    assert.deepEqual(items[0].credentials.password.identifiers, [`a${email}`]);
    assert.equal('config' in items[0].credentials.password, false);
    assert.match(
      (await find(`a${email}`, '&include_credential=password')).items[0].credentials.password.config
        .hashed_password,
      /^\$argon2id\$/,
    );
    const numbered = await find(`a${email}`, '&page=0');
    assert.deepEqual([numbered.ids, numbered.total, Object.keys(numbered.links)], [[id], '1', ['first']]);
    assert.equal((await find('nobody@example.org', '&page=0')).total, '0');
  });

  test('credentials are in a list that asks for them, and in no other', async () => {
    const { id } = await api.create();
    assert.equal('credentials' in (await list(`ids=${id}`)).items[0], false);
    const { items } = await list(`ids=${id}&include_credential=totp`);
    assert.deepEqual(Object.keys(items[0].credentials).sort(), ['code', 'password']);
    await refused(`ids=${id}&include_credential=password,totp`, /include_credential/);
  });

  test('iam 17 accounts elsewhere are found by their exact spelling', async () => {
    const subject = `Sub-${newEmail()}`;
    const providers = [{ provider: 'google', subject }];
    const oidc = await api.create({ credentials: { oidc: { config: { providers } } } });
    const saml = await api.create({ credentials: { saml: { config: { providers } } } });
    assert.deepEqual((await find(`google:${subject}`)).ids, [oidc.id, saml.id]);
    assert.deepEqual((await find(`google:${subject.toLowerCase()}`)).ids, []);
    assert.deepEqual((await begin('google:Sub-')).ids, [oidc.id, saml.id]);
    assert.deepEqual((await begin('google:sub-')).ids, []);
  });

  test('user names and phone numbers, however they are written', async () => {
    const { id } = await api.create({
      schema_id: 'named',
      traits: { username: 'Zoë_Q', phone: '+49 176 671 11 639' },
    });
    assert.deepEqual((await find('ZOË_q')).ids, [id]);
    assert.deepEqual((await find('+49 (176) 671-11639')).ids, [id]);
    assert.deepEqual((await begin('zoë')).ids, [id]);
    assert.deepEqual((await begin('+4917667111')).ids, [id]);
  });

  test('an address that nobody logs in with is no identifier', async () => {
    const spare = newEmail();
    await api.create({ schema_id: 'named', traits: { username: newEmail(), spare } });
    assert.deepEqual((await find(spare)).ids, []);
    assert.deepEqual((await begin(spare)).ids, []);
  });

  test('iam 20 by their beginning, where nothing is a wildcard', async () => {
    const [foo, bar] = [
      await api.create({ traits: { email: 'Foo@similar.example' } }),
      'bar@similar.example',
    ];
    await api.create({ traits: { email: bar } });
    const { ids, items } = await begin('fo');
    assert.deepEqual(ids, [foo.id]);
    assert.deepEqual(items[0].credentials.password.identifiers, ['foo@similar.example']);
    for (const text of ['f', 'FOO@', 'foo@similar.example'])
      assert.deepEqual((await begin(text)).ids, [foo.id], text);
    for (const text of ['%', '_oo', 'oo@', 'foo%', 'foo@similar.examples'])
      assert.deepEqual((await begin(text)).ids, [], text);
  });

  test('those that begin alike come in pages', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1)
      ids.push((await api.create({ traits: { email: `alike.${n}@similar.example` } })).id);
    assert.deepEqual(await walk('preview_credentials_identifier_similar=alike&page_size=2'), [
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    const numbered = await begin('alike.', '&page=1&per_page=3');
    assert.deepEqual(numbered.ids, ids.slice(3));
  });
});

suite('organizations', () => {
  test('its members and nobody else, in pages', async () => {
    const organization_id = '5b3cbb2e-9a01-4c57-8e5f-0d8f5c3c1c11';
    const ids: string[] = [];
    for (const spelled of [organization_id, organization_id.toUpperCase(), organization_id])
      ids.push((await api.create({ organization_id: spelled })).id);
    assert.deepEqual((await list(`organization_id=${organization_id.toUpperCase()}`)).ids, ids);
    assert.deepEqual(await walk(`organization_id=${organization_id}&page_size=2`), [
      ids.slice(0, 2),
      ids.slice(2),
    ]);
    assert.deepEqual((await list(`organization_id=${UNKNOWN}`)).ids, []);
    await refused('organization_id=acme', /organization_id/);
    assert.equal((await api.delete(`${BASE}/${ids[0]}`)).status, 204);
    assert.deepEqual((await list(`organization_id=${organization_id}`)).ids, ids.slice(1));
  });
});
