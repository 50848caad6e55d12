import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { preferredLanguages } from '../../src/core/courier/languages.ts';
import { removeTemplates, setTemplates, TEMPLATES_MAX } from '../../src/core/courier/manage-templates.ts';
import { getMessage } from '../../src/core/courier/messages.ts';
import { listTemplates } from '../../src/core/courier/show-templates.ts';
import type { StoredTemplate } from '../../src/core/courier/templates.ts';
import { InvalidInput, NotFound, WrongState } from '../../src/core/errors.ts';
import { openSite, type Site } from './kit.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site[Symbol.asyncDispose]());

type TemplateInput = Omit<StoredTemplate, 'updatedAt'>;
const OWN: TemplateInput = {
  ...{
    templateType: 'login_code_valid',
    channel: 'email',
    locale: 'de-AT',
    subject: 'Servus {{ recipient }}',
  },
  ...{ text: 'Dein Code: {{ code }}', html: '<p title="{{ recipient }}">{{code}}</p>' },
};
const set = (input: Partial<TemplateInput> = {}) => {
  const { templateType, locale, channel, subject, text, html } = { ...OWN, ...input };
  const texts = { [channel]: { subject, text, html } };
  return setTemplates(site.deps, site.own, { templateType, locale, texts });
};
const reset = (locale: string) => removeTemplates(site.deps, site.own, { ...OWN, locale });

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
  await reset('de');
  await reset('*');
  assert.equal(await subjectFor('fr'), 'Votre code de connexion');
  await assert.rejects(reset('*'), NotFound);
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
  const ownOf = async ({ principal }: Site['own']) =>
    (await listTemplates(site.deps, principal)).flatMap(({ locale, texts: { email } }) =>
      email?.updatedAt ? [[locale, email.subject]] : [],
    );
  assert.deepEqual(await ownOf(site.own), [['de-at', 'Neu']]);
  assert.deepEqual(await ownOf(site.other), []);
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
    [{ text: 'Hallo {{ password }} {{ code }}' }, 'email.text'],
    [{ text: 'Hallo {{ link }} {{ code }}' }, 'email.text'],
    [{ text: 'Hallo' }, 'email.text'],
    [{ text: 'Hallo {{ password }}' }, 'email.text,email.text'],
    [{ text: '{{ code }} {{{ x' }, 'email.text'],
    [{ text: '{{ code }} {{ constructor }}' }, 'email.text'],
    [{ text: '{{ code }}\0' }, 'email.text'],
    [{ text: '{{ code }}\ud800' }, 'email.text'],
    [{ html: '<p>{{ recipient }}</p>' }, 'email.html'],
    [{ html: `${'x'.repeat(100_000)}{{ code }}` }, 'email.html'],
    [{ subject: 'A\r\nBcc: x@example.com' }, 'email.subject'],
    [{ subject: 'Your code {{ code }}' }, 'email.subject'],
    [{ subject: null }, 'email.subject'],
    [{ subject: ' ' }, 'email.subject'],
    [{ locale: 'de_' }, 'language'],
    [{ channel: 'sms', html: null }, 'sms.subject'],
    [
      { templateType: 'recovery_valid', channel: 'sms', subject: null, html: null, text: '{{ link }}' },
      'sms',
    ],
    [
      { subject: '', text: '', html: '{{ nope }}' },
      'email.subject,email.text,email.text,email.html,email.html',
    ],
  ];
  for (const [input, paths] of cases) {
    await assert.rejects(set(input), (error) => {
      assert.ok(error instanceof InvalidInput);
      assert.equal(error.problems.map(({ path }) => path.join('.')).join(), paths);
      return true;
    });
  }
});

test('a type of messages that there is not is not found', async () => {
  await assert.rejects(set({ templateType: 'toString' as 'recovery_valid' }), NotFound);
});

test('text messages have templates of their own', async () => {
  await set({ channel: 'sms', locale: '*', subject: null, html: null, text: 'Code {{ code }}' });
  const id = await site.queue({ channel: 'sms', recipient: '+15550102030' });
  const { body, subject } = await getMessage(site.deps, site.own.principal, id);
  assert.deepEqual([subject, body?.text, body?.html], ['', 'Code 904417', null]);
});

test('a pool has so many templates of its own and no more; those may still change', async () => {
  const { poolId } = site.own.principal;
  await site.sql(
    `/* scatter: a test */ insert into courier_templates (pool_id, template_type, channel, locale, text, updated_at)
     select '${poolId}', 'login_code_valid', 'sms', 'xx-' || n, '{{ code }}', now()
     from generate_series(1, ${TEMPLATES_MAX} - ${await site.deps.courier.countTemplates(poolId)}) n`,
  );
  await set({ subject: 'Wieder neu' });
  await assert.rejects(set({ locale: 'sv' }), WrongState);
  assert.equal(await site.deps.courier.countTemplates(poolId), TEMPLATES_MAX);
});
