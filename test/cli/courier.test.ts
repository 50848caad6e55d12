import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nativeClient } from '../harness/flows.ts';
import { type IamApi, startIam } from '../harness/iam.ts';
import { messagesTo } from '../harness/outbox.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

let api: IamApi;
let folder: string;
/** Only where the data are: address and key come from the quickstart's file. */
let settings: Environment;
before(async () => {
  api = await startIam();
  folder = mkdtempSync(join(tmpdir(), 'selfsame-templates-'));
  settings = { SELFSAME_DATA_DIR: api.server.dataDir };
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const TYPE = 'recovery_code_valid';

function fileOf(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function succeed(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await selfsame(settings, 'courier', 'templates', ...args);
  assert.deepEqual([code, err], [0, '']);
  return out;
}

async function fail(code: number, ...args: readonly string[]): Promise<string> {
  const ended = await selfsame(settings, 'courier', 'templates', ...args);
  assert.deepEqual([ended.code, ended.out], [code, ''], ended.err);
  return ended.err;
}

/** The subject that somebody is sent who asks to recover an account. */
async function subjectIn(languages: string): Promise<string | undefined> {
  const { traits } = await api.create();
  const headers = { 'accept-language': languages };
  const body = { method: 'code', email: traits.email };
  await nativeClient(api).run('recovery', body, { headers });
  return (await messagesTo(api.server, traits.email))[0]?.subject;
}

const MAIL = [
  ...['--subject-file', () => fileOf('subject.txt', 'Neuer Code\n')],
  ...['--text-file', () => fileOf('text.txt', 'Dein Code:\n{{ code }}\n')],
] as const;
const mail = () => MAIL.map((part) => (typeof part === 'string' ? part : part()));

test('a template set from files is what the next message says, until it is reset', async () => {
  assert.equal(
    await succeed('set', TYPE, 'de-AT', ...mail()),
    `Messages ${TYPE} in de-at are as the files say.\n`,
  );
  assert.equal(await subjectIn('de-AT'), 'Neuer Code');
  assert.equal(await subjectIn('de'), 'Ihr Wiederherstellungscode');
  assert.equal(await succeed('reset', TYPE, 'de-AT'), 'The pool’s own template is removed.\n');
  assert.equal(await subjectIn('de-AT'), 'Ihr Wiederherstellungscode');
  assert.match(await fail(1, 'reset', TYPE, 'de-AT'), /^Unable to locate the resource/);
});

test('all parts are set, shown and listed', async () => {
  const html = ['--html-file', fileOf('mail.html', '<p>{{ code }}</p>\n')];
  const sms = ['--sms-file', fileOf('sms.txt', 'Code {{ code }}\n')];
  await succeed('set', TYPE, '*', ...mail(), ...html, ...sms);
  const since = api.clock.now().toISOString();
  assert.equal(
    await succeed('show', TYPE, 'ja'),
    [
      `E-mail (own, *, since ${since})`,
      '  Subject: Neuer Code',
      '  Dein Code:',
      '  {{ code }}',
      'E-mail as HTML',
      '  <p>{{ code }}</p>',
      `SMS (own, *, since ${since})`,
      '  Code {{ code }}',
      'Texts may name recipient, code, minutes, and must name code; subjects recipient, minutes.\n',
    ].join('\n'),
  );
  const [head = '', ...rows] = (await succeed('list')).trimEnd().split('\n');
  assert.match(head, /^Type\s+Language\s+E-mail\s+SMS$/);
  const cells = rows.map((row) => row.split(/\s{2,}/));
  const own = `own, *, since ${since}`;
  assert.deepEqual(
    cells.find(([type, language]) => type === TYPE && language === '*'),
    [TYPE, '*', own, own],
  );
  assert.deepEqual(
    cells.find(([type, language]) => type === 'recovery_invalid' && language === 'fr'),
    ['recovery_invalid', 'fr', 'built in, fr'],
  );
  const listed = JSON.parse(await succeed('list', '--json'));
  assert.equal(listed.length, rows.length);
  await succeed('reset', TYPE, '*');
});

test('one JSON file has everything', async () => {
  const file = fileOf('template.json', JSON.stringify({ email: { subject: 'Uno', text: '{{ code }}' } }));
  const set = JSON.parse(await succeed('set', TYPE, 'it', '--file', file, '--json'));
  assert.deepEqual([set.email.subject, set.sms.origin], ['Uno', 'built_in']);
  assert.equal(await subjectIn('it'), 'Uno');
});

test('every problem of a template is told, and nothing changes', async () => {
  const text = fileOf('wrong.txt', 'Hallo {{ password }}');
  const said = await fail(
    ...([
      1,
      'set',
      TYPE,
      'fr',
      '--subject-file',
      fileOf('s.txt', 'A {{ code }}'),
      '--text-file',
      text,
    ] as const),
    ...['--sms-file', text],
  );
  for (const place of ['email.subject: may name', 'email.text: may name', 'email.text: must name {{ code }}'])
    assert.ok(said.includes(place), said);
  assert.match(said, /^sms\.text: must name/m);
  assert.match(await succeed('show', TYPE, 'fr'), /^E-mail \(built in, fr\)/);
});

test('what cannot be a template does not leave this machine', async () => {
  const json = fileOf('no.json', '{"secret');
  const subject = fileOf('s.txt', 'A');
  for (const [args, said] of [
    [[], /needs a file/],
    [['--subject-file', subject], /--subject-file and --text-file/],
    [['--html-file', subject], /--subject-file and --text-file/],
    [['--sms-file', join(folder, 'missing')], /--sms-file cannot be read/],
    [['--file', json], /no JSON/],
    [['--file', json, '--sms-file', subject], /no other file/],
  ] as const) {
    const err = await fail(2, 'set', TYPE, 'de', ...args);
    assert.match(err, said);
    assert.ok(!err.includes('secret'));
  }
  assert.match(await fail(2, 'show', TYPE), /needs <language>/);
});
