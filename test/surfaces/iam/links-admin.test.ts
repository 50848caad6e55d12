import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { JSON_ONLY, openBrowser } from '../../harness/flows.ts';
import { assertError, type IamApi, type Shown, startIam, UNKNOWN } from '../../harness/iam.ts';
import { messagesTo } from '../../harness/outbox.ts';
import { startServer } from '../../harness/server.ts';

const LINKS = { methods: { link: { enabled: true } } };
const HTML = { accept: 'text/html' };

let api: IamApi;
before(async () => {
  api = await startIam();
  await api.server.configureSelfService(LINKS);
});
afterEach(() => api.server.configureSelfService(LINKS));
after(() => api[Symbol.asyncDispose]());

const placeOf = ({ headers }: { headers: Headers }) => new URL(headers.get('location') ?? '');
const isVerified = async (id: string) =>
  (await api.identity(id)).verifiable_addresses.map(({ verified, status }: Shown) => [verified, status]);

describe('a link that an administrator makes', () => {
  const make = (body: object, query = '') => api.post(`/admin/recovery/link${query}`, body);

  test('opens the account and proves no address; nothing is sent', async () => {
    const { id, traits } = await api.create();
    const made = await make({ identity_id: id, expires_in: '2h' });
    assert.equal(made.status, 200, made.text);
    assert.equal((Date.parse(made.body.expires_at) - api.clock.now().getTime()) / 1000, 7200);
    assert.deepEqual(await messagesTo(api.server, traits.email), []);
    const browser = openBrowser(api);
    const link = made.body.recovery_link.slice(api.server.url.length);
    assert.equal(placeOf(await browser.get(link, HTML)).pathname, '/settings');
    const { body: session } = await browser.get('/sessions/whoami', JSON_ONLY);
    assert.equal(session.identity.id, id);
    assert.deepEqual(await isVerified(id), [[false, 'pending']]);
    const actions = await api.server.sql<{ action: string }>(
      '/* scatter: a test */ select action from audit_entries where subject_id = $1 order by id',
      [id],
    );
    assert.ok(actions.some(({ action }) => action === 'identity.recovery_link_created'));
  });

  test('leads back to where it was made for, and nowhere else', async () => {
    const { id } = await api.create();
    assertError(await make({ identity_id: id }, '?return_to=https://evil.example'), 400);
    await api.server.configureSelfService({ ...LINKS, returnTo: ['https://app.example.com'] });
    const made = await make({ identity_id: id }, '?return_to=https://app.example.com/home');
    const browser = openBrowser(api);
    const place = placeOf(await browser.get(made.body.recovery_link.slice(api.server.url.length), HTML));
    const flows = `/self-service/settings/flows?id=${place.searchParams.get('flow')}`;
    assert.equal((await browser.get(flows, JSON_ONLY)).body.return_to, 'https://app.example.com/home');
  });

  test('400: nobody there, nobody with an address, no duration that lies ahead', async () => {
    const { id } = await api.create({ traits: { username: 'nobody-to-write-to' } });
    assertError(await make({ identity_id: UNKNOWN }), 400);
    assertError(await make({ identity_id: id }), 400);
    assertError(await make({ identity_id: id, expires_in: '-1h' }), 400);
  });

  test('404: links are off', async () => {
    await api.server.configureSelfService({});
    const { id } = await api.create();
    assertError(await make({ identity_id: id }), 404);
  });
});

test('links begin with the public address of their pool', async () => {
  const environment = { SELFSAME_SERVER_PUBLIC_URL: 'https://id.example.com' };
  await using server = await startServer({ environment });
  await server.configureSelfService(LINKS);
  const { body: person } = await server.call('POST', '/admin/identities', {
    body: { schema_id: 'default', traits: { email: 'jo@example.org' } },
  });
  const made = await server.call('POST', '/admin/recovery/link', { body: { identity_id: person.id } });
  assert.match(made.body.recovery_link, /^https:\/\/id\.example\.com\/self-service\/recovery\?flow=/);
});
