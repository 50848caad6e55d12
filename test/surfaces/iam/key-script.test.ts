import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../harness/flows.ts';
import { type IamApi, type Shown, startIam } from '../../harness/iam.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const PATH = '/.well-known/ory/webauthn.js';
const get = (path: string) => api.server.call('GET', path, { key: null });
const scriptOf = ({ ui }: Shown) => ui.nodes.find(({ type }: Shown) => type === 'script');

test('the script is served on every mount, and for every pool, without a key', async () => {
  const { app_id } = api.server.quickstart.live;
  const texts = new Set<string>();
  for (const mount of ['', '/auth', '/iam', `/p/${app_id}`, `/p/${app_id}/auth`]) {
    const reply = await get(`${mount}${PATH}`);
    assert.equal(reply.status, 200, mount);
    assert.equal(reply.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(reply.headers.get('cache-control'), 'no-cache');
    assert.equal(reply.headers.get('access-control-allow-origin'), '*');
    texts.add(reply.text);
  }
  assert.equal(texts.size, 1);
  assert.equal((await get('/.well-known/ory/other.js')).status, 404);
});

test('a flow names it by the pool’s address, with the digest of what is served', async () => {
  const { text } = await get(PATH);
  const browser = openBrowser(api);
  const { attributes } = scriptOf(await browser.begin('login'));
  const { nonce, ...rest } = attributes;
  assert.deepEqual(rest, {
    src: `${api.server.url}${PATH}`,
    ...{ async: true, referrerpolicy: 'no-referrer', crossorigin: 'anonymous' },
    integrity: `sha512-${createHash('sha512').update(text).digest('base64')}`,
    ...{ type: 'text/javascript', id: 'webauthn_script', node_type: 'script' },
  });
  assert.match(nonce, /^[\w-]{22}$/);
  assert.notEqual(scriptOf(await browser.begin('login')).attributes.nonce, nonce);
});

test('it defines what nodes name as triggers, and needs nothing that a strict policy forbids', async () => {
  const { text } = await get(PATH);
  for (const name of [
    ...['oryWebAuthnRegistration', 'oryWebAuthnLogin', 'oryPasskeyLogin', 'oryPasskeyRegistration'],
    ...['oryPasskeySettingsRegistration', 'oryPasskeyLoginAutocompleteInit'],
  ])
    assert.match(text, new RegExp(`\\b${name}:`), name);
  assert.doesNotMatch(text, /\beval\(|new Function|innerHTML|document\.write|\.style\b|https?:\/\//);
});
