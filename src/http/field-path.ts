import type { FieldPath } from '../core/errors.ts';

/** A path as replies write it: `['documents', 0, 'url']` is `documents[0].url`; the body itself is the empty text. */
export function fieldText(path: FieldPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
