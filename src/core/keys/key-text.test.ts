import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ENVIRONMENTS, type KeyId } from '../ports.ts';
import { KEY_KINDS } from './key-kinds.ts';
import { formatKey, parseKey, SECRET_BYTES } from './key-text.ts';

const id = '0190c0de-0000-7000-8000-000000000001' as KeyId;
const bytes = fc.uint8Array({ minLength: SECRET_BYTES, maxLength: SECRET_BYTES });

test('a key reads as what it was written for, its kind and environment in front', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...KEY_KINDS),
      fc.constantFrom(...ENVIRONMENTS),
      bytes,
      (kind, environment, secret) => {
        const { text, ...key } = formatKey({ kind, environment, id }, secret);
        assert.ok(text.startsWith(`vk_${kind === 'publishable' ? 'pub_' : ''}${environment}_`));
        assert.deepEqual(parseKey(text), key);
      },
    ),
  );
});

test('other prefixes are no key', () => {
  const { text } = formatKey({ kind: 'publishable', environment: 'live', id }, new Uint8Array(SECRET_BYTES));
  assert.notEqual(parseKey(text), null);
  for (const prefix of [
    'vk_live_pub_',
    'vk_pub_',
    'vk_pub__live_',
    'pub_live_',
    'vk_pub_pub_live_',
    'VK_PUB_LIVE_',
    'vk_sec_live_',
  ])
    assert.equal(parseKey(text.replace('vk_pub_live_', prefix)), null, prefix);
});
