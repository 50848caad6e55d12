import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../config/load.ts';
import { DEFAULT_SELF_SERVICE } from '../core/self-service/config.ts';
import { selfServiceOf } from './self-service.ts';

const read = (environment: Record<string, string>) =>
  selfServiceOf(loadConfig({ mode: 'start', environment }).config.selfService);

test('the defaults of the settings are the defaults of the core', () => {
  assert.deepEqual(read({}), DEFAULT_SELF_SERVICE);
});

test('an installation says what it likes, with bounds that are the core’s', () => {
  const { uiUrl, methods, hooks } = read({
    SELFSAME_SELF_SERVICE_UI_URL: 'https://ui.example.com/account//',
    SELFSAME_SELF_SERVICE_METHODS_CODE_MFA: 'true',
    SELFSAME_SELF_SERVICE_METHODS_LOOKUP_SECRET_ENABLED: 'false',
    SELFSAME_SELF_SERVICE_HOOKS_REVOKE_OTHER_SESSIONS_LOGIN: 'true',
  });
  assert.equal(uiUrl, 'https://ui.example.com/account');
  assert.deepEqual(methods.code, { enabled: true, passwordless: true, mfa: true });
  assert.equal(methods.lookup_secret.enabled, false);
  assert.equal(hooks.revokeOtherSessions.login, true);
});

test('what could be read in two ways is refused at the start, every problem at once', () => {
  const environment = {
    SELFSAME_SELF_SERVICE_RETURN_TO: 'https://a.example.com/x/../y',
    SELFSAME_SELF_SERVICE_CORS_ORIGINS: 'https://APP.example.com',
  };
  assert.throws(() => read(environment), {
    name: 'TypeError',
    message: /selfService\.corsOrigins must be .*; selfService\.returnTo must be /,
  });
});
