import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { after, before, suite, type TestContext, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { nativeClient } from '../../harness/flows.ts';
import { assertError, type IamApi, iamOf, newEmail, type Shown, startIam } from '../../harness/iam.ts';
import { messagesTo } from '../../harness/outbox.ts';
import { startServer } from '../../harness/server.ts';

let api: IamApi;
before(async () => {
  api = await startIam();
});
after(() => api[Symbol.asyncDispose]());

const BASE = '/admin/courier/templates';
const RECOVERY = `${BASE}/recovery_code_valid`;
const GERMAN = {
  subject: 'Servus {{ recipient }}',
  text: 'Dein Code: {{ code }}, {{ minutes }} Minuten',
  html: '<p title="{{ recipient }}">{{ code }}</p>',
};

async function put(path: string, body: unknown): Promise<Shown> {
  const reply = await api.put(path, body);
  assert.equal(reply.status, 200, reply.text);
  return reply.body;
}

/** Has somebody who reads these languages ask to recover an account. */
async function recover(client: IamApi, email: string, languages: string): Promise<void> {
  const native = nativeClient(client);
  const headers = { 'accept-language': languages };
  const { status, text } = await native.run('recovery', { method: 'code', email }, { headers });
  assert.equal(status, 200, text);
}

/** The message that they are sent. */
async function recoveryIn(languages: string) {
  const { traits } = await api.create();
  await recover(api, traits.email, languages);
  const [message] = await messagesTo(api.server, traits.email);
  assert.ok(message !== undefined);
  return { ...message, email: traits.email };
}

/** A mail server of the test's own. */
async function startMailServer(t: TestContext): Promise<{ port: number; mails: string[] }> {
  const mails: string[] = [];
  const server = new SMTPServer({
    ...{ authOptional: true, logger: false },
    onData(stream, _session, callback) {
      textOf(stream).then((mail) => {
        mails.push(mail);
        callback();
      }, callback);
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

suite('what the next message says', () => {
  test('a changed template, to whoever reads its language; the built-in one to others', async () => {
    await put(`${RECOVERY}/de`, { email: GERMAN });
    const changed = await recoveryIn('de-AT, en;q=0.5');
    assert.equal(changed.subject, `Servus ${changed.email}`);
    assert.match(changed.body, new RegExp(`^Dein Code: ${changed.code}, \\d+ Minuten$`));
    assert.equal((await recoveryIn('en')).subject, 'Your recovery code');
    assert.equal((await api.delete(`${RECOVERY}/de`)).status, 204);
    assert.equal((await recoveryIn('de')).subject, 'Ihr Wiederherstellungscode');
  });

  test('one for every language, where the pool has none for it', async () => {
    await put(`${RECOVERY}/de`, { email: GERMAN });
    await put(`${RECOVERY}/*`, { email: { subject: 'Hello', text: '{{ code }}' } });
    assert.equal((await recoveryIn('ja')).subject, 'Hello');
    assert.match((await recoveryIn('de')).subject, /^Servus/);
    const { body } = await api.get(`${RECOVERY}/fr`);
    assert.deepEqual([body.email.origin, body.email.language, body.email.html], ['own', '*', undefined]);
    for (const language of ['*', 'de']) await api.delete(`${RECOVERY}/${language}`);
  });

  test('values are escaped in its HTML, and in nothing else', async (t) => {
    const { port, mails } = await startMailServer(t);
    const environment = {
      SELFSAME_COURIER_SMTP_URL: `smtp://127.0.0.1:${port}`,
      SELFSAME_COURIER_SMTP_FROM: 'no-reply@example.com',
      SELFSAME_COURIER_SMTP_TLS: 'off',
    };
    await using mailing = await iamOf(await startServer({ environment }));
    const email = "o'neil&co@example.org";
    await mailing.create({ traits: { email } });
    const set = await mailing.put(`${RECOVERY}/de`, {
      email: { ...GERMAN, text: '{{ recipient }} {{ code }}' },
    });
    assert.equal(set.status, 200, set.text);
    await recover(mailing, email, 'de');
    await mailing.server.runJob('courier');
    assert.equal(mails.length, 1);
    const [mail = ''] = mails;
    assert.match(mail, /<p title="o&#39;neil&amp;co@example\.org">\d{6}<\/p>/);
    assert.match(mail, /^o'neil&co@example\.org \d{6}\r?$/m);
  });

  test('of another pool, what it said before', async () => {
    await put(`${RECOVERY}/it`, { email: GERMAN });
    const { body } = await api.get(`${RECOVERY}/it`, api.sandbox);
    assert.equal(body.email.origin, 'built_in');
    assertError(await api.delete(`${RECOVERY}/it`, api.sandbox), 404);
  });
});

suite('templates', () => {
  test('are listed by type and language, and say whose they are', async () => {
    await put(`${BASE}/login_code_valid/NL_be`, { sms: { text: 'Code {{ code }}' } });
    const { body } = await api.get(BASE);
    const types = new Set(body.map((row: Shown) => row.template_type));
    assert.deepEqual([...types].sort(), [
      ...['login_code_valid', 'recovery_code_invalid', 'recovery_code_valid', 'recovery_invalid'],
      ...['recovery_valid', 'registration_code_valid', 'verification_code_invalid'],
      ...['verification_code_valid', 'verification_invalid', 'verification_valid'],
    ]);
    const rows = body.filter((row: Shown) => row.template_type === 'login_code_valid');
    assert.deepEqual(
      rows.map(({ language }: Shown) => language),
      ['de', 'en', 'es', 'fr', 'it', 'nl-be', 'pt'],
    );
    const updated_at = api.clock.now().toISOString();
    assert.deepEqual(rows[5], {
      ...{ template_type: 'login_code_valid', language: 'nl-be' },
      email: { origin: 'built_in', language: 'en' },
      sms: { origin: 'own', language: 'nl-be', updated_at },
    });
    const notice = body.find((row: Shown) => row.template_type === 'recovery_invalid');
    assert.equal(notice.sms, undefined);
  });

  test('are shown with what they may name, and must', async () => {
    const set = await put(`${BASE}/verification_valid/es`, {
      email: { subject: 'Hola', text: '{{ link }}' },
    });
    assert.deepEqual((await api.get(`${BASE}/verification_valid/es`)).body, set);
    const updated_at = api.clock.now().toISOString();
    assert.deepEqual(set, {
      ...{ template_type: 'verification_valid', language: 'es' },
      ...{ subject_variables: ['recipient', 'minutes'], variables: ['recipient', 'link', 'minutes'] },
      required_variable: 'link',
      email: { origin: 'own', language: 'es', updated_at, subject: 'Hola', text: '{{ link }}' },
    });
    const { body } = await api.get(`${BASE}/recovery_invalid/en`);
    assert.deepEqual([body.variables, body.required_variable], [['recipient'], undefined]);
    assert.match(body.email.html, /^<!doctype html>/);
  });

  test('a channel that is not given stays as it is; both go together', async () => {
    const path = `${BASE}/registration_code_valid/de`;
    await put(path, { email: GERMAN });
    const both = await put(path, { sms: { text: 'Kode {{ code }}' } });
    assert.deepEqual([both.email.subject, both.sms.text], [GERMAN.subject, 'Kode {{ code }}']);
    assert.equal((await api.delete(path)).status, 204);
    const { body } = await api.get(path);
    assert.deepEqual([body.email.origin, body.sms.origin], ['built_in', 'built_in']);
    assertError(await api.delete(path), 404);
  });

  test('each change has one entry in the audit, which names what and no text', async () => {
    const path = `${BASE}/login_code_valid/pt`;
    await put(path, { email: GERMAN, sms: { text: '{{ code }}' } });
    await api.delete(path);
    assertError(await api.put(path, { sms: { text: 'nothing' } }), 400);
    const entries = await api.server.sql<{ action: string; fields: string[]; key_id: string | null }>(
      `select action, fields, key_id from audit_entries
       where pool_id = $1::uuid and action like 'courier_template.%' and $2 = any(fields) order by id`,
      [api.server.quickstart.live.app_id, 'courier_templates.login_code_valid.pt.email'],
    );
    const fields = ['email', 'sms'].map((channel) => `courier_templates.login_code_valid.pt.${channel}`);
    assert.deepEqual(
      entries.map((entry) => [entry.action, entry.fields, entry.key_id !== null]),
      ['set', 'removed'].map((verb) => [`courier_template.${verb}`, fields, true]),
    );
  });
});

suite('refusals', () => {
  test('an unknown variable, a missing code, a subject of two lines: 400 with all of it at once', async () => {
    const reply = await api.put(`${BASE}/login_code_valid/en`, {
      email: { subject: 'A\r\nBcc: {{ code }}', text: 'Hi {{ password }}', html: '<p>{{ recipient }}</p>' },
      sms: { text: '{{ link }}' },
    });
    assertError(reply, 400);
    assert.deepEqual(reply.body.error.reason.split('\n'), [
      'email.subject: must be one line',
      'email.subject: may name {{ recipient }}, {{ minutes }} only',
      'email.text: may name {{ recipient }}, {{ code }}, {{ minutes }} only',
      'email.text: must name {{ code }}',
      'email.html: must name {{ code }}',
      'sms.text: may name {{ recipient }}, {{ code }}, {{ minutes }} only',
      'sms.text: must name {{ code }}',
    ]);
    assert.equal((await api.get(`${BASE}/login_code_valid/en`)).body.email.origin, 'built_in');
  });

  test('nothing, half an e-mail, what is no part of it, a channel that the type does not have: 400', async () => {
    const path = `${BASE}/login_code_valid/en`;
    for (const [body, reason] of [
      [{}, /email: or sms must be given/],
      [{ email: { text: '{{ code }}' } }, /email\.subject/],
      [{ mail: GERMAN }, /mail/],
      [{ sms: { text: '{{ code }}', html: '{{ code }}' } }, /sms\.html/],
      [{ sms: { text: 7 } }, /sms\.text/],
    ] as const)
      assertError(await api.put(path, body), 400, reason);
    assertError(await api.put(`${BASE}/recovery_valid/en`, { sms: { text: '{{ link }}' } }), 400, /^sms:/);
  });

  test('a type that there is not is 404, a language that is none 400', async () => {
    for (const type of ['nope', 'toString', 'recovery_code_valid ']) {
      const path = `${BASE}/${encodeURIComponent(type)}/en`;
      assertError(await api.get(path), 404);
      assertError(await api.put(path, { email: GERMAN }), 404);
      assertError(await api.delete(path), 404);
    }
    for (const language of ['d', 'de-', '**', 'de;q=1', 'x'.repeat(200)]) {
      const path = `${RECOVERY}/${encodeURIComponent(language)}`;
      assertError(await api.get(path), 400, /language/);
      assertError(await api.put(path, { email: GERMAN }), 400, /language/);
      assertError(await api.delete(path), 400, /language/);
    }
  });

  test('courier:read reads and courier:write writes; neither does the other’s', async () => {
    const keyOf = async (grant: string) => ({
      key: (await api.server.createKey({ grants: [grant] })).secret,
    });
    const [reader, writer] = [await keyOf('courier:read'), await keyOf('courier:write')];
    const path = `/iam/courier/templates/login_code_valid/sv`;
    const body = { email: { subject: newEmail(), text: '{{ code }}' } };
    assertError(await api.put(path, body, reader), 403);
    assert.equal((await api.put(path, body, writer)).status, 200);
    assertError(await api.get(path, writer), 403);
    assertError(await api.get(BASE, writer), 403);
    assert.equal((await api.get(path, reader)).body.email.subject, body.email.subject);
    assertError(await api.delete(path, reader), 403);
    assertError(await api.delete(path, { key: null }), 401);
    assert.equal((await api.delete(path, writer)).status, 204);
  });
});
