import { InternalFault } from '../errors.ts';
import type { Placeholder } from './templates.ts';

const PLACEHOLDER = /\{\{ ?([a-z_]{1,40}) ?\}\}/g;
const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export type Filling = Readonly<Partial<Record<Placeholder, string>>>;

/** For text between tags and for attribute values in quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ESCAPED[letter] ?? letter);
}

/** Names in a template, each once. Null when there are braces that are no placeholder. */
export function namesIn(template: string): readonly string[] | null {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  return /\{\{|\}\}/.test(template.replaceAll(PLACEHOLDER, '')) ? null : [...new Set(names)];
}

/**
 * A template with its placeholders filled in, in one pass: a value that looks like a placeholder stays what it is.
 * @param write How a value is spelled in this kind of text.
 * @throws InternalFault It names something that there is no value for.
 */
export function fill(template: string, filling: Filling, write: (text: string) => string): string {
  return template.replaceAll(PLACEHOLDER, (_all, name: Placeholder) => {
    const value = Object.hasOwn(filling, name) ? filling[name] : undefined;
    if (value === undefined)
      throw new InternalFault(`a template names ${name}, which its messages do not have`);
    return write(value);
  });
}
