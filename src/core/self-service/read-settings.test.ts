import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InvalidInput } from '../errors.ts';
import { changedSettings } from './changed-settings.ts';
import { DEFAULT_SELF_SERVICE, type SelfServiceConfig, withSettings } from './config.ts';
import { readSelfServiceSettings } from './read-settings.ts';

function problemsOf(document: unknown): string[] {
  try {
    readSelfServiceSettings(document);
    return [];
  } catch (error) {
    assert.ok(error instanceof InvalidInput);
    return error.problems.map(({ path, code }) => `${path.slice(1).join('.')} ${code}`);
  }
}

test('the defaults are settings like any, and so is nothing at all', () => {
  assert.deepEqual(readSelfServiceSettings(DEFAULT_SELF_SERVICE), DEFAULT_SELF_SERVICE);
  assert.deepEqual(readSelfServiceSettings({}), {});
});

test('every problem is told at once, with its name', () => {
  const document = {
    enabled: { recovery: 'no' },
    flowSeconds: { login: 59, sleeping: 60 },
    methods: { code: true },
    nothing: 1,
  };
  assert.deepEqual(problemsOf(document), [
    ...['enabled.recovery invalid', 'flowSeconds.login invalid', 'flowSeconds.sleeping unknown'],
    ...['methods.code invalid', 'nothing unknown'],
  ]);
});

test('names that every object has are no settings', () => {
  for (const name of ['constructor', '__proto__', 'toString'])
    assert.deepEqual(problemsOf(JSON.parse(`{"${name}": {}}`)), [`${name} unknown`]);
});

test('what was sent is in no message', () => {
  assert.throws(
    () => readSelfServiceSettings({ uiUrl: 'ftp://PRIVATE' }),
    (error: InvalidInput) => !JSON.stringify(error.problems).includes('PRIVATE'),
  );
});

describe('bounds', () => {
  const within: readonly [object, boolean][] = [
    [{ flowSeconds: { login: 60 } }, true],
    [{ flowSeconds: { login: 30 * 86_400 } }, true],
    [{ flowSeconds: { login: 30 * 86_400 + 1 } }, false],
    [{ codes: { submissionsMax: 20 } }, true],
    [{ codes: { submissionsMax: 21 } }, false],
    [{ codes: { submissionsMax: 1.5 } }, false],
    [{ sessions: { privilegedSeconds: 59 } }, false],
    [{ sessions: { whoamiAal: 'aal3' } }, false],
    [{ lockout: { perIdentifierMax: 0 } }, false],
    [{ uiUrl: 'https://ui.example.com/a' }, true],
    [{ uiUrl: 'https://ui.example.com/?a' }, false],
    [{ uiUrl: 'https://jo:secret@ui.example.com' }, false],
    [{ uiUrl: 'javascript:alert(1)' }, false],
    [{ uiUrl: null }, true],
    [{ returnTo: ['https://*.example.com'] }, true],
    [{ returnTo: ['https://example.com/../x'] }, false],
    [{ returnTo: Array(101).fill('https://example.com') }, false],
    [{ corsOrigins: ['https://app.example.com:8443'] }, true],
    ...['*', 'null', 'https://*.example.com', 'https://app.example.com/', 'HTTPS://app.example.com'].map(
      (origin): [object, boolean] => [{ corsOrigins: [origin] }, false],
    ),
    [{ webauthn: { rpId: 'example.com' } }, true],
    [{ webauthn: { rpId: 'https://example.com' } }, false],
    [{ webauthn: { origins: ['android:apk-key-hash:abc_-1'] } }, true],
  ];
  for (const [document, isGood] of within)
    test(`${JSON.stringify(document).slice(0, 80)} is ${isGood ? 'taken' : 'refused'}`, () => {
      assert.equal(problemsOf(document).length === 0, isGood);
    });
});

test('settings lie over others member by member; lists as a whole', () => {
  const base = { ...DEFAULT_SELF_SERVICE, returnTo: ['https://a.example'] };
  const merged = withSettings<SelfServiceConfig>(base, {
    methods: { code: { mfa: true } },
    returnTo: ['https://b.example'],
  });
  assert.deepEqual(merged.methods.code, { ...base.methods.code, mfa: true });
  assert.deepEqual(
    [merged.methods.password, merged.returnTo],
    [base.methods.password, ['https://b.example']],
  );
});

test('what changes is told by name', () => {
  const before = { flowSeconds: { login: 60 }, returnTo: ['https://a.example'] };
  const after = { flowSeconds: { login: 60 }, methods: { lookup_secret: { enabled: false } } };
  assert.deepEqual(changedSettings(before, after), ['methods.lookup_secret.enabled', 'return_to']);
  assert.deepEqual(changedSettings(before, before), []);
});
