import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { preferredLanguages } from '../../src/core/courier/languages.ts';
import {
  listTemplates,
  removeTemplate,
  setTemplate,
  type TemplateInput,
} from '../../src/core/courier/manage-templates.ts';
import { getMessage } from '../../src/core/courier/messages.ts';
import { InvalidInput, NotFound } from '../../src/core/errors.ts';
import { openSite, type Site } from './kit.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site[Symbol.asyncDispose]());

const OWN: TemplateInput = {
  ...{
    templateType: 'login_code_valid',
    channel: 'email',
    locale: 'de-AT',
    subject: 'Servus {{ recipient }}',
  },
  ...{ text: 'Dein Code: {{ code }}', html: '<p title="{{ recipient }}">{{code}}</p>' },
};
const set = (input: Partial<TemplateInput> = {}) => setTemplate(site.deps, site.own, { ...OWN, ...input });

async function subjectFor(accepts: string, more = {}): Promise<string> {
  const id = await site.queue({ languages: preferredLanguages(null, accepts), ...more });
  return (await getMessage(site.deps, site.own.principal, id)).subject;
}

test('a pool’s own template stands for its language, the built-in ones for the others', async () => {
  await set();
  assert.equal(await subjectFor('de-AT, en;q=0.5'), 'Servus Jo.Doe@example.com');
  assert.equal(await subjectFor('de-DE'), 'Ihr Anmeldecode');
  assert.equal(await subjectFor('pt-BR, it;q=0.4'), 'O seu código de acesso');
  assert.equal(await subjectFor('ja'), 'Your login code');
});

test('a template for every language goes before the built-in ones, and not before one for the language', async () => {
  await set({ locale: '*', subject: 'Hello' });
  assert.equal(await subjectFor('fr'), 'Hello');
  assert.equal(await subjectFor('de-at'), 'Servus Jo.Doe@example.com');
  assert.equal(await subjectFor('fr, de-at;q=0.5'), 'Hello');
  await set({ locale: 'de', subject: 'Hallo' });
  assert.equal(await subjectFor('de-CH'), 'Hallo');
  await removeTemplate(site.deps, site.own, { ...OWN, locale: 'de' });
  await removeTemplate(site.deps, site.own, { ...OWN, locale: '*' });
  assert.equal(await subjectFor('fr'), 'Votre code de connexion');
  await assert.rejects(removeTemplate(site.deps, site.own, { ...OWN, locale: '*' }), NotFound);
});

test('values are escaped in HTML and in nothing else', async () => {
  const recipient = "o'neil&co@example.com";
  const id = await site.queue({ recipient, languages: ['de-at'] });
  const { subject, body } = await getMessage(site.deps, site.own.principal, id);
  assert.equal(subject, `Servus ${recipient}`);
  assert.equal(body?.html, '<p title="o&#39;neil&amp;co@example.com">904417</p>');
});

test('a template set again replaces the one before; other pools have none of it', async () => {
  await set({ subject: 'Neu' });
  assert.deepEqual(
    (await listTemplates(site.deps, site.own)).map(({ locale, subject }) => [locale, subject]),
    [['de-at', 'Neu']],
  );
  assert.deepEqual(await listTemplates(site.deps, site.other), []);
  const actions = await site.sql<{ action: string }>(
    `/* scatter: a test */ select action from audit_entries where action like 'courier_template.%' order by id`,
  );
  assert.deepEqual(
    actions.map(({ action }) => action.split('.')[1]),
    ['set', 'set', 'set', 'removed', 'removed', 'set'],
  );
});

test('a template that messages could not be made of is refused, with every problem at once', async () => {
  const cases: [Partial<TemplateInput>, string][] = [
    [{ text: 'Hallo {{ password }} {{ code }}' }, 'text'],
    [{ text: 'Hallo {{ link }} {{ code }}' }, 'text'],
    [{ text: 'Hallo' }, 'text'],
    [{ text: '{{ code }} {{{ x' }, 'text'],
    [{ text: '{{ code }} {{ constructor }}' }, 'text'],
    [{ html: '<p>{{ recipient }}</p>' }, 'html'],
    [{ html: `${'x'.repeat(100_000)}{{ code }}` }, 'html'],
    [{ subject: 'A\r\nBcc: x@example.com' }, 'subject'],
    [{ subject: 'Your code {{ code }}' }, 'subject'],
    [{ subject: null }, 'subject'],
    [{ subject: ' ' }, 'subject'],
    [{ locale: 'de_' }, 'locale'],
    [{ channel: 'sms', html: null }, 'subject'],
    [
      { templateType: 'recovery_valid', channel: 'sms', subject: null, html: null, text: '{{ link }}' },
      'channel',
    ],
    [{ templateType: 'toString' as 'recovery_valid' }, 'template_type'],
    [{ subject: '', text: '', html: '' }, 'subject,text,html'],
  ];
  for (const [input, paths] of cases) {
    await assert.rejects(set(input), (error) => {
      assert.ok(error instanceof InvalidInput);
      assert.equal(error.problems.map(({ path }) => path.join('.')).join(), paths);
      return true;
    });
  }
});

test('text messages have templates of their own', async () => {
  await set({ channel: 'sms', locale: '*', subject: null, html: null, text: 'Code {{ code }}' });
  const id = await site.queue({ channel: 'sms', recipient: '+15550102030' });
  const { body, subject } = await getMessage(site.deps, site.own.principal, id);
  assert.deepEqual([subject, body?.text, body?.html], ['', 'Code 904417', null]);
});
