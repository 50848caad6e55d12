import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from './answer.ts';
import { relyingPartyOf } from './relying-party.ts';

const ANSWER = {
  ...{ id: '-_8', rawId: '-_8', type: 'public-key', extra: { a: 1 } },
  response: { clientDataJSON: 'e30', signature: 'AAAA', userHandle: 'AQID', transports: ['usb', 'NO', 7] },
};
const read = (change: object) => readAnswer(JSON.stringify({ ...ANSWER, ...change }));

test('what counts of an answer is read, bytes as identities keep them, and nothing else', () => {
  assert.deepEqual(read({}), {
    ...{ keyId: '+/8=', userHandle: 'AQID' },
    json: { id: '-_8', response: { clientDataJSON: 'e30', signature: 'AAAA' }, transports: ['usb'] },
  });
});

test('no user handle and an empty one are the same; padding is let through', () => {
  const { response } = ANSWER;
  for (const userHandle of [undefined, null, ''])
    assert.equal(read({ response: { ...response, userHandle } })?.userHandle, null);
  assert.equal(read({ id: '-_8=' })?.keyId, '+/8=');
});

test('what is no answer of an authenticator is not read', () => {
  for (const text of ['', 'x', 'null', '[]', '7', '"x"', '{}']) assert.equal(readAnswer(text), null, text);
  const { response } = ANSWER;
  for (const change of [
    ...[
      { id: '' },
      { id: 7 },
      { id: '+/8=' },
      { id: 'A'.repeat(1400) },
      { type: 'password' },
      { response: 1 },
    ],
    ...[{ response: { ...response, userHandle: 7 } }, { response: { ...response, userHandle: '%' } }],
    ...[{ response: { ...response, userHandle: 'A'.repeat(88) } }, { extra: 'x'.repeat(70_000) }],
  ])
    assert.equal(read(change), null, JSON.stringify(change).slice(0, 80));
});

const CONFIG = { rpId: null, rpName: 'Harbour', origins: [] };

test('the party is the host of the pool’s address, whatever stands after it, and its pages are there', () => {
  const at = { base: 'https://id.example.com:8443/p/one', uiUrl: null };
  assert.deepEqual(relyingPartyOf(CONFIG, at), {
    ...{ id: 'id.example.com', name: 'Harbour', origins: ['https://id.example.com:8443'] },
  });
});

test('pages elsewhere, and what the pool names, are origins too; the domain may be one above', () => {
  const at = { base: 'https://id.example.com', uiUrl: 'https://login.example.com/de' };
  const config = {
    ...CONFIG,
    rpId: 'example.com',
    origins: ['android:apk-key-hash:abc', 'https://id.example.com'],
  };
  assert.deepEqual(relyingPartyOf(config, at), {
    ...{ id: 'example.com', name: 'Harbour' },
    origins: ['https://id.example.com', 'https://login.example.com', 'android:apk-key-hash:abc'],
  });
});
