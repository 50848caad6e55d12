import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listPasswordViolations } from '../../core/passwords/policy.ts';
import { DEFAULT_ALGORITHM } from '../../core/passwords/ports.ts';
import { createCommonPasswords } from './common-passwords.ts';

test('a common password is a violation in any case, an uncommon one is none', async () => {
  const deps = { breached: createCommonPasswords() };
  const violationsOf = (password: string) =>
    listPasswordViolations(deps, { password, identifiers: [], algorithm: DEFAULT_ALGORITHM });
  assert.deepEqual(await violationsOf('Password1'), ['breached']);
  assert.deepEqual(await violationsOf('qwertyuiop'), ['breached']);
  assert.deepEqual(await violationsOf('1234'), ['too_short', 'breached']);
  assert.deepEqual(await violationsOf('vernal-cobalt-heron-71'), []);
});
