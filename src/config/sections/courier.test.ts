import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../error.ts';
import { loadConfig } from '../load.ts';

const load = (environment: Record<string, string>) =>
  loadConfig({ mode: 'manage', environment }).config.courier;
const SMTP = {
  SELFSAME_COURIER_SMTP_URL: 'smtps://user:sEcReT@mail.example.com:465',
  SELFSAME_COURIER_SMTP_FROM: 'Example <no-reply@example.com>',
};
const SMS = {
  SELFSAME_COURIER_SMS_URL: 'https://sms.example.com/send',
  SELFSAME_COURIER_SMS_TOKEN: 'sEcReT',
};

test('nothing is sent anywhere until a transport is named', () => {
  const { smtp, sms, outbox, keptDays } = load({});
  assert.deepEqual([smtp, sms, outbox, keptDays], [null, null, null, 30]);
});

test('quickstart keeps what messages said, production does not', () => {
  const production = { DATABASE_URL: 'postgres://db/x', SELFSAME_HOST: '127.0.0.1' };
  const environment = { ...production, SELFSAME_ROOT_KEY: Buffer.alloc(32, 7).toString('base64') };
  assert.equal(loadConfig({ mode: 'start', environment: {} }).config.courier.keepBodies, true);
  assert.equal(loadConfig({ mode: 'serve', environment }).config.courier.keepBodies, false);
});

test('transports are whole, encryption is required, and secrets are unseen', () => {
  const courier = load({ ...SMTP, ...SMS });
  assert.equal(courier.smtp?.tls, 'required');
  assert.equal(courier.smtp?.url.reveal(), SMTP.SELFSAME_COURIER_SMTP_URL);
  assert.equal(courier.sms?.token?.reveal(), 'sEcReT');
  assert.ok(!JSON.stringify(courier).includes('sEcReT'));
});

test('half a transport, and what would give a code or a password away, is refused by name', () => {
  const { SELFSAME_COURIER_SMTP_FROM: from, SELFSAME_COURIER_SMTP_URL: url } = SMTP;
  const cases: [Record<string, string>, RegExp][] = [
    [{ SELFSAME_COURIER_SMTP_URL: url }, /SELFSAME_COURIER_SMTP_FROM/],
    [{ SELFSAME_COURIER_SMTP_FROM: from }, /SELFSAME_COURIER_SMTP_URL/],
    [{ ...SMTP, SELFSAME_COURIER_SMTP_URL: `${url}/?tls.rejectUnauthorized=false` }, /SMTP_URL/],
    [{ ...SMTP, SELFSAME_COURIER_SMTP_FROM: 'Example' }, /SMTP_FROM/],
    [{ ...SMTP, SELFSAME_COURIER_SMTP_FROM: 'A <a@b.example>, c@d.example' }, /SMTP_FROM/],
    [{ ...SMTP, SELFSAME_COURIER_SMTP_FROM: 'A\r\nBcc: x <a@b.example>' }, /SMTP_FROM/],
    [{ SELFSAME_COURIER_SMS_TOKEN: 'sEcReT' }, /SMS_TOKEN/],
    [{ ...SMS, SELFSAME_COURIER_SMS_TOKEN: '', SELFSAME_COURIER_SMS_USER: 'x' }, /SMS_TOKEN/],
    [{ ...SMS, SELFSAME_COURIER_SMS_URL: 'http://sms.example.com' }, /SMS_URL.*https/],
    [{ ...SMS, SELFSAME_COURIER_SMS_URL: 'https://u:sEcReT@sms.example.com' }, /SMS_URL/],
    [{ SELFSAME_COURIER_KEPT_DAYS: '0' }, /KEPT_DAYS/],
  ];
  for (const [environment, message] of cases) {
    assert.throws(
      () => load(environment),
      (error) => error instanceof ConfigError && message.test(error.message) && !/sEcReT/.test(error.message),
      JSON.stringify(environment),
    );
  }
});
