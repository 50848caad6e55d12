import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Credentials, NO_CREDENTIALS } from '../credentials/credentials.ts';
import {
  addKey,
  findKey,
  hexOf,
  keysOf,
  markCloned,
  removeKey,
  toPublicKey,
  useKey,
  userHandleOf,
} from './keys.ts';
import type { AuthenticatorState } from './ports.ts';

const AT = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-02T00:00:00.000Z';
const STATE: AuthenticatorState = {
  ...{ signCount: 0, isUserVerified: true, isBackupEligible: false, isBackedUp: false },
};
const made = (id: string) => ({ ...STATE, id, publicKey: 'cHVibGlj', aaguid: `${'0'.repeat(8)}-0000-0000` });
const key = (id: string, isPasswordless = true) =>
  toPublicKey(made(id), {
    ...{ displayName: 'Blue', addedAt: new Date(AT), isPasswordless, transports: ['usb'] },
  });
const holding = (...ids: string[]): Credentials =>
  ids.reduce(
    (credentials, id) => addKey(credentials, 'passkey', { key: key(id), userHandle: 'aGFuZGxl', at: AT }),
    NO_CREDENTIALS,
  );
const use = (credentials: Credentials, state: Partial<AuthenticatorState>, id = 'a2V5') =>
  useKey(credentials, 'passkey', { id, publicKey: 'cHVibGlj', state: { ...STATE, ...state } });
const counted = (signCount: number): Credentials => {
  const used = use(holding('a2V5'), { signCount });
  assert.ok(used.is === 'good');
  return used.credentials;
};

suite('counters', () => {
  const cases = [
    ...([
      [0, 0, 'good'],
      [0, 1, 'good'],
      [1, 2, 'good'],
      [5, 4_000_000_000, 'good'],
    ] as const),
    ...([
      [1, 1, 'cloned'],
      [5, 4, 'cloned'],
      [5, 0, 'cloned'],
    ] as const),
  ];
  for (const [before, now, outcome] of cases)
    test(`${now} after ${before} is ${outcome}`, () => {
      assert.equal(use(counted(before), { signCount: now }).is, outcome);
    });

  test('a use is kept on the key, and does not count as a change of what is set up', () => {
    const used = use(counted(3), { signCount: 4, isUserVerified: false });
    assert.ok(used.is === 'good');
    const held = findKey(used.credentials, 'passkey', 'a2V5');
    assert.equal(held?.authenticator?.signCount, 4);
    assert.equal(held?.flags?.userVerified, false);
    assert.equal(used.credentials.passkey?.updatedAt, AT);
  });

  test('a warning stays with a key that is used on', () => {
    const warned = markCloned(counted(3), 'passkey', 'a2V5');
    assert.equal(findKey(warned, 'passkey', 'a2V5')?.authenticator?.signCount, 3);
    const used = use(warned, { signCount: 4 });
    assert.ok(used.is === 'good');
    assert.equal(findKey(used.credentials, 'passkey', 'a2V5')?.authenticator?.cloneWarning, true);
  });
});

test('a key that is gone, was replaced, or has become one that is copied about does not count', () => {
  const credentials = holding('a2V5');
  assert.deepEqual(use(credentials, {}, 'b3RoZXI='), { is: 'wrong' });
  assert.deepEqual(use(credentials, { isBackupEligible: true }), { is: 'wrong' });
  const replaced = { id: 'a2V5', publicKey: 'b3RoZXI=', state: STATE };
  assert.deepEqual(useKey(credentials, 'passkey', replaced), { is: 'wrong' });
  assert.deepEqual(useKey(credentials, 'webauthn', replaced), { is: 'wrong' });
});

test('an imported key that says nothing of its authenticator may be used', () => {
  const { authenticator: _, flags: __, ...bare } = key('a2V5');
  const credentials = addKey(NO_CREDENTIALS, 'passkey', { key: bare, userHandle: 'aA==', at: AT });
  assert.equal(use(credentials, { signCount: 7, isBackupEligible: true }).is, 'good');
});

test('keys are added after one another, and with the last one the credential goes', () => {
  const both = addKey(holding('b25l'), 'passkey', {
    key: key('dHdv'),
    userHandle: 'bm90IGhpcw==',
    at: LATER,
  });
  assert.deepEqual(
    keysOf(both).map(({ id }) => id),
    ['b25l', 'dHdv'],
  );
  assert.deepEqual(
    [userHandleOf(both), both.passkey?.createdAt, both.passkey?.updatedAt],
    ['aGFuZGxl', AT, LATER],
  );
  const one = removeKey(both, 'passkey', { id: 'b25l', at: LATER });
  assert.deepEqual(
    keysOf(one).map(({ id }) => id),
    ['dHdv'],
  );
  assert.deepEqual(removeKey(one, 'passkey', { id: 'dHdv', at: LATER }), NO_CREDENTIALS);
});

test('security keys that were imported without a handle get the one of the first key that is added', () => {
  const imported: Credentials = {
    ...NO_CREDENTIALS,
    webauthn: { keys: [key('b25l', false)], userHandle: '', createdAt: AT, updatedAt: AT },
  };
  assert.equal(userHandleOf(imported), null);
  const added = addKey(imported, 'webauthn', { key: key('dHdv', false), userHandle: 'aGFuZGxl', at: LATER });
  assert.equal(userHandleOf(added), 'aGFuZGxl');
});

test('forms name a key in hexadecimal', () => {
  assert.equal(hexOf({ id: '+/8=' }), 'fbff');
});
