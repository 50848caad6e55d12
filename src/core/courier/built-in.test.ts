import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInTemplate } from './built-in.ts';
import { LANGUAGES, preferredLanguages } from './languages.ts';
import { namesIn } from './placeholders.ts';
import { renderMessage } from './render.ts';
import {
  type Channel,
  type Occasion,
  placeholdersOf,
  subjectPlaceholdersOf,
  TEMPLATE_KINDS,
  TEMPLATE_TYPES,
  type TemplateType,
} from './templates.ts';

const LINK = 'https://id.example/x?a=1&b="2"';

function occasionOf(template: TemplateType): Occasion {
  const { essential } = TEMPLATE_KINDS[template];
  const minutes = 15;
  return {
    template,
    minutes,
    ...(essential === 'code' ? { code: '314159' } : {}),
    ...(essential === 'link' ? { link: LINK } : {}),
  } as Occasion;
}

const combinations = Object.keys(LANGUAGES).flatMap((locale) =>
  TEMPLATE_TYPES.flatMap((type) =>
    TEMPLATE_KINDS[type].channels.map((channel) => ({ locale, type, channel })),
  ),
);

function built(type: TemplateType, channel: Channel, locale: string) {
  return builtInTemplate(type, channel, locale) ?? assert.fail(`${type} ${channel} ${locale}`);
}

test('every type is written in every language, by every channel that it goes by', () => {
  assert.equal(combinations.length, 6 * (10 + 4));
  for (const { locale, type, channel } of combinations) {
    const template = built(type, channel, locale);
    const { head, body } = renderMessage(template, {
      recipient: 'a@example.com',
      occasion: occasionOf(type),
    });
    for (const text of [head.subject, body.text, body.html ?? ''])
      assert.doesNotMatch(text, /[{}]{2}|undefined/);
    assert.equal(head.subject === '', channel === 'sms');
    assert.equal(body.html === null, channel === 'sms');
    if (channel === 'sms') assert.ok(body.text.length <= 160, `${type} ${locale} is one text message`);
  }
});

test('what a message is for is in its text and its HTML, and not in its subject', () => {
  for (const { locale, type, channel } of combinations) {
    const { essential } = TEMPLATE_KINDS[type];
    const { subject, text, html } = built(type, channel, locale);
    const isWithin = (names: readonly string[] | null, allowed: readonly string[]) =>
      names?.every((name) => allowed.includes(name));
    assert.ok(isWithin(namesIn(subject ?? ''), subjectPlaceholdersOf(type)));
    for (const part of html === null ? [text] : [text, html]) {
      assert.ok(isWithin(namesIn(part), placeholdersOf(type)));
      if (essential !== null) assert.ok(namesIn(part)?.includes(essential), `${type} ${channel} ${locale}`);
    }
  }
});

test('no two languages say the same', () => {
  const subjects = Object.keys(LANGUAGES).map((locale) => built('login_code_valid', 'email', locale).subject);
  assert.equal(new Set(subjects).size, subjects.length);
});

test('a link is whole in text, and escaped in HTML', () => {
  const { body } = renderMessage(built('recovery_valid', 'email', 'en'), {
    recipient: 'a@example.com',
    occasion: occasionOf('recovery_valid'),
  });
  assert.ok(body.text.includes(LINK));
  const escaped = 'https://id.example/x?a=1&amp;b=&quot;2&quot;';
  assert.ok(body.html?.includes(`<a href="${escaped}">${escaped}</a>`));
});

test('a value that looks like a placeholder stays as it is', () => {
  const template = { subject: null, text: '{{ link }} {{minutes}}', html: null };
  const occasion = { template: 'recovery_valid', link: '{{ minutes }}', minutes: 5 } as const;
  assert.equal(
    renderMessage(template, { recipient: 'a@example.com', occasion }).body.text,
    '{{ minutes }} 5',
  );
});

test('languages are taken in the order of their weights, with English in the end', () => {
  const cases: [(string | null)[], string[]][] = [
    [[null, null], ['en']],
    [
      [null, 'fr;q=0.5, pt-BR;q=0.9'],
      ['pt-br', 'pt', 'fr', 'en'],
    ],
    [
      [null, 'de-AT, de-CH;q=0.9, de;q=0.5'],
      ['de-at', 'de-ch', 'de', 'en'],
    ],
    [
      ['it_IT', 'fr'],
      ['it-it', 'it', 'fr', 'en'],
    ],
    [
      [null, 'en, de'],
      ['en', 'de'],
    ],
    [
      [null, 'fr;q=0, *, ;;, es'],
      ['es', 'en'],
    ],
    [[null, '\u0000\r\nBcc: x'], ['en']],
  ];
  for (const [wishes, expected] of cases) assert.deepEqual(preferredLanguages(...wishes), expected);
  assert.ok(preferredLanguages(null, 'aa,'.repeat(100_000)).length <= 2);
});
