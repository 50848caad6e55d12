import type { CodeType, TemplateType } from '../templates.ts';

/**
 * One language of the built-in templates. A paragraph that is a placeholder and nothing else is set off in the HTML.
 */
export interface Language {
  readonly mails: Readonly<
    Record<TemplateType, { readonly subject: string; readonly paragraphs: readonly string[] }>
  >;
  readonly texts: Readonly<Record<CodeType, string>>;
}
