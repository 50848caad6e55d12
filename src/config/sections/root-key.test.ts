import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ConfigError } from '../error.ts';
import { loadConfig } from '../load.ts';

const [one, two, three] = [randomBytes(32), randomBytes(32), randomBytes(32)].map((key) =>
  key.toString('base64'),
);
const load = (environment: Record<string, string>) =>
  loadConfig({ mode: 'manage', environment }).config.rootKey;

test('further root keys stand beside the one in the environment, commas between them, unseen', () => {
  const rootKey = load({ SELFSAME_ROOT_KEY: one ?? '', SELFSAME_ROOT_KEY_PREVIOUS: `${two}, ${three}` });
  assert.deepEqual(rootKey.previous?.reveal(), [two, three]);
  assert.ok(!JSON.stringify(rootKey).includes(two ?? ''));
});

test('further root keys are refused without that one, or when one of them is no key', () => {
  for (const environment of [
    { SELFSAME_ROOT_KEY_PREVIOUS: two ?? '' },
    { SELFSAME_ROOT_KEY: one ?? '', SELFSAME_ROOT_KEY_PREVIOUS: `${two},secret` },
  ]) {
    assert.throws(
      () => load(environment),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /SELFSAME_ROOT_KEY_PREVIOUS/);
        assert.doesNotMatch(error.message, /secret[^s]|AAAA/);
        return true;
      },
    );
  }
});
