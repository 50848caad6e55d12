import { LANGUAGES } from './languages.ts';
import { escapeHtml } from './placeholders.ts';
import {
  type Channel,
  type CodeType,
  TEMPLATE_KINDS,
  type Template,
  type TemplateType,
} from './templates.ts';

const PAGE = 'margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font:16px/1.5 sans-serif';
const CODE = 'font:700 28px/1.2 monospace;letter-spacing:4px';

/** @returns Null when the language is not built in. */
export function builtInTemplate(type: TemplateType, channel: Channel, locale: string): Template | null {
  const language = Object.hasOwn(LANGUAGES, locale) ? LANGUAGES[locale] : undefined;
  if (language === undefined) return null;
  if (channel === 'sms') {
    const text = language.texts[type as CodeType];
    return text === undefined ? null : { subject: null, text, html: null };
  }
  const { subject, paragraphs } = language.mails[type];
  return {
    subject,
    text: `${paragraphs.join('\n\n')}\n`,
    html: pageOf({ type, locale, subject, paragraphs }),
  };
}

/** One page for all of them: no pictures, nothing that is loaded from anywhere. */
function pageOf(mail: {
  type: TemplateType;
  locale: string;
  subject: string;
  paragraphs: readonly string[];
}): string {
  const { essential } = TEMPLATE_KINDS[mail.type];
  const paragraphs = mail.paragraphs.map((paragraph) => {
    if (essential === null || paragraph !== `{{ ${essential} }}`) return `<p>${escapeHtml(paragraph)}</p>`;
    return essential === 'code'
      ? `<p style="${CODE}">{{ code }}</p>`
      : '<p><a href="{{ link }}">{{ link }}</a></p>';
  });
  return [
    '<!doctype html>',
    `<html lang="${mail.locale}">`,
    `<head><meta charset="utf-8"><title>${escapeHtml(mail.subject)}</title></head>`,
    `<body style="${PAGE}">`,
    ...paragraphs,
    '</body>',
    '</html>\n',
  ].join('\n');
}
